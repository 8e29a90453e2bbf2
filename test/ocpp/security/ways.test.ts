/** Which ways to a CSMS there are after any changes: what worked last is never lost before something newer has worked. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BridgeError } from '../../../src/model/errors.ts'
import type { SecurityProfile } from '../../../src/model/upstream-access.ts'
import {
  type AccessState,
  type SiteAccess,
  broughtUpToDate,
  emptyState,
  withClient,
  withPassword,
  withProfile,
} from '../../../src/ocpp/security/access-state.ts'
import { WayOrder } from '../../../src/ocpp/security/way-order.ts'
import { type Way, isSameWay, passwordForms, proven, waysOf } from '../../../src/ocpp/security/ways.ts'
import { certificate } from '../../peers/tls/certificates.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const [one, two] = (['station', 'server'] as const).map((name) => {
  const { cert, key } = certificate(name)
  return { certificate: cert, privateKey: key }
})
const SITE: SiteAccess = {
  profile: 1,
  url: 'ws://csms.example.com/ocpp',
  secureUrl: null,
  password: Buffer.from('the-password-of-the-file'),
  ca: null,
  certificate: null,
  privateKey: null,
}
const HEX = '00112233445566778899aabbccddeeff'

type Step =
  | { readonly kind: 'password'; readonly text: string }
  | { readonly kind: 'profile'; readonly profile: SecurityProfile }
  | { readonly kind: 'client'; readonly which: 0 | 1 }
  /** The CSMS takes the way with this number, refuses the others. */
  | { readonly kind: 'connect'; readonly takes: number }
  | { readonly kind: 'restart' }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('password' as const),
    text: fc.constantFrom('first-new-password', 'second-new-passwd', HEX),
  }),
  fc.record({ kind: fc.constant('profile' as const), profile: fc.constantFrom<SecurityProfile[]>(2, 3) }),
  fc.record({ kind: fc.constant('client' as const), which: fc.constantFrom<(0 | 1)[]>(0, 1) }),
  fc.record({ kind: fc.constant('connect' as const), takes: fc.nat(9) }),
  fc.record({ kind: fc.constant('restart' as const) }),
)

function after(state: AccessState, change: Step): AccessState {
  if (change.kind === 'password') return withPassword(state, SITE, passwordForms(Buffer.from(change.text)))
  if (change.kind === 'profile') {
    const profile = state.profile?.wanted ?? SITE.profile
    return change.profile > profile ? withProfile(state, SITE, change.profile) : state
  }
  if (change.kind === 'client') return withClient(state, SITE, change.which === 0 ? one! : two!)
  return change.kind === 'restart' ? broughtUpToDate(structuredClone(state), SITE) : state
}

test('what worked last stays among the ways until another one works, and each has its turn', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let state = emptyState(SITE)
      let order = new WayOrder()
      let worked: Way = waysOf(SITE, state, NOW)[0]!
      for (const change of steps) {
        state = after(state, change)
        if (change.kind === 'restart') order = new WayOrder()
        else if (change.kind !== 'connect') order.restart()
        const ways = waysOf(SITE, state, NOW)
        expect(ways.some((way) => isSameWay(way, worked))).toBe(true)
        if (change.kind !== 'connect') continue
        const taken = ways[change.takes % ways.length]!
        for (let attempt = 0; ; attempt++) {
          expect(attempt).toBeLessThan(ways.length)
          const way = order.choose(ways)!
          if (isSameWay(way, taken)) break
          order.failed(way, new BridgeError('CSMS_REFUSED', 'no'), ways)
        }
        state = proven(SITE, state, taken)
        order.worked(taken)
        worked = taken
        // The next connection goes the same way at once.
        expect(isSameWay(order.choose(waysOf(SITE, state, NOW))!, worked)).toBe(true)
        expect(proven(SITE, state, taken)).toBe(state)
      }
    }),
  )
})

describe('whose turn it is', () => {
  const raised = withProfile(emptyState(SITE), SITE, 2)
  const ways = waysOf(SITE, raised, NOW)
  const [fresh, former] = ways as readonly [Way, Way]
  const turnAfter = (...errors: readonly BridgeError[]): Way => {
    const order = new WayOrder()
    for (const error of errors) order.failed(order.choose(ways)!, error, ways)
    return order.choose(ways)!
  }
  const silent = new BridgeError('CSMS_UNREACHABLE', 'connection refused')

  test('a CSMS that is silent is asked three times on the new port before the former one has its turn', () => {
    expect(turnAfter(silent, silent)).toEqual(fresh)
    expect(turnAfter(silent, silent, silent)).toEqual(former)
    expect(turnAfter(silent, silent, silent, silent, silent, silent)).toEqual(fresh)
  })

  test('a cut line is a refusal where nothing has worked yet, and an accident where it has', () => {
    const cut = new BridgeError('LINK_CLOSED', 'closed with code 1006')
    expect(turnAfter(cut)).toEqual(former)
    const order = new WayOrder()
    order.worked(fresh)
    order.failed(fresh, cut, ways)
    expect(order.choose(ways)).toEqual(fresh)
    order.failed(fresh, new BridgeError('CSMS_REFUSED', 'answered 401'), ways)
    expect(order.choose(ways)).toEqual(former)
  })

  test('a silent CSMS never changes the password that is shown', () => {
    const changed = withPassword(emptyState(SITE), SITE, passwordForms(Buffer.from(HEX)))
    const all = waysOf(SITE, changed, NOW)
    expect(all).toHaveLength(3)
    const order = new WayOrder()
    for (let attempt = 0; attempt < 10; attempt++) order.failed(order.choose(all)!, silent, all)
    expect(order.choose(all)).toEqual(all[0])
  })
})

describe('what an AuthorizationKey may mean', () => {
  test.each([
    ['4F43415F4F4354545F61646D696E5F74657374', ['OCA_OCTT_admin_test', '4F43415F4F4354545F61646D696E5F74657374']],
    ['0123456789abcdef', ['0123456789abcdef']], // 8 bytes are no password
    ['0'.repeat(33), ['0'.repeat(33)]],
    ['g'.repeat(40), ['g'.repeat(40)]],
    ['0'.repeat(42), ['0'.repeat(42)]],
  ])('%s', (text, meanings) => {
    expect(passwordForms(Buffer.from(text)).map((form) => Buffer.from(form, 'base64').toString())).toEqual(meanings)
  })

  test('bytes that are no text stay what they are', () => {
    const bytes = Buffer.from('00ff3a80', 'hex')
    expect(passwordForms(bytes)).toEqual([bytes.toString('base64')])
  })
})

describe('when the person edits the site file', () => {
  const changed = withClient(
    withProfile(withPassword(emptyState(SITE), SITE, passwordForms(Buffer.from('first-new-password'))), SITE, 2),
    SITE,
    one!,
  )

  test('only what was edited goes back to it', () => {
    expect(broughtUpToDate(changed, SITE)).toEqual(changed)
    expect(broughtUpToDate(changed, { ...SITE, password: Buffer.from('edited') })).toEqual({
      ...changed,
      password: null,
    })
    expect(broughtUpToDate(changed, { ...SITE, profile: 0 })).toEqual({ ...changed, profile: null })
    expect(broughtUpToDate(changed, { ...SITE, certificate: 'c', privateKey: 'k' })).toEqual({
      ...changed,
      client: null,
    })
  })

  test('at another host nothing is proven: what the CSMS changed and what the file says take turns', () => {
    const settled = proven(SITE, changed, waysOf(SITE, changed, NOW)[0]!)
    expect(waysOf(SITE, settled, NOW)).toHaveLength(1)
    const moved = { ...SITE, url: 'ws://other.example.com/ocpp' }
    const ways = waysOf(moved, broughtUpToDate(settled, moved), NOW)
    expect(ways.map(({ profile, password }) => [profile, Buffer.from(password ?? '', 'base64').toString()])).toEqual([
      [2, 'first-new-password'],
      [2, 'the-password-of-the-file'],
      [1, 'first-new-password'],
      [1, 'the-password-of-the-file'],
    ])
  })
})
