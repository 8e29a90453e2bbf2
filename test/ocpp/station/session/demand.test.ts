import { expect, test } from 'vitest'
import { started } from '../../../ledger/records.ts'
import { demandOf, vehicleIsThere } from '../../../../src/ocpp/station/session/demand.ts'

const PROFILE = { amps: 10, source: 'profile 7' }
const NOBODY = { plugged: false, vehicle: 'A', transaction: null } as const
const CAR = { plugged: true, vehicle: 'B', transaction: null } as const

test.each([
  ['nothing is plugged in', { plugged: false, vehicle: 'B' }, false],
  ['the pilot is not known', { plugged: true, vehicle: null }, false],
  ['only the cable is left', { plugged: true, vehicle: 'A' }, false],
  ['it is connected', { plugged: true, vehicle: 'B' }, true],
  ['it charges', { plugged: true, vehicle: 'C' }, true],
] as const)('whether a vehicle is there: %s', (_, session, there) => {
  expect(vehicleIsThere(session)).toBe(there)
})

test('out of service, nobody draws who has no transaction; one that runs goes on', () => {
  expect(demandOf(CAR, false, false, null)).toMatchObject({ wanted: false, refusal: 'unavailable' })
  const running = { ...CAR, transaction: started('T1') }
  expect(demandOf(running, true, false, null)).toMatchObject({ wanted: true, refusal: null })
  expect(demandOf(running, false, false, null)).toMatchObject({ wanted: false, refusal: 'not-authorised' })
})

test('who is not there wants nothing, who is there must be authorised; the profile is told all the same', () => {
  expect(demandOf(NOBODY, false, true, PROFILE)).toEqual({ wanted: false, refusal: 'no-vehicle', profile: PROFILE })
  expect(demandOf(CAR, false, true, PROFILE)).toEqual({ wanted: false, refusal: 'not-authorised', profile: PROFILE })
  expect(demandOf(CAR, true, true, PROFILE)).toEqual({ wanted: true, refusal: null, profile: PROFILE })
})
