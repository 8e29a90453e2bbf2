import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChargingProfile } from '../../src/model/charging-profile.ts'
import { compositeSchedule } from '../../src/model/composite-schedule.ts'
import type { CompositeQuery } from '../../src/model/composite-schedule.ts'
import { inUnit, limitAt } from '../../src/model/limit-at.ts'

const NOON = Date.UTC(2026, 2, 2, 12)

const QUERY: CompositeQuery = {
  evse: 1,
  start: NOON,
  durationSeconds: 3600,
  unit: 'A',
  maximumAmps: 32,
  transaction: null,
  supply: { volts: 230, phases: 3 },
}

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

describe('compositeSchedule', () => {
  test('without profiles it is the maximum', () => {
    expect(compositeSchedule([], QUERY)).toEqual({
      evse: 1,
      start: NOON,
      durationSeconds: 3600,
      unit: 'A',
      periods: [{ startSeconds: 0, limit: 32, phases: null }],
    })
  })

  test('a stack with its end', () => {
    expect(compositeSchedule([PROFILE], QUERY).periods).toEqual([
      { startSeconds: 0, limit: 16, phases: null },
      { startSeconds: 600, limit: 10, phases: null },
      { startSeconds: 1200, limit: 32, phases: null },
    ])
  })

  test('a profile above the maximum of the charger is bound by it', () => {
    expect(compositeSchedule([PROFILE], { ...QUERY, maximumAmps: 13 }).periods).toEqual([
      { startSeconds: 0, limit: 13, phases: null },
      { startSeconds: 600, limit: 10, phases: null },
      { startSeconds: 1200, limit: 13, phases: null },
    ])
  })

  test('in watts', () => {
    const { unit, periods } = compositeSchedule([PROFILE], { ...QUERY, unit: 'W', durationSeconds: 60 })
    expect({ unit, periods }).toEqual({ unit: 'W', periods: [{ startSeconds: 0, limit: 11_040, phases: null }] })
  })

  test('a schedule of a lifetime is cut short and says so', () => {
    const daily = { ...PROFILE, kind: 'recurring', recurrency: 'daily' } as const
    const composite = compositeSchedule([daily], { ...QUERY, durationSeconds: 2 ** 31 - 1 })
    expect(composite.periods).toHaveLength(1000)
    expect(composite.durationSeconds).toBeLessThan(2 ** 31 - 1)
    expect(composite.durationSeconds).toBeGreaterThan(300 * 86_400)
  })
})

/** Times around the schedule's window, also between seconds. */
const time = fc.integer({ min: -400_000, max: 400_000 }).map((ms) => NOON + ms)
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { nil: null })

const period = fc.record({
  startSeconds: fc.integer({ min: 0, max: 300 }),
  limit: fc.integer({ min: 0, max: 320 }).map((tenths) => tenths / 10),
  phases: maybe(fc.constantFrom(1, 3)),
})

const anyProfile: fc.Arbitrary<ChargingProfile> = fc
  .record({
    id: fc.integer({ min: 1, max: 20 }),
    evse: fc.constantFrom(0, 1, 1, 2),
    purpose: fc.constantFrom('station-max' as const, 'transaction-default' as const, 'transaction' as const),
    stackLevel: fc.integer({ min: 0, max: 3 }),
    kind: fc.constantFrom('absolute' as const, 'recurring' as const, 'relative' as const),
    recurrency: fc.constantFrom('daily' as const, 'weekly' as const),
    csmsTransactionId: maybe(fc.constantFrom('77', '78')),
    validFrom: maybe(time),
    validTo: maybe(time),
    unit: fc.constantFrom('A' as const, 'W' as const),
    startSchedule: maybe(fc.tuple(time, fc.integer({ min: 0, max: 8 })).map(([at, days]) => at - days * 86_400_000)),
    durationSeconds: maybe(fc.integer({ min: 1, max: 400 })),
    minChargingRate: fc.constant(null),
    periods: fc.uniqueArray(period, { minLength: 1, maxLength: 5, selector: ({ startSeconds }) => startSeconds }),
  })
  .map((profile) => ({
    ...profile,
    evse: profile.purpose === 'station-max' ? 0 : profile.evse,
    periods: profile.periods.toSorted((a, b) => a.startSeconds - b.startSeconds),
  }))

test('the composite schedule says at every second what limitAt says', () => {
  fc.assert(
    fc.property(
      fc.array(anyProfile, { maxLength: 6 }),
      fc.constantFrom('A' as const, 'W' as const),
      maybe(time),
      fc.constantFrom(0, 1, 2),
      (profiles, unit, startedAt, evse) => {
        const transaction = startedAt === null ? null : { startedAt, csmsTransactionId: '77' }
        const query: CompositeQuery = { ...QUERY, evse, unit, transaction, durationSeconds: 330 }
        const composite = compositeSchedule(profiles, query)
        expect(composite.durationSeconds).toBe(330)
        for (let second = 0; second < 330; second++) {
          const limit = limitAt(profiles, { ...query, at: NOON + second * 1000, nextStart: NOON })
          const amps = Math.min(limit?.amps ?? 32, 32)
          const shown = composite.periods.findLast(({ startSeconds }) => startSeconds <= second)
          expect(shown?.limit).toBe(inUnit(amps, unit, query.supply))
          expect(shown?.phases).toBe(limit?.phases ?? null)
        }
      },
    ),
    { numRuns: 300, seed: 1 },
  )
})
