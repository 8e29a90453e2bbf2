import { describe, expect, test } from 'vitest'
import type { IdTokenInfo } from '../../../../src/model/csms.ts'
import {
  authoriseOffline,
  cached,
  conflicts,
  type Known,
  knownOf,
  MAX_CACHED_TOKENS,
  preAuthorise,
  preAuthoriseStop,
  readCache,
  withToken,
} from '../../../../src/ocpp/station/authorisation/authorisation.ts'

const good: IdTokenInfo = { status: 'accepted', expiresAt: null, parentIdToken: 'GROUP' }
const rules = {
  listEnabled: true,
  cacheEnabled: true,
  localPreAuthorize: false,
  localAuthorizeOffline: true,
  allowOfflineTxForUnknownId: false,
}
const list: Readonly<Record<string, IdTokenInfo>> = {
  LISTED: { ...good, parentIdToken: 'FLEET' },
  STRUCK: { ...good, status: 'invalid' },
  LAPSED: { ...good, expiresAt: 1 },
}
const cache = withToken(withToken([], 'GOOD', good), 'BLOCKED', { ...good, status: 'blocked' })

/** What the station knows of a card by its list and its cache. */
function known(idToken: string, changes: Partial<typeof rules> = {}): Known | null {
  return knownOf(list[idToken] ?? null, cached(cache, idToken), { ...rules, ...changes })
}

describe('while the CSMS is away', () => {
  test.each([
    ['a card it accepted before may charge', 'good', {}, 'accepted'],
    ['a card it blocked may not', 'BLOCKED', {}, 'refused'],
    ['an unknown card may not', 'NEW', {}, 'refused'],
    ['unless AllowOfflineTxForUnknownId says so', 'NEW', { allowOfflineTxForUnknownId: true }, 'accepted'],
    ['a blocked one not even then', 'BLOCKED', { allowOfflineTxForUnknownId: true }, 'refused'],
    ['without LocalAuthorizeOffline not even a known one', 'GOOD', { localAuthorizeOffline: false }, 'refused'],
    ['without the cache every card is unknown', 'GOOD', { cacheEnabled: false }, 'refused'],
    ['a card of the list may', 'LISTED', {}, 'accepted'],
    ['not without LocalAuthorizeOffline', 'LISTED', { localAuthorizeOffline: false }, 'refused'],
    ['nor when the list is switched off', 'LISTED', { listEnabled: false }, 'refused'],
    ['one that the list refuses may not', 'STRUCK', {}, 'refused'],
    ['and is no unknown one', 'STRUCK', { allowOfflineTxForUnknownId: true }, 'refused'],
    ['nor is one whose time is over', 'LAPSED', { allowOfflineTxForUnknownId: true }, 'refused'],
  ])('%s', (_, idToken, changes, verdict) => {
    expect(authoriseOffline(known(idToken, changes), { ...rules, ...changes }, false, 1).verdict).toBe(verdict)
  })

  test('a card whose time is over may not', () => {
    const old: Known = { info: { ...good, expiresAt: 1000 }, by: 'cache' }
    expect(authoriseOffline(old, rules, false, 999).verdict).toBe('accepted')
    expect(authoriseOffline(old, rules, false, 1000)).toEqual({ verdict: 'refused', reason: 'expired' })
  })

  test('the identifier of `free` always may', () => {
    expect(authoriseOffline(null, rules, true, 0).verdict).toBe('accepted')
  })
})

test('the list goes before the cache, whatever it says (§3.5.3)', () => {
  const both = withToken(cache, 'STRUCK', good)
  expect(knownOf(list['STRUCK'] ?? null, cached(both, 'STRUCK'), rules)).toMatchObject({ by: 'list' })
  expect(knownOf(list['STRUCK'] ?? null, cached(both, 'STRUCK'), { ...rules, listEnabled: false })).toMatchObject({
    by: 'cache',
  })
})

test('LocalPreAuthorize starts a known card at once, asks for any other', () => {
  const eager = { ...rules, localPreAuthorize: true }
  const verdict = { verdict: 'accepted', by: 'cache', parentIdToken: 'GROUP' }
  expect(preAuthorise(known('GOOD'), eager, false, 0)).toEqual(verdict)
  expect(preAuthorise(known('LISTED'), eager, false, 0)).toMatchObject({ by: 'list', parentIdToken: 'FLEET' })
  for (const idToken of ['BLOCKED', 'NEW', 'STRUCK', 'LAPSED'])
    expect(preAuthorise(known(idToken), eager, false, 1)).toBeNull()
  expect(preAuthorise(known('GOOD'), rules, false, 0)).toBeNull()
})

test('whose group list or cache know stops without a question', () => {
  expect(preAuthoriseStop(known('GOOD'), 0)).toMatchObject({ verdict: 'accepted', parentIdToken: 'GROUP' })
  expect(preAuthoriseStop({ info: { ...good, parentIdToken: null }, by: 'cache' }, 0)).toBeNull()
  for (const idToken of ['NEW', 'BLOCKED', 'LAPSED']) expect(preAuthoriseStop(known(idToken), 1)).toBeNull()
})

test.each<[IdTokenInfo['status'], number | null, IdTokenInfo['status'], boolean]>([
  ['accepted', null, 'accepted', false],
  ['accepted', null, 'blocked', true],
  ['blocked', null, 'accepted', true],
  ['blocked', null, 'invalid', false],
  ['accepted', null, 'concurrent-tx', false],
  ['accepted', 5, 'expired', false],
])('list: %s until %s, CSMS: %s; a conflict: %s', (listed, expiresAt, answer, conflict) => {
  expect(conflicts({ ...good, status: listed, expiresAt }, { ...good, status: answer }, 10)).toBe(conflict)
})

describe('the cache', () => {
  test('is bounded: the oldest goes first', () => {
    let full = cache
    for (let card = 0; card < MAX_CACHED_TOKENS; card++) full = withToken(full, `CARD-${card}`, good)
    expect(full).toHaveLength(MAX_CACHED_TOKENS)
    expect(cached(full, 'GOOD')).toBeNull()
  })

  test('is bounded: what is valid no more goes before what is (§3.5.1)', () => {
    let full = withToken([], 'OLD', good)
    full = withToken(full, 'LAPSED', { ...good, expiresAt: 5 }, 1)
    for (let card = 3; card < MAX_CACHED_TOKENS; card++) full = withToken(full, `CARD-${card}`, good, 1)
    full = withToken(full, 'BLOCKED', { ...good, status: 'blocked' }, 1)
    expect(full).toHaveLength(MAX_CACHED_TOKENS)
    full = withToken(full, 'NEW', good, 10)
    expect(['OLD', 'LAPSED', 'BLOCKED', 'NEW'].map((card) => cached(full, card) !== null)).toEqual([
      true,
      false,
      false,
      true,
    ])
    for (let card = 0; card < 3; card++) full = withToken(full, `BAD-${card}`, { ...good, status: 'invalid' }, 10)
    expect(full).toHaveLength(MAX_CACHED_TOKENS)
    expect(cached(full, 'OLD')).toEqual(good)
    expect(cached(full, 'BAD-2')).not.toBeNull()
  })

  test('does not remember that a card charges elsewhere now', () => {
    expect(withToken(cache, 'GOOD', { ...good, status: 'concurrent-tx' })).toBe(cache)
  })

  test.each([undefined, '', '{', '[1]', '[{"idToken":"A","info":{"status":"fine"}}]'])(
    'damaged as %s is an empty one',
    (text) => expect(readCache(text)).toEqual([]),
  )

  test('survives storing', () => expect(readCache(JSON.stringify(cache))).toEqual(cache))
})
