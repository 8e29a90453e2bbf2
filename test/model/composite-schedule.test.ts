import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChargingProfile } from '../../src/model/charging-profile.ts'
import { compositeSchedule } from '../../src/model/composite-schedule.ts'
import type { CompositeOutlet, CompositeQuery } from '../../src/model/composite-schedule.ts'
import { limitAt, nextChangeAfter } from '../../src/model/limit-at.ts'
import type { LimitQuery } from '../../src/model/limit-at.ts'
import { ampsOf, naiveComposite, naiveSession, naiveStation } from './naive-profiles.ts'

const NOON = Date.UTC(2026, 2, 2, 12)
const HOUR = 3_600_000
const DAY = 24 * HOUR

const OUTLET: CompositeOutlet = { evse: 1, transaction: null, maximumAmps: 32, supply: { volts: 230, phases: 3 } }
const OTHER: CompositeOutlet = { ...OUTLET, evse: 2, maximumAmps: 16 }
const ONE_PHASE: CompositeOutlet = { ...OUTLET, evse: 3, supply: { volts: 230, phases: 1 } }

const QUERY: CompositeQuery = { evse: 1, outlets: [OUTLET], start: NOON, durationSeconds: 3600, unit: 'A' }

const PROFILE: ChargingProfile = {
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
  startSchedule: NOON,
  durationSeconds: 1200,
  minChargingRate: null,
  periods: [
    { startSeconds: 0, limit: 16, phases: null },
    { startSeconds: 600, limit: 10, phases: null },
  ],
}
const constant = (limit: number, changes: Partial<ChargingProfile>): ChargingProfile => ({
  ...PROFILE,
  durationSeconds: null,
  periods: [{ startSeconds: 0, limit, phases: null }],
  ...changes,
})
const STATION_MAX = { id: 2, evse: 0, purpose: 'station-max' } as const

const afterNoon = (second: number): LimitQuery => ({ ...OUTLET, at: NOON + second * 1000, nextStart: NOON })

describe('compositeSchedule', () => {
  test('without profiles it is the maximum', () => {
    expect(compositeSchedule([], QUERY)).toEqual({
      evse: 1,
      start: NOON,
      durationSeconds: 3600,
      unit: 'A',
      periods: [{ startSeconds: 0, limit: 32, phases: null }],
      minChargingRate: null,
    })
  })

  test('a stack with its end', () => {
    expect(compositeSchedule([PROFILE], QUERY).periods).toEqual([
      { startSeconds: 0, limit: 16, phases: null },
      { startSeconds: 600, limit: 10, phases: null },
      { startSeconds: 1200, limit: 32, phases: null },
    ])
  })

  test('errata 3.29: second 0 is the moment of the request, in the middle of a period too', () => {
    expect(compositeSchedule([PROFILE], { ...QUERY, start: NOON + 590_000 }).periods).toEqual([
      { startSeconds: 0, limit: 16, phases: null },
      { startSeconds: 10, limit: 10, phases: null },
      { startSeconds: 610, limit: 32, phases: null },
    ])
  })

  test('a profile above the maximum of the charger is bound by it', () => {
    expect(compositeSchedule([PROFILE], { ...QUERY, outlets: [{ ...OUTLET, maximumAmps: 13 }] }).periods).toEqual([
      { startSeconds: 0, limit: 13, phases: null },
      { startSeconds: 600, limit: 10, phases: null },
      { startSeconds: 1200, limit: 13, phases: null },
    ])
  })

  test('§3.13.3: at each time the lowest of the purposes', () => {
    const maximum = constant(13, STATION_MAX)
    expect(compositeSchedule([PROFILE, maximum], QUERY).periods).toEqual([
      { startSeconds: 0, limit: 13, phases: null },
      { startSeconds: 600, limit: 10, phases: null },
      { startSeconds: 1200, limit: 13, phases: null },
    ])
  })

  test('in watts: amps of all phases together', () => {
    const { unit, periods } = compositeSchedule([PROFILE], { ...QUERY, unit: 'W', durationSeconds: 60 })
    expect({ unit, periods }).toEqual({ unit: 'W', periods: [{ startSeconds: 0, limit: 11_040, phases: null }] })
  })

  test.each([1, 3, null])('watts come back as they were set, with numberPhases %s', (phases) => {
    const watts = constant(0, { unit: 'W', periods: [{ startSeconds: 0, limit: 4321.1, phases }] })
    for (const outlet of [OUTLET, { ...ONE_PHASE, evse: 1 }]) {
      const { periods } = compositeSchedule([watts], { ...QUERY, outlets: [outlet], unit: 'W' })
      expect(periods).toEqual([{ startSeconds: 0, limit: 4321.1, phases }])
    }
  })

  test('a schedule of a lifetime is cut short and says so', () => {
    const daily = { ...PROFILE, kind: 'recurring', recurrency: 'daily' } as const
    const composite = compositeSchedule([daily], { ...QUERY, durationSeconds: 2 ** 31 - 1 })
    expect(composite.periods).toHaveLength(1000)
    expect(composite.durationSeconds).toBeLessThan(2 ** 31 - 1)
    expect(composite.durationSeconds).toBeGreaterThan(300 * 86_400)
    // What it says holds to its last second, and changes with the next.
    const last = composite.periods.at(-1)
    expect(limitAt([daily], afterNoon(composite.durationSeconds - 1))?.amps ?? 32).toBe(last?.limit)
    expect(limitAt([daily], afterNoon(composite.durationSeconds))?.amps ?? 32).not.toBe(last?.limit)
  })

  test('of many outlets it is cut sooner: an answer must not hold up the bridge', () => {
    const outlets = Array.from({ length: 32 }, (_, index) => ({ ...OUTLET, evse: index + 1 }))
    const daily = { ...PROFILE, evse: 0, kind: 'recurring', recurrency: 'daily' } as const
    const query = { ...QUERY, evse: 0, outlets, durationSeconds: 2 ** 31 - 1 }
    const { periods, durationSeconds } = compositeSchedule([daily], query)
    expect(periods).toHaveLength(200)
    expect(durationSeconds).toBeGreaterThan(60 * 86_400)
    expect(durationSeconds).toBeLessThan(70 * 86_400)
  })

  test('§7.13: the least charging rate that is of use is told, and raises nothing', () => {
    const wish = { ...PROFILE, minChargingRate: 12 }
    const { periods, minChargingRate } = compositeSchedule([wish], QUERY)
    expect(periods).toEqual(compositeSchedule([PROFILE], QUERY).periods)
    expect(minChargingRate).toBe(12)
    expect(compositeSchedule([wish], { ...QUERY, unit: 'W' }).minChargingRate).toBe(12 * 230 * 3)
  })
})

describe('EVSE 0: what the station expects to take from the grid (§5.7, errata 3.30)', () => {
  const whole: CompositeQuery = { ...QUERY, evse: 0, outlets: [OUTLET, OTHER] }

  test('without profiles: all EVSEs together', () => {
    expect(compositeSchedule([], whole).periods).toEqual([{ startSeconds: 0, limit: 48, phases: null }])
    expect(compositeSchedule([], { ...whole, unit: 'W', outlets: [OUTLET, ONE_PHASE] }).periods).toEqual([
      { startSeconds: 0, limit: 32 * 230 * 4, phases: null },
    ])
  })

  test('each EVSE’s own profiles make the sum lower', () => {
    expect(compositeSchedule([PROFILE], whole).periods).toEqual([
      { startSeconds: 0, limit: 16 + 16, phases: null },
      { startSeconds: 600, limit: 10 + 16, phases: null },
      { startSeconds: 1200, limit: 32 + 16, phases: null },
    ])
  })

  test('the station’s maximum binds when the sum is above it', () => {
    expect(compositeSchedule([PROFILE, constant(30, STATION_MAX)], whole).periods).toEqual([
      { startSeconds: 0, limit: 30, phases: null },
      { startSeconds: 600, limit: 26, phases: null },
      { startSeconds: 1200, limit: 30, phases: null },
    ])
  })

  test('a transaction profile counts for its EVSE alone', () => {
    const running = { ...OTHER, transaction: { startedAt: NOON - HOUR, csmsTransactionId: '7' } }
    const own = constant(8, { purpose: 'transaction', evse: 2, csmsTransactionId: '7' })
    expect(compositeSchedule([own], { ...whole, outlets: [OUTLET, running] }).periods).toEqual([
      { startSeconds: 0, limit: 40, phases: null },
    ])
  })

  test('the station’s maximum in watts', () => {
    const maximum = constant(11_000, { ...STATION_MAX, unit: 'W' })
    expect(compositeSchedule([maximum], { ...whole, unit: 'W' }).periods[0]?.limit).toBe(11_000)
    expect(compositeSchedule([maximum], whole).periods[0]?.limit).toBeCloseTo(11_000 / 690, 9)
  })
})

/** Days on which the clocks change, or just days. */
const CLOCK_CHANGES: readonly (readonly [timezone: string, at: number])[] = [
  ['Europe/Zurich', Date.UTC(2026, 2, 29, 1)],
  ['Europe/Zurich', Date.UTC(2026, 9, 25, 1)],
  ['America/New_York', Date.UTC(2026, 2, 8, 7)],
  ['America/New_York', Date.UTC(2026, 10, 1, 6)],
  ['Australia/Lord_Howe', Date.UTC(2026, 3, 4, 15)],
  ['Australia/Lord_Howe', Date.UTC(2026, 9, 3, 15, 30)],
  ['Asia/Kathmandu', Date.UTC(2026, 2, 29, 1)],
  ['UTC', Date.UTC(2026, 2, 29, 1)],
]

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null })

const after = (moment: number, ms: number | null): number | null => (ms === null ? null : moment + ms)

/** Profiles that have something to say around a moment, to `spreadMs` before and after; also between seconds. */
function profilesAround(moment: number, spreadMs: number): fc.Arbitrary<readonly ChargingProfile[]> {
  const time = fc.oneof(
    fc.integer({ min: -spreadMs, max: spreadMs }),
    fc.integer({ min: -spreadMs / 1000, max: spreadMs / 1000 }).map((seconds) => seconds * 1000),
  )
  const period = fc.record({
    startSeconds: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: Math.ceil(spreadMs / 1000) })),
    limit: fc.oneof(
      fc.integer({ min: 0, max: 320 }).map((tenths) => tenths / 10),
      fc.integer({ min: 0, max: 22_000 }),
    ),
    phases: maybe(fc.constantFrom(1, 2, 3)),
  })
  const profile = fc
    .record({
      id: fc.integer({ min: 1, max: 20 }),
      evse: fc.constantFrom(0, 1, 1, 2),
      purpose: fc.constantFrom('station-max' as const, 'transaction-default' as const, 'transaction' as const),
      stackLevel: fc.integer({ min: 0, max: 3 }),
      kind: fc.constantFrom('absolute' as const, 'recurring' as const, 'recurring' as const, 'relative' as const),
      recurrency: fc.constantFrom('daily' as const, 'weekly' as const),
      csmsTransactionId: maybe(fc.constantFrom('77', '78')),
      validFrom: fc.option(time, { nil: null, freq: 3 }),
      validTo: fc.option(time, { nil: null, freq: 3 }),
      unit: fc.constantFrom('A' as const, 'W' as const),
      startSchedule: maybe(fc.tuple(time, fc.integer({ min: 0, max: 15 })).map(([at, days]) => at - days * DAY)),
      durationSeconds: maybe(
        fc.oneof(fc.integer({ min: 1, max: Math.ceil(spreadMs / 1000) }), fc.integer({ min: 80_000, max: 100_000 })),
      ),
      minChargingRate: maybe(fc.integer({ min: 0, max: 32 })),
      periods: fc.uniqueArray(period, { minLength: 1, maxLength: 5, selector: ({ startSeconds }) => startSeconds }),
    })
    .map((drawn): ChargingProfile => {
      return {
        ...drawn,
        evse: drawn.purpose === 'station-max' ? 0 : drawn.evse,
        validFrom: after(moment, drawn.validFrom),
        validTo: after(moment, drawn.validTo),
        startSchedule: after(moment, drawn.startSchedule ?? (drawn.kind === 'recurring' ? 0 : null)),
        periods: drawn.periods.toSorted((a, b) => a.startSeconds - b.startSeconds),
      }
    })
  return fc.array(profile, { maxLength: 6 })
}

const situation = fc.record({
  unit: fc.constantFrom('A' as const, 'W' as const),
  evse: fc.constantFrom(0, 1, 2, 3),
  startedBeforeMs: maybe(fc.integer({ min: -HOUR, max: 2 * HOUR })),
})

function outletsOf(evse: number, startedAt: number | null): readonly CompositeOutlet[] {
  const transaction = startedAt === null ? null : { startedAt, csmsTransactionId: '77' }
  const all = [{ ...OUTLET, transaction }, OTHER, ONE_PHASE]
  return evse === 0 ? all : all.filter((outlet) => outlet.evse === evse)
}

describe.each(CLOCK_CHANGES)('in %s around %i', (timezone, change) => {
  test('second by second it is what a naive reading of the standard says', () => {
    fc.assert(
      fc.property(
        profilesAround(change, 1.5 * HOUR),
        situation,
        fc.integer({ min: -HOUR, max: HOUR / 2 }),
        (profiles, { unit, evse, startedBeforeMs }, offset) => {
          const start = change + offset
          const outlets = outletsOf(evse, startedBeforeMs === null ? null : start - startedBeforeMs)
          const durationSeconds = 2400
          const composite = compositeSchedule(profiles, { evse, outlets, start, durationSeconds, unit, timezone })
          expect(composite.durationSeconds).toBe(durationSeconds)
          let index = 0
          for (let second = 0; second < durationSeconds; second++) {
            const query = { at: start + second * 1000, nextStart: start, timezone }
            const naive = naiveComposite(profiles, outlets, unit, query)
            if (composite.periods[index + 1]?.startSeconds === second) index++
            const shown = composite.periods[index]
            // Not through expect: half a million of these.
            if (shown === undefined || !near(shown.limit, naive.limit) || shown.phases !== naive.phases)
              expect({ second, ...shown }).toEqual({ second, startSeconds: shown?.startSeconds, ...naive })
          }
          expect(index).toBe(composite.periods.length - 1)
        },
      ),
      { numRuns: 40, seed: 1 },
    )
  })

  test('over days, at each of its changes and in between', () => {
    fc.assert(
      fc.property(
        profilesAround(change, 30 * HOUR),
        situation,
        fc.array(fc.integer({ min: 0, max: 3 * 86_400 - 1 }), { maxLength: 40 }),
        (profiles, { unit, evse, startedBeforeMs }, others) => {
          const start = change - 36 * HOUR
          const outlets = outletsOf(evse, startedBeforeMs === null ? null : start - startedBeforeMs)
          const durationSeconds = 3 * 86_400
          const { periods } = compositeSchedule(profiles, { evse, outlets, start, durationSeconds, unit, timezone })
          const seconds = periods.flatMap(({ startSeconds }) => [startSeconds - 1, startSeconds, startSeconds + 1])
          for (const second of [...seconds, ...others].filter((one) => one >= 0 && one < durationSeconds)) {
            const naive = naiveComposite(profiles, outlets, unit, {
              at: start + second * 1000,
              nextStart: start,
              timezone,
            })
            const shown = periods.findLast(({ startSeconds }) => startSeconds <= second)
            expect(shown?.limit).toBeCloseTo(naive.limit, 6)
            expect(shown?.phases).toBe(naive.phases)
          }
        },
      ),
      { numRuns: 60, seed: 2 },
    )
  })

  test('nothing changes before nextChangeAfter, and no limit is above any profile that applies', () => {
    fc.assert(
      fc.property(
        profilesAround(change, 30 * HOUR),
        maybe(fc.integer({ min: -30 * HOUR, max: 30 * HOUR })),
        fc.integer({ min: -30 * HOUR, max: 30 * HOUR }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 10, maxLength: 30 }),
        (profiles, started, offset, places) => {
          const [outlet = OUTLET] = outletsOf(1, started === null ? null : change + started)
          const query = { ...outlet, at: change + offset, nextStart: change, timezone }
          const before = limitAt(profiles, query)
          const next = Math.min(nextChangeAfter(profiles, query), query.at + 3 * DAY)
          expect(next).toBeGreaterThan(query.at)
          for (const place of [...places, 1]) {
            const at = Math.min(next - 1, query.at + Math.floor(place * (next - query.at)))
            const limit = limitAt(profiles, { ...query, at })
            expect(limit).toEqual(before)
            const naive = [naiveSession, naiveStation].map((holding) => holding(profiles, outlet, { ...query, at }))
            for (const holding of naive)
              if (holding !== null)
                expect(limit?.amps).toBeLessThanOrEqual(ampsOf(holding.period, holding.profile.unit, 230, 3) + 1e-9)
            expect(limit === null).toBe(naive.every((holding) => holding === null))
          }
        },
      ),
      { numRuns: 100, seed: 3 },
    )
  })
})

function near(one: number, other: number): boolean {
  return Math.abs(one - other) < 1e-6
}
