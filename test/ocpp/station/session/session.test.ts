import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Transaction } from '../../../../src/model/transaction.ts'
import { NO_HOLD, type Reservation } from '../../../../src/ocpp/station/reservation/reservation.ts'
import {
  newSession,
  type Policy,
  type Session,
  sessionDeadline,
  type SessionEffect,
  type SessionInput,
  stepSession,
} from '../../../../src/ocpp/station/session/session.ts'

const policy: Policy = {
  way: 'card',
  freeToken: null,
  operative: true,
  connectionTimeOutMs: 60_000,
  stopOnDisconnect: true,
  stopOnInvalid: true,
  maxEnergyOnInvalidWh: 0,
  hold: NO_HOLD,
}
const transaction: Transaction = {
  id: 'tx',
  stationId: 'CP-001',
  evse: 1,
  idToken: 'CARD-A',
  startedAt: 0,
  startWh: 0,
  endedAt: null,
  endWh: null,
  stopReason: null,
  csmsTransactionId: null,
  remoteStarted: false,
}
const running: Session = { ...newSession(transaction, null, false), vehicle: 'C' }

function see(changes: Partial<Extract<SessionInput, { kind: 'observed' }>> = {}): SessionInput {
  return { kind: 'observed', pilot: 'A', rebooting: false, meterWh: 0, at: 0, ...changes }
}

function show(idToken: string): SessionInput {
  return { kind: 'presented', idToken }
}

/** Plays inputs one after the other and collects the effects. */
function play(session: Session, inputs: readonly SessionInput[], rules: Policy = policy) {
  const effects: SessionEffect[] = []
  let current = session
  for (const input of inputs) {
    const step = stepSession(current, input, rules)
    current = step.session
    effects.push(...step.effects)
  }
  return { session: current, effects, kinds: effects.map(({ kind }) => kind) }
}

describe('a car leaves', () => {
  test('after two looks, not after one', () => {
    expect(play(running, [see(), see({ pilot: 'C' }), see()]).kinds).toEqual([])
    expect(play(running, [see(), see()]).effects).toEqual([
      { kind: 'unplugged' },
      { kind: 'end', reason: 'ev-disconnected', idToken: null },
    ])
  })

  test('while its charger was without power: that is the reason', () => {
    const down = see({ pilot: null, rebooting: true })
    expect(play(running, [down, see(), see()]).effects).toContainEqual({
      kind: 'end',
      reason: 'power-loss',
      idToken: null,
    })
    const back = play(running, [down, see({ pilot: 'C' }), see(), see()])
    expect(back.effects).toContainEqual({ kind: 'end', reason: 'ev-disconnected', idToken: null })
  })

  test('a fault or a missing value says nothing of the plug', () => {
    const step = play(running, [see({ pilot: 'F' }), see({ pilot: null }), see({ pilot: 'E' })])
    expect(step.session.plugged).toBe(true)
    expect(step.effects).toEqual([])
  })
})

describe('a card', () => {
  const asked = play(newSession(null, null, false), [see({ pilot: 'B' }), show('CARD-A')])

  test('is authorised before anything begins', () => {
    expect(asked.kinds).toEqual(['authorise'])
    const given = { kind: 'authorised', idToken: 'CARD-A', parentIdToken: null, purpose: 'start', at: 0 } as const
    expect(play(asked.session, [given]).kinds).toEqual(['begin'])
  })

  test('an answer for another card, or after a reset, begins nothing', () => {
    const other = { kind: 'authorised', idToken: 'CARD-B', parentIdToken: null, purpose: 'start', at: 0 } as const
    expect(play(asked.session, [other]).kinds).toEqual([])
    expect(play(asked.session, [{ kind: 'restarted' }, { ...other, idToken: 'CARD-A' }]).kinds).toEqual([])
  })

  test('out of service nobody is asked', () => {
    const step = play(newSession(null, null, false), [see({ pilot: 'B' }), show('CARD-A')], {
      ...policy,
      operative: false,
    })
    expect(step.kinds).toEqual(['not-operative'])
  })
})

describe('reserved', () => {
  const reservation: Reservation = {
    id: 7,
    evse: 1,
    expiresAt: 1e9,
    idToken: 'HOLDER',
    parentIdToken: null,
    madeAt: 0,
  }
  const held: Policy = { ...policy, hold: { reservations: [reservation], held: true } }
  const group: Policy = {
    ...policy,
    hold: { reservations: [{ ...reservation, parentIdToken: 'FAMILY' }], held: true },
  }
  const empty = newSession(null, null, false)
  const given = { kind: 'authorised', idToken: 'KIN', purpose: 'start', at: 0 } as const

  test('nobody is asked for a stranger', () => {
    expect(play(empty, [see({ pilot: 'B' }), show('STRANGER')], held).kinds).toEqual(['reserved'])
  })

  test('its holder starts with it', () => {
    const start = { ...given, idToken: 'holder', parentIdToken: null }
    const step = play(empty, [see({ pilot: 'B' }), show('holder'), start], held)
    expect(step.kinds).toEqual(['authorise', 'begin'])
    expect(step.session.permit?.reservationId).toBe(7)
  })

  test('of a group one is asked, and starts when it belongs to it', () => {
    const inputs = [see({ pilot: 'B' }), show('KIN')]
    const kin = play(empty, [...inputs, { ...given, parentIdToken: 'family' }], group)
    expect(kin.kinds).toEqual(['authorise', 'begin'])
    const stranger = play(empty, [...inputs, { ...given, parentIdToken: 'OTHERS' }], group)
    expect(stranger.kinds).toEqual(['authorise', 'reserved'])
    expect(stranger.session).toMatchObject({ permit: null, asking: null })
  })

  test('a permit that was given before goes when the place is reserved for somebody else', () => {
    const before = play(empty, [see(), { kind: 'granted', idToken: 'EARLY', parentIdToken: null, at: 0 }])
    expect(play(before.session, [see({ pilot: 'B' })], held).kinds).toEqual(['reserved'])
  })

  test('free: the car of the next best is not started', () => {
    const free: Policy = { ...group, way: 'free', freeToken: 'FREE' }
    expect(play(empty, [see({ pilot: 'C' }), see({ pilot: 'C' })], free).kinds).toEqual([])
  })
})

test('an identifier waits for a vehicle until ConnectionTimeOut, for ever when that is 0', () => {
  const start = { kind: 'remote-start', idToken: 'APP', parentIdToken: null, authorise: false, at: 1000 } as const
  const { session } = play(newSession(null, null, false), [see(), start])
  expect(sessionDeadline(session, policy)).toBe(61_000)
  expect(play(session, [{ kind: 'tick', at: 61_000 }]).kinds).toEqual(['permit-expired'])
  expect(sessionDeadline(session, { ...policy, connectionTimeOutMs: 0 })).toBeNull()
})

describe('whatever is put in', () => {
  const input: fc.Arbitrary<SessionInput> = fc.oneof(
    fc.record({
      kind: fc.constant('observed' as const),
      pilot: fc.constantFrom('A' as const, 'B' as const, 'C' as const, 'F' as const, null),
      rebooting: fc.boolean(),
      meterWh: fc.nat(10_000),
      at: fc.nat(200_000),
    }),
    fc.constantFrom(show('CARD-A'), show('CARD-B')),
    fc.record({ kind: fc.constant('tick' as const), at: fc.nat(200_000) }),
    fc.record({ kind: fc.constant('stop' as const), reason: fc.constant('remote' as const) }),
    fc.constantFrom<SessionInput>(
      { kind: 'restarted' },
      { kind: 'ended', reason: 'local' },
      { kind: 'invalidated', meterWh: 0 },
    ),
  )

  test('without an authorisation nothing begins, and nothing ends that does not run', () => {
    fc.assert(
      fc.property(fc.array(input), fc.constantFrom('card' as const, 'remote' as const), (inputs, way) => {
        const { kinds } = play(newSession(null, null, false), inputs, { ...policy, way })
        expect(kinds).not.toContain('begin')
        expect(kinds).not.toContain('end')
      }),
    )
  })
})
