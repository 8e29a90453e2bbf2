import { describe, expect, test } from 'vitest'
import type { IdTokenInfo } from '../../../../src/model/csms.ts'
import {
  authoriseOffline,
  cached,
  MAX_CACHED_TOKENS,
  preAuthorise,
  readCache,
  withToken,
} from '../../../../src/ocpp/station/authorisation/authorisation.ts'

const good: IdTokenInfo = { status: 'accepted', expiresAt: null, parentIdToken: 'GROUP' }
const rules = {
  cacheEnabled: true,
  localPreAuthorize: false,
  localAuthorizeOffline: true,
  allowOfflineTxForUnknownId: false,
}
const cache = withToken(withToken([], 'GOOD', good), 'BLOCKED', { ...good, status: 'blocked' })

describe('while the CSMS is away', () => {
  test.each([
    ['a card it accepted before may charge', 'good', {}, 'accepted'],
    ['a card it blocked may not', 'BLOCKED', {}, 'refused'],
    ['an unknown card may not', 'NEW', {}, 'refused'],
    ['unless AllowOfflineTxForUnknownId says so', 'NEW', { allowOfflineTxForUnknownId: true }, 'accepted'],
    ['a blocked one not even then', 'BLOCKED', { allowOfflineTxForUnknownId: true }, 'refused'],
    ['without LocalAuthorizeOffline not even a known one', 'GOOD', { localAuthorizeOffline: false }, 'refused'],
    ['without the cache every card is unknown', 'GOOD', { cacheEnabled: false }, 'refused'],
  ])('%s', (_, idToken, changes, verdict) => {
    expect(authoriseOffline(cache, idToken, { ...rules, ...changes }, false, 0).verdict).toBe(verdict)
  })

  test('a card whose time is over may not', () => {
    const expired = withToken([], 'OLD', { ...good, expiresAt: 1000 })
    expect(authoriseOffline(expired, 'OLD', rules, false, 999).verdict).toBe('accepted')
    expect(authoriseOffline(expired, 'OLD', rules, false, 1000).verdict).toBe('refused')
  })

  test('the identifier of `free` always may', () => {
    expect(authoriseOffline([], 'FREE', rules, true, 0).verdict).toBe('accepted')
  })
})

test('LocalPreAuthorize starts a known card at once, asks for any other', () => {
  const eager = { ...rules, localPreAuthorize: true }
  expect(preAuthorise(cache, 'GOOD', eager, false, 0)).toMatchObject({ verdict: 'accepted', parentIdToken: 'GROUP' })
  expect(preAuthorise(cache, 'BLOCKED', eager, false, 0)).toBeNull()
  expect(preAuthorise(cache, 'NEW', eager, false, 0)).toBeNull()
  expect(preAuthorise(cache, 'GOOD', rules, false, 0)).toBeNull()
})

describe('the cache', () => {
  test('is bounded: the oldest goes first', () => {
    let full = cache
    for (let card = 0; card < MAX_CACHED_TOKENS; card++) full = withToken(full, `CARD-${card}`, good)
    expect(full).toHaveLength(MAX_CACHED_TOKENS)
    expect(cached(full, 'GOOD')).toBeNull()
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
