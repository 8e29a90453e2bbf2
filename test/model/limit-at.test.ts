import { describe, expect, test } from 'vitest'
import type { ChargingProfile } from '../../src/model/charging-profile.ts'
import { limitAt, nextChangeAfter, stationLimitEnd } from '../../src/model/limit-at.ts'
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

  test('a wall clock that was set back behind the start of the transaction lifts no limit', () => {
    const relative = { ...day, kind: 'relative', startSchedule: null } as const
    const transaction = { startedAt: NOON, csmsTransactionId: null }
    expect(ampsAt([relative], NOON - 5 * HOUR, { transaction })).toBe(16)
    expect(ampsAt([{ ...day, startSchedule: null }], NOON - 5 * HOUR, { transaction })).toBe(16)
  })

  test('without a transaction it tells what a new one would get', () => {
    const relative = { ...day, kind: 'relative', startSchedule: null } as const
    expect(ampsAt([relative], NOON + 9 * HOUR, { transaction: null })).toBe(16)
  })

  test('an absolute schedule without a start counts from the transaction too (§7.13)', () => {
    expect(ampsAt([{ ...day, startSchedule: null }], NOON + HOUR)).toBe(10)
  })

  test('the startSchedule of a relative one says nothing (§7.13: "of an absolute schedule")', () => {
    const transaction = { startedAt: NOON + 5 * HOUR, csmsTransactionId: null }
    expect(ampsAt([{ ...day, kind: 'relative' }], NOON + 5 * HOUR, { transaction })).toBe(16)
  })

  test('§5.16.4: periods after the duration are not executed, a longer duration keeps the last period', () => {
    const short = { ...day, durationSeconds: 1800 }
    expect(ampsAt([short], NOON + HOUR / 2 - 1)).toBe(16)
    expect(ampsAt([short], NOON + HOUR)).toBeNull()
    expect(ampsAt([{ ...day, durationSeconds: 86_400 }], NOON + DAY - 1)).toBe(10)
  })

  test('§3.13.2: until validFrom is reached there is default behaviour, also for a newer profile', () => {
    const later = profile(20, { id: 2, stackLevel: 1, validFrom: NOON + HOUR })
    expect(ampsAt([profile(10), later], NOON)).toBe(10)
    expect(ampsAt([later], NOON)).toBeNull()
  })

  test('errata 3.65: validFrom and validTo count for transaction profiles as well', () => {
    const valid = profile(8, { purpose: 'transaction', id: 2, validTo: NOON + HOUR })
    const stack = [profile(12, { purpose: 'transaction', stackLevel: 0 }), { ...valid, stackLevel: 1 }]
    expect(ampsAt(stack, NOON + HOUR - 1)).toBe(8)
    expect(ampsAt(stack, NOON + HOUR)).toBe(12)
  })

  test('errata 3.56: recurrencyKind of a profile that does not recur says nothing', () => {
    expect(ampsAt([{ ...day, recurrency: 'daily' }], NOON + DAY)).toBeNull()
  })

  test('a night tariff stays at 22:00 local time through a clock change', () => {
    const night = profile(6, {
      kind: 'recurring',
      recurrency: 'daily',
      startSchedule: Date.parse('2026-03-20T22:00:00+01:00'),
      durationSeconds: 8 * 3600,
    })
    const zurich = (time: string): number | null =>
      ampsAt([night], Date.parse(time), { timezone: 'Europe/Zurich', transaction: null })
    expect(zurich('2026-03-28T21:59:59+01:00')).toBeNull()
    expect(zurich('2026-03-28T22:00:00+01:00')).toBe(6)
    // Eight hours are eight hours: that night they end at 07:00 by the new time.
    expect(zurich('2026-03-29T06:59:59+02:00')).toBe(6)
    expect(zurich('2026-03-29T07:00:00+02:00')).toBeNull()
    expect(zurich('2026-03-29T21:59:59+02:00')).toBeNull()
    expect(zurich('2026-03-29T22:00:00+02:00')).toBe(6)
  })

  test('a day of 25 hours: a schedule without duration keeps its last period to the end, one of 24 h leaves a gap', () => {
    const first = Date.parse('2026-10-20T00:00:00+02:00')
    const whole = {
      ...day,
      kind: 'recurring',
      recurrency: 'daily',
      startSchedule: first,
      durationSeconds: null,
    } as const
    const last = Date.parse('2026-10-25T23:30:00+01:00')
    expect(ampsAt([whole], last, { timezone: 'Europe/Zurich' })).toBe(10)
    expect(ampsAt([{ ...whole, durationSeconds: 86_400 }], last, { timezone: 'Europe/Zurich' })).toBeNull()
  })

  test('a relative maximum of the station: no transaction is its start, so the lowest of its limits', () => {
    const maximum = { ...day, purpose: 'station-max', evse: 0, kind: 'relative' } as const
    expect(ampsAt([maximum], NOON - DAY)).toBe(10)
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

  test.each([
    ['as many as the outlet has: W / (V * phases), errata 3.69', 11_040, 3, 3, 16],
    ['more than the outlet has: not reckoned anew, errata 3.34', 11_040, 3, 1, 16],
    ['fewer: no charger here switches, so all that are wired share the W', 3680, 1, 3, 3680 / 690],
    ['not said, three wired: errata 3.69 assumes 3', 11_040, null, 3, 16],
    ['not said, one wired: the W are its own', 3680, null, 1, 16],
  ] as const)('numberPhases %s', (_, limit, phases, wired, amps) => {
    const watts = profile(0, { unit: 'W', periods: [{ startSeconds: 0, limit, phases }] })
    expect(ampsAt([watts], NOON, { supply: { volts: 230, phases: wired } })).toBeCloseTo(amps, 9)
  })

  test.each([1, 2, 3, null])('numberPhases %s does not touch amps: they are of each phase', (phases) => {
    const amps = profile(0, { periods: [{ startSeconds: 0, limit: 16, phases }] })
    expect(limitAt([amps], query(NOON))).toMatchObject({ amps: 16, phases })
  })

  test('a higher voltage gives a lower current', () => {
    expect(ampsAt([profile(11_040, { unit: 'W' })], NOON, { supply: { volts: 240, phases: 3 } })).toBeCloseTo(15.333, 3)
  })

  test('limits in A and W are compared in A', () => {
    const maximum = profile(6900, { id: 5, purpose: 'station-max', unit: 'W' })
    expect(ampsAt([profile(16), maximum], NOON)).toBeCloseTo(10, 9)
    expect(ampsAt([profile(9), maximum], NOON)).toBe(9)
  })
})

const next = (profiles: readonly ChargingProfile[], at: number, changes: Partial<LimitQuery> = {}): number =>
  nextChangeAfter(profiles, query(at, changes))

const whole = (amps: number, changes: Partial<ChargingProfile> = {}): ChargingProfile =>
  profile(amps, { purpose: 'station-max', ...changes })
const end = (profiles: readonly ChargingProfile[]): number | null =>
  stationLimitEnd(profiles, query(NOON, { evse: 0, transaction: null }))

describe('the end of a station’s limit', () => {
  test('none, where it goes on for ever', () => {
    expect(end([whole(40)])).toBeNull()
    expect(end([whole(40, { kind: 'recurring', recurrency: 'daily', durationSeconds: 86_400 })])).toBeNull()
  })

  test('its schedule is over, or says another number', () => {
    const hour = { startSeconds: 3600, limit: 20, phases: null }
    const again = { startSeconds: 1800, limit: 40, phases: null }
    expect(end([whole(40, { durationSeconds: 7200 })])).toBe(NOON + 2 * HOUR)
    expect(end([whole(40, { validTo: NOON + HOUR })])).toBe(NOON + HOUR)
    expect(end([whole(40, { periods: [{ startSeconds: 0, limit: 40, phases: null }, again, hour] })])).toBe(NOON + HOUR)
  })

  test('another profile comes before it', () => {
    expect(end([whole(40), whole(20, { id: 2, stackLevel: 1, startSchedule: NOON + HOUR })])).toBe(NOON + HOUR)
    // not what is below it
    expect(end([whole(40, { stackLevel: 1 }), whole(20, { id: 2, startSchedule: NOON + HOUR })])).toBeNull()
  })
})

describe('nextChangeAfter', () => {
  test('never, without profiles or with a constant one', () => {
    expect(next([], NOON)).toBe(Infinity)
    expect(next([profile(10)], NOON)).toBe(Infinity)
  })

  test('the start, each period, the end', () => {
    const day = profile(0, {
      periods: [
        { startSeconds: 0, limit: 16, phases: null },
        { startSeconds: 3600, limit: 10, phases: 1 },
      ],
      durationSeconds: 7200,
    })
    expect(next([day], NOON - 1)).toBe(NOON)
    expect(next([day], NOON)).toBe(NOON + HOUR)
    expect(next([day], NOON + HOUR)).toBe(NOON + 2 * HOUR)
    expect(next([day], NOON + 2 * HOUR)).toBe(Infinity)
  })

  test('the next local day, also where it has 23 hours', () => {
    const daily = profile(10, { kind: 'recurring', recurrency: 'daily', startSchedule: NOON, durationSeconds: 60 })
    const noonBefore = Date.parse('2026-03-28T13:00:00+01:00')
    expect(next([daily], noonBefore + MINUTE, { timezone: 'Europe/Zurich' })).toBe(noonBefore + 23 * HOUR)
  })

  test('validity', () => {
    const valid = profile(10, { validFrom: NOON + 5, validTo: NOON + 9 })
    expect(next([valid], NOON)).toBe(NOON + 5)
    expect(next([valid], NOON + 5)).toBe(NOON + 9)
  })

  test('what is meant for others changes nothing here', () => {
    expect(next([profile(10, { evse: 2, durationSeconds: 60 })], NOON)).toBe(Infinity)
  })
})
