import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  holdAt,
  judgeReservation,
  mayHold,
  type Place,
  readReservations,
  type Reservation,
  reservationFor,
} from '../../../../src/ocpp/station/reservation/reservation.ts'

function reservation(id: number, evse: number, changes: Partial<Reservation> = {}): Reservation {
  return { id, evse, expiresAt: 1000, idToken: `HOLDER-${id}`, parentIdToken: null, madeAt: 0, ...changes }
}

/** EVSEs 1, 2, ... in these states. */
function places(...states: readonly Place['state'][]): readonly Place[] {
  return states.map((state, index) => ({ evse: index + 1, state, claims: null }))
}

describe('a wish for one EVSE', () => {
  test.each<[string, Place['state'], string]>([
    ['free', 'free', 'accepted'],
    ['somebody is there', 'occupied', 'occupied'],
    ['it has a fault', 'faulted', 'faulted'],
    ['it is out of service', 'unavailable', 'unavailable'],
  ])('%s', (_, state, status) => {
    expect(judgeReservation(reservation(1, 1), [], places(state), true)).toBe(status)
  })

  test('reserved already, for whomever', () => {
    const installed = [reservation(9, 1, { idToken: 'HOLDER-1' })]
    expect(judgeReservation(reservation(1, 1), installed, places('free'), true)).toBe('occupied')
  })

  test('an older one of the same id is replaced, also elsewhere', () => {
    const installed = [reservation(1, 1)]
    expect(judgeReservation(reservation(1, 1), installed, places('free', 'free'), true)).toBe('accepted')
    expect(judgeReservation(reservation(1, 2), installed, places('free', 'free'), true)).toBe('accepted')
  })

  test('an EVSE that there is not, and a time that is over, are refused', () => {
    expect(judgeReservation(reservation(1, 3), [], places('free', 'free'), true)).toBe('rejected')
    expect(judgeReservation(reservation(1, 1, { expiresAt: 0 }), [], places('free'), true)).toBe('rejected')
  })

  test('the last free one that the station’s own reservation needs is occupied', () => {
    const installed = [reservation(9, 0)]
    expect(judgeReservation(reservation(1, 1), installed, places('free', 'occupied'), true)).toBe('occupied')
    expect(judgeReservation(reservation(1, 1), installed, places('free', 'free'), true)).toBe('accepted')
  })
})

describe('a wish for any EVSE', () => {
  test.each<[string, readonly Place['state'][], number, string]>([
    ['one is free', ['occupied', 'free'], 0, 'accepted'],
    ['the free one is promised already', ['occupied', 'free'], 1, 'occupied'],
    ['two are free, one is promised', ['free', 'free'], 1, 'accepted'],
    ['all are in use', ['occupied', 'occupied'], 0, 'occupied'],
    ['one is in use, one has a fault', ['occupied', 'faulted'], 0, 'occupied'],
    ['all have faults', ['faulted', 'unavailable'], 0, 'faulted'],
    ['all are out of service', ['unavailable', 'unavailable'], 0, 'unavailable'],
  ])('%s', (_, states, promised, status) => {
    const installed = Array.from({ length: promised }, (__, index) => reservation(100 + index, 0))
    expect(judgeReservation(reservation(1, 0), installed, places(...states), true)).toBe(status)
  })

  test('without ReserveConnectorZeroSupported it is refused', () => {
    expect(judgeReservation(reservation(1, 0), [], places('free'), false)).toBe('rejected')
  })
})

describe('who may start', () => {
  test('at an EVSE with a reservation: its holder, or one of the holder’s group', () => {
    const hold = holdAt(1, [reservation(1, 1, { parentIdToken: 'FAMILY' })], places('free', 'free'))
    expect(hold.held).toBe(true)
    expect(reservationFor(hold.reservations, 'holder-1', null)?.id).toBe(1)
    expect(reservationFor(hold.reservations, 'KIN', 'family')?.id).toBe(1)
    expect(reservationFor(hold.reservations, 'STRANGER', 'OTHERS')).toBeNull()
    expect(mayHold(hold.reservations, 'ANYBODY')).toBe(true)
    expect(mayHold([reservation(1, 1)], 'ANYBODY')).toBe(false)
  })

  test('elsewhere everybody, as long as one stays free for the station’s own reservation', () => {
    const installed = [reservation(1, 0)]
    expect([1, 2].map((evse) => holdAt(evse, installed, places('free', 'free')).held)).toEqual([false, false])
    expect([1, 2].map((evse) => holdAt(evse, installed, places('occupied', 'free')).held)).toEqual([false, true])
    expect(holdAt(1, installed, places('occupied')).held).toBe(true)
  })

  test('when its holder has come nothing is kept any more', () => {
    const came: readonly Place[] = [
      { evse: 1, state: 'occupied', claims: 1 },
      { evse: 2, state: 'free', claims: null },
    ]
    expect(holdAt(2, [reservation(1, 0)], came).held).toBe(false)
  })

  test('whose reservation is for any EVSE may not take one that is reserved for somebody else', () => {
    const hold = holdAt(1, [reservation(1, 1), reservation(2, 0)], places('free', 'free'))
    expect(reservationFor(hold.reservations, 'HOLDER-2', null)).toBeNull()
  })

  test('an identifier’s own reservation goes before its group’s', () => {
    const both = [reservation(1, 0, { parentIdToken: 'FAMILY' }), reservation(2, 0, { idToken: 'KIN' })]
    expect(reservationFor(both, 'KIN', 'FAMILY')?.id).toBe(2)
  })
})

test('whatever strangers do where they may, each holder finds a free EVSE', () => {
  const state = fc.constantFrom<Place['state']>('free', 'occupied', 'faulted', 'unavailable')
  const wish = fc.record({ id: fc.integer({ min: 1, max: 6 }), evse: fc.integer({ min: 0, max: 5 }) })
  fc.assert(
    fc.property(
      fc.array(state, { minLength: 1, maxLength: 5 }),
      fc.array(wish, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 8 }),
      (states, wishes, strangers) => {
        let now: readonly Place[] = places(...states)
        let installed: readonly Reservation[] = []
        for (const { id, evse } of wishes) {
          const made = reservation(id, evse)
          if (judgeReservation(made, installed, now, true) === 'accepted')
            installed = [...installed.filter((other) => other.id !== id), made]
        }
        for (const evse of strangers) {
          const place = now.find((each) => each.evse === evse)
          if (place?.state !== 'free' || holdAt(evse, installed, now).held) continue
          now = now.map((each) => (each === place ? { ...each, state: 'occupied' } : each))
        }
        const free = now.filter((each) => each.state === 'free').map(({ evse }) => evse)
        const own = installed.filter(({ evse }) => evse > 0).map(({ evse }) => evse)
        expect(free).toEqual(expect.arrayContaining(own))
        expect(free.length).toBeGreaterThanOrEqual(installed.length)
      },
    ),
  )
})

test.each([undefined, '', '{', '[1]', '[{"id":1}]', '[{"id":1,"evse":1,"expiresAt":null,"idToken":"A"}]'])(
  'stored as %s there are none',
  (text) => expect(readReservations(text)).toEqual([]),
)
