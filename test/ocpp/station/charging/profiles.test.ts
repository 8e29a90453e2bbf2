import { describe, expect, test } from 'vitest'
import type { ChargingProfile } from '../../../../src/model/charging-profile.ts'
import {
  profileProblem,
  remoteStartProfileProblem,
  replaces,
  toClear,
} from '../../../../src/ocpp/station/charging/profiles.ts'
import { MAX_PERIODS, MAX_PROFILES } from '../../../../src/ocpp/station/settings.ts'
import { evseDescription } from '../rig.ts'

const description = {
  id: 'CP-001',
  identity: { vendor: 'V', model: 'M', serial: null, firmware: null, meterType: null, meterSerial: null },
  evses: [evseDescription(1), evseDescription(2)],
}

export function profile(changes: Partial<ChargingProfile> = {}): ChargingProfile {
  return {
    id: 1,
    evse: 1,
    purpose: 'transaction-default',
    stackLevel: 0,
    kind: 'absolute',
    recurrency: null,
    csmsTransactionId: null,
    validFrom: null,
    validTo: null,
    unit: 'A',
    startSchedule: null,
    durationSeconds: null,
    minChargingRate: null,
    periods: [{ startSeconds: 0, limit: 10, phases: null }],
    ...changes,
  }
}

const running = [{ evse: 1, csmsTransactionId: '77' }]
const period = (startSeconds: number, limit = 10) => ({ startSeconds, limit, phases: null })

describe('a profile is installed', () => {
  test.each<[string, Partial<ChargingProfile>]>([
    ['as a default for one EVSE', {}],
    ['as a default for all', { evse: 0 }],
    ['as the station’s maximum', { evse: 0, purpose: 'station-max' }],
    ['for the transaction that runs', { purpose: 'transaction', csmsTransactionId: '77' }],
    ['for the transaction that runs, unnamed', { purpose: 'transaction' }],
    ['above any fuse: the allocator has the last word', { periods: [period(0, 5000)] }],
    ['with 0 A', { periods: [period(0, 0)] }],
    ['daily', { kind: 'recurring', recurrency: 'daily', startSchedule: 0, periods: [period(0), period(3600)] }],
  ])('%s', (_, changes) => {
    expect(profileProblem(profile(changes), [], description, running)).toBeNull()
  })
})

describe('a profile is refused', () => {
  test.each<[string, Partial<ChargingProfile>]>([
    ['for an EVSE that is not there', { evse: 3 }],
    ['as the maximum of one EVSE', { purpose: 'station-max' }],
    ['for a transaction on the whole station', { evse: 0, purpose: 'transaction' }],
    ['for a transaction where none runs', { evse: 2, purpose: 'transaction' }],
    ['for another transaction', { purpose: 'transaction', csmsTransactionId: '78' }],
    ['without periods', { periods: [] }],
    ['with too many periods', { periods: Array.from({ length: MAX_PERIODS + 1 }, (_, index) => period(index)) }],
    ['whose first period starts late', { periods: [period(60)] }],
    ['whose periods are out of order', { periods: [period(0), period(60), period(60)] }],
    ['with a negative limit', { periods: [period(0, -1)] }],
    ['above the stack', { stackLevel: 100 }],
    ['that ends before it begins', { validFrom: 2000, validTo: 1000 }],
    ['that recurs without a start', { kind: 'recurring', recurrency: 'daily' }],
  ])('%s', (_, changes) => {
    expect(profileProblem(profile(changes), [], description, running)).not.toBeNull()
  })

  test('when no room is left, unless it takes the place of another', () => {
    const full = Array.from({ length: MAX_PROFILES }, (_, index) => profile({ id: index, stackLevel: index }))
    expect(profileProblem(profile({ id: 99, stackLevel: 90 }), full, description, [])).not.toBeNull()
    expect(profileProblem(profile({ id: 99, stackLevel: 5 }), full, description, [])).toBeNull()
    expect(profileProblem(profile({ id: 5, stackLevel: 90 }), full, description, [])).toBeNull()
  })
})

test('a remote start may bring a transaction profile that names no transaction', () => {
  expect(remoteStartProfileProblem(profile({ purpose: 'transaction' }))).toBeNull()
  expect(remoteStartProfileProblem(profile({ purpose: 'transaction', csmsTransactionId: '1' }))).not.toBeNull()
  expect(remoteStartProfileProblem(profile())).not.toBeNull()
})

test('a profile takes the place of its id and of its place in the stack', () => {
  expect(replaces(profile(), profile({ evse: 2, stackLevel: 7 }))).toBe(true)
  expect(replaces(profile(), profile({ id: 2 }))).toBe(true)
  expect(replaces(profile(), profile({ id: 2, stackLevel: 1 }))).toBe(false)
  expect(replaces(profile(), profile({ id: 2, evse: 2 }))).toBe(false)
})

test('clearing: an id alone decides, otherwise all that is given', () => {
  const installed = [profile(), profile({ id: 2, evse: 2 }), profile({ id: 3, evse: 2, stackLevel: 1 })]
  const ids = (request: Parameters<typeof toClear>[1]): readonly number[] =>
    toClear(installed, request).map(({ id }) => id)
  const nothing = { id: null, evse: null, purpose: null, stackLevel: null }
  expect(ids(nothing)).toEqual([1, 2, 3])
  expect(ids({ ...nothing, id: 2, evse: 1 })).toEqual([2])
  expect(ids({ ...nothing, evse: 2 })).toEqual([2, 3])
  expect(ids({ ...nothing, evse: 2, stackLevel: 1 })).toEqual([3])
  expect(ids({ ...nothing, purpose: 'station-max' })).toEqual([])
})
