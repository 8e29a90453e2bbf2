import { describe, expect, test } from 'vitest'
import type { ChargingProfile } from '../../../../src/model/charging-profile.ts'
import {
  profileProblem,
  remoteStartProfileProblem,
  replaces,
  toClear,
} from '../../../../src/ocpp/station/charging/profiles.ts'
import { MAX_PERIODS, MAX_PROFILES } from '../../../../src/ocpp/station/settings-table.ts'
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
    ['whose recurrencyKind says nothing (errata 3.56)', { recurrency: 'daily' }],
    ['whose transactionId says nothing, as it is for all transactions', { csmsTransactionId: '5' }],
    ['relative, with a startSchedule that says nothing (§7.13)', { kind: 'relative', startSchedule: 0 }],
    ['that begins in the future', { validFrom: Date.UTC(2999, 0) }],
    ['that is long over', { validTo: 0 }],
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
    ['H40: for an EVSE that is not there', { evse: 3 }],
    ['H40: for EVSE -1', { evse: -1 }],
    ['H40: for EVSE 1850027108', { evse: 1_850_027_108 }],
    ['H37: with a million periods', { periods: Array.from({ length: 1_000_000 }, (_, index) => period(index)) }],
    ['H37: with a negative start', { periods: [period(-5)] }],
    ['H37: with a negative start later', { periods: [period(0), period(-5)] }],
    ['H37: with periods that are not sorted', { periods: [period(0), period(60), period(30)] }],
    ['H37: with a duration of 0', { durationSeconds: 0 }],
    ['with a negative duration', { durationSeconds: -1 }],
    ['with a duration that is no number', { durationSeconds: NaN }],
    ['with a limit that is no number', { periods: [period(0, NaN)] }],
    ['without bound', { periods: [period(0, Infinity)] }],
    ['with half a second', { periods: [period(0), period(0.5)] }],
    ['for 4 phases', { periods: [{ startSeconds: 0, limit: 10, phases: 4 }] }],
    ['for 0 phases', { periods: [{ startSeconds: 0, limit: 10, phases: 0 }] }],
    ['with a negative minimum rate', { minChargingRate: -1 }],
    ['below the stack', { stackLevel: -1 }],
    ['between two levels', { stackLevel: 0.5 }],
    ['with an id that is no whole number', { id: 0.5 }],
    ['with a time outside the calendar', { startSchedule: 9e15 }],
    ['with a time that is none', { validTo: NaN }],
    ['that recurs, but not how', { kind: 'recurring', startSchedule: 0 }],
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

  test('H38: after as many as are advertised, whatever comes', () => {
    let installed: readonly ChargingProfile[] = []
    for (let id = 0; id < 100_000; id++) {
      const next = profile({ id, evse: id % 3, stackLevel: id % 100 })
      if (profileProblem(next, installed, description, []) === null)
        installed = [...installed.filter((other) => !replaces(next, other)), next]
    }
    expect(installed).toHaveLength(MAX_PROFILES)
  })

  test('when no room is left, unless it takes the place of another', () => {
    const full = Array.from({ length: MAX_PROFILES }, (_, index) => profile({ id: index, stackLevel: index }))
    expect(profileProblem(profile({ id: 99, stackLevel: 90 }), full, description, [])).not.toBeNull()
    expect(profileProblem(profile({ id: 99, stackLevel: 5 }), full, description, [])).toBeNull()
    expect(profileProblem(profile({ id: 5, stackLevel: 90 }), full, description, [])).toBeNull()
  })
})

const why = (changes: Partial<ChargingProfile>): string | null =>
  profileProblem(profile(changes), [], description, running)

test('the reason is a sentence with the numbers in it', () => {
  expect([
    why({ evse: 3 }),
    why({ purpose: 'station-max' }),
    why({ purpose: 'transaction', evse: 2 }),
    why({ purpose: 'transaction', csmsTransactionId: '78' }),
    why({ periods: [period(60)] }),
    why({ periods: [period(0), period(60), period(30)] }),
    why({ periods: [period(0, -1)] }),
    why({ durationSeconds: 0 }),
    why({ stackLevel: 100 }),
  ]).toEqual([
    'There is no EVSE 3.',
    'The station’s maximum is set on EVSE 0, not on EVSE 1.',
    'No transaction runs on EVSE 2.',
    'Not transaction 78 runs on EVSE 1, but 77.',
    'The first period begins at 60 s, not at 0.',
    'The periods are not in ascending order: period 3 begins at 30 s.',
    'Period 1 has the limit -1: it is 0 or more.',
    'A duration of 0 s is no time to charge: it is a whole number above 0.',
    'Stack level 100 is not one of 0 to 99.',
  ])
})

const problem = (changes: Partial<ChargingProfile>, installed: readonly ChargingProfile[] = []): string | null =>
  remoteStartProfileProblem(profile({ purpose: 'transaction', ...changes }), installed)

describe('a profile that comes with a remote start (§5.16.2)', () => {
  test('is for the transaction, which it cannot name (errata 3.41)', () => {
    expect(problem({})).toBeNull()
    expect(problem({ csmsTransactionId: '1' })).not.toBeNull()
    expect(problem({ purpose: 'transaction-default' })).not.toBeNull()
    expect(problem({ purpose: 'station-max' })).not.toBeNull()
  })

  test('is checked like any other', () => {
    expect(problem({ periods: [] })).not.toBeNull()
    const full = Array.from({ length: MAX_PROFILES }, (_, index) => profile({ id: index, stackLevel: index }))
    expect(problem({ id: 99 }, full)).not.toBeNull()
  })

  test('gives way to the one that later names the transaction, on its level (errata 3.42)', () => {
    const brought = profile({ purpose: 'transaction', stackLevel: 2 })
    const named = { ...brought, id: 7, csmsTransactionId: '77' }
    expect(replaces(named, brought)).toBe(true)
    expect(replaces({ ...named, stackLevel: 3 }, brought)).toBe(false)
  })
})

test('a profile takes the place of its id and of its place in the stack', () => {
  expect(replaces(profile(), profile({ evse: 2, stackLevel: 7 }))).toBe(true)
  expect(replaces(profile(), profile({ id: 2 }))).toBe(true)
  expect(replaces(profile(), profile({ id: 2, stackLevel: 1 }))).toBe(false)
  expect(replaces(profile(), profile({ id: 2, evse: 2 }))).toBe(false)
})

test('clearing: an id alone decides, otherwise all that is given together (errata 3.25, 3.26)', () => {
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
