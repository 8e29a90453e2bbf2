/** A charger counts its connectors from 1; its station counts all of them. */
import { expect, it } from 'vitest'
import type { Binding } from '../../src/model/set-point.ts'
import { evseStateOf, noReading } from '../../src/site/evse-reading.ts'
import { seatAt } from '../../src/site/seat.ts'

it('the second connector of a charger that sits at 3 is EVSE 4, in every direction', () => {
  const heard: string[] = []
  const seat = seatAt({
    stationId: 'garage',
    connectors: 2,
    authorize: 'card',
    upstreamIds: ['u'],
    firstEvse: 3,
    wishes: {
      of: (evse, transactionId) => {
        heard.push(`wish ${evse} ${transactionId}`)
        return null
      },
    },
    shown: () => ({ vendor: 'V', model: 'M' }),
    station: {
      observe: ({ evse }) => void heard.push(`observe ${evse}`),
      noteSetPoint: (evse, amps) => void heard.push(`set-point ${evse} ${amps} A`),
      demand: (evse) => {
        heard.push(`demand ${evse}`)
        return { wanted: false, refusal: 'no-vehicle', profile: null }
      },
      nextSampleAt: (evse) => evse * 1000,
      view: (evse) => ({
        evse,
        status: 'available',
        fault: null,
        transaction: null,
        meterWh: 0,
        now: 0,
        reservedUntil: null,
      }),
    },
  })
  const binding: Binding = { kind: 'hold', reason: 'test' }
  seat.observe(evseStateOf(noReading(2), true, null, 0))
  seat.noteSetPoint(2, 16, binding)
  seat.demand(1, 0)
  seat.wish(2, 'T')
  expect(heard).toEqual(['observe 4', 'set-point 4 16 A', 'demand 3', 'wish 4 T'])
  expect(seat.nextSampleAt(2)).toBe(4000)
  expect([seat.view(1).evse, seat.view(2).evse]).toEqual([3, 4])
})
