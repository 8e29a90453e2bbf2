import { describe, expect, test } from 'vitest'
import type { ChargingProfile } from '../../src/model/charging-profile.ts'
import { limitAt } from '../../src/model/limit-at.ts'
import type { LimitQuery } from '../../src/model/limit-at.ts'

const NOON = Date.UTC(2026, 2, 2, 12)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** A constant limit of one purpose for EVSE 1, unless told otherwise. */
function profile(amps: number, changes: Partial<ChargingProfile> = {}): ChargingProfile {
  const purpose = changes.purpose ?? 'transaction-default'
  return {
    id: 1,
    evse: purpose === 'station-max' ? 0 : 1,
    purpose,
    stackLevel: 0,
    kind: 'absolute',
    recurrency: null,
    csmsTransactionId: null,
    validFrom: null,
    validTo: null,
    unit: 'A',
    startSchedule: NOON,
    durationSeconds: null,
    minChargingRate: null,
    periods: [{ startSeconds: 0, limit: amps, phases: null }],
    ...changes,
  }
}

/** Amps for EVSE 1 while transaction 77, begun at noon, runs. */
function ampsAt(profiles: readonly ChargingProfile[], at: number, changes: Partial<LimitQuery> = {}): number | null {
  return limitAt(profiles, query(at, changes))?.amps ?? null
}

function query(at: number, changes: Partial<LimitQuery> = {}): LimitQuery {
  return {
    at,
    evse: 1,
    transaction: { startedAt: NOON, csmsTransactionId: '77' },
    supply: { volts: 230, phases: 3 },
    ...changes,
  }
}

describe('which profile counts', () => {
  test('no profile, no limit', () => {
    expect(limitAt([], query(NOON))).toBeNull()
  })

  test('the highest stack level counts, and the answer names it', () => {
    const high = profile(20, { id: 2, stackLevel: 3 })
    expect(limitAt([profile(10), high], query(NOON))).toEqual({ amps: 20, phases: null, profile: high })
  })

  test('where the higher level is silent, the lower one counts', () => {
    const hour = profile(20, { id: 2, stackLevel: 3, durationSeconds: 3600 })
    expect(ampsAt([profile(10), hour], NOON + HOUR - 1)).toBe(20)
    expect(ampsAt([profile(10), hour], NOON + HOUR)).toBe(10)
  })

  test('a higher level without end never lets the lower one through (§3.13.2)', () => {
    expect(ampsAt([profile(10), profile(20, { id: 2, stackLevel: 1 })], NOON + 365 * DAY)).toBe(20)
  })

  test('on one level the profile of the EVSE is above the one for all', () => {
    const all = profile(10, { id: 9, evse: 0 })
    expect(ampsAt([all, profile(12)], NOON)).toBe(12)
    expect(ampsAt([all, profile(12)], NOON, { evse: 2 })).toBe(10)
  })

  test('a transaction profile overrules the default, whatever their levels', () => {
    const stack = [profile(10, { stackLevel: 9 }), profile(25, { id: 2, purpose: 'transaction' })]
    expect(ampsAt(stack, NOON)).toBe(25)
  })

  test('after a transaction profile has run out, the default counts again', () => {
    const stack = [profile(10), profile(25, { id: 2, purpose: 'transaction', durationSeconds: 60 })]
    expect(ampsAt(stack, NOON + MINUTE)).toBe(10)
  })

  test('a transaction profile is for its own transaction and EVSE only', () => {
    const other = profile(8, { purpose: 'transaction', csmsTransactionId: '78' })
    expect(ampsAt([other], NOON)).toBeNull()
    expect(ampsAt([{ ...other, csmsTransactionId: '77' }], NOON)).toBe(8)
    expect(ampsAt([{ ...other, csmsTransactionId: '77' }], NOON, { evse: 2 })).toBeNull()
    expect(ampsAt([{ ...other, csmsTransactionId: null }], NOON, { transaction: null })).toBeNull()
  })

  test('the station’s maximum binds when it is lower, and then it is named', () => {
    const maximum = profile(13, { id: 5, purpose: 'station-max' })
    expect(limitAt([profile(16), maximum], query(NOON))?.profile).toBe(maximum)
    expect(ampsAt([profile(10), maximum], NOON)).toBe(10)
  })

  test('for the station as a whole only its maximum counts', () => {
    const maximum = profile(63, { id: 5, purpose: 'station-max' })
    expect(ampsAt([profile(10, { evse: 0 }), maximum], NOON, { evse: 0 })).toBe(63)
  })

  test('a limit below 6 A stays the number that it is', () => {
    expect(ampsAt([profile(3.5)], NOON)).toBe(3.5)
    expect(ampsAt([profile(0)], NOON)).toBe(0)
  })
})

describe('when a profile counts', () => {
  const day = profile(0, {
    periods: [
      { startSeconds: 0, limit: 16, phases: null },
      { startSeconds: 3600, limit: 10, phases: 1 },
    ],
    durationSeconds: 7200,
  })

  test('validity begins with validFrom and ends before validTo', () => {
    const valid = profile(10, { startSchedule: NOON - DAY, validFrom: NOON, validTo: NOON + HOUR })
    expect(ampsAt([valid], NOON - 1)).toBeNull()
    expect(ampsAt([valid], NOON)).toBe(10)
    expect(ampsAt([valid], NOON + HOUR - 1)).toBe(10)
    expect(ampsAt([valid], NOON + HOUR)).toBeNull()
  })

  test('an absolute schedule runs from its start for its duration', () => {
    expect(ampsAt([day], NOON - 1)).toBeNull()
    expect(ampsAt([day], NOON)).toBe(16)
    expect(limitAt([day], query(NOON + HOUR))).toMatchObject({ amps: 10, phases: 1 })
    expect(ampsAt([day], NOON + 2 * HOUR)).toBeNull()
  })

  test('before the first period there is a gap', () => {
    const late = profile(0, { periods: [{ startSeconds: 60, limit: 9, phases: null }] })
    expect(ampsAt([late, profile(16, { id: 2, evse: 0 })], NOON)).toBe(16)
    expect(ampsAt([late, profile(16, { id: 2, evse: 0 })], NOON + MINUTE)).toBe(9)
  })

  test('a daily schedule comes back each day and not before its first', () => {
    const daily = { ...day, kind: 'recurring', recurrency: 'daily' } as const
    expect(ampsAt([daily], NOON - DAY)).toBeNull()
    expect(ampsAt([daily], NOON + 30 * DAY)).toBe(16)
    expect(ampsAt([daily], NOON + 30 * DAY + HOUR)).toBe(10)
    expect(ampsAt([daily], NOON + 30 * DAY + 2 * HOUR)).toBeNull()
  })

  test('a weekly schedule without duration lasts until it begins again', () => {
    const weekly = { ...day, kind: 'recurring', recurrency: 'weekly', durationSeconds: null } as const
    expect(ampsAt([weekly], NOON + 6 * DAY)).toBe(10)
    expect(ampsAt([weekly], NOON + 7 * DAY)).toBe(16)
  })

  test('a daily schedule longer than a day is cut by the next', () => {
    const long = { ...day, kind: 'recurring', recurrency: 'daily', durationSeconds: 7 * 86_400 } as const
    expect(ampsAt([long], NOON + DAY)).toBe(16)
  })

  test('a relative schedule counts from the start of the transaction', () => {
    const relative = { ...day, kind: 'relative', startSchedule: null } as const
    const transaction = { startedAt: NOON + 5 * HOUR, csmsTransactionId: null }
    expect(ampsAt([relative], NOON + 5 * HOUR, { transaction })).toBe(16)
    expect(ampsAt([relative], NOON + 6 * HOUR, { transaction })).toBe(10)
    expect(ampsAt([relative], NOON + 7 * HOUR, { transaction })).toBeNull()
  })

  test('without a transaction it tells what a new one would get', () => {
    const relative = { ...day, kind: 'relative', startSchedule: null } as const
    expect(ampsAt([relative], NOON + 9 * HOUR, { transaction: null })).toBe(16)
  })

  test('an absolute schedule without a start counts from the transaction too (§7.13)', () => {
    expect(ampsAt([{ ...day, startSchedule: null }], NOON + HOUR)).toBe(10)
  })

  test('a maximum of the station without a start: the lowest of its limits, at any time', () => {
    const maximum = { ...day, purpose: 'station-max', evse: 0, startSchedule: null } as const
    expect(ampsAt([maximum], NOON - DAY)).toBe(10)
    expect(ampsAt([maximum], NOON + DAY)).toBe(10)
  })
})

describe('watts', () => {
  test.each([
    [11_040, 3, 16],
    [3680, 1, 16],
    [7360, 2, 16],
    [0, 3, 0],
  ] as const)('%i W on %i phases are %i A', (watts, phases, amps) => {
    expect(ampsAt([profile(watts, { unit: 'W' })], NOON, { supply: { volts: 230, phases } })).toBeCloseTo(amps, 9)
  })

  test('limits in A and W are compared in A', () => {
    const maximum = profile(6900, { id: 5, purpose: 'station-max', unit: 'W' })
    expect(ampsAt([profile(16), maximum], NOON)).toBeCloseTo(10, 9)
    expect(ampsAt([profile(9), maximum], NOON)).toBe(9)
  })
})
