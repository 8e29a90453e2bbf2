import { describe, expect, test } from 'vitest'
import { allowedForRest, headingFor, observeQuarter, type QuarterHour } from '../../../src/site/policy/quarter-hour.ts'

/** Wall time of a quarter hour's beginning; the monotonic clock shows 0 then. */
const NOON = Date.parse('2026-11-22T12:00:00Z')
const MINUTE = 60_000

/** A meter looked at every 10 s from `from` to `to` (minutes after noon). */
function looked(from: number, to: number, watts: number | null, before: QuarterHour | null = null): QuarterHour {
  let quarter = before
  for (let at = from * MINUTE; at <= to * MINUTE; at += 10_000)
    quarter = observeQuarter(quarter, { wallAt: NOON + at, at, watts })
  if (quarter === null) throw new Error('nothing was looked at')
  return quarter
}

describe('the running quarter hour', () => {
  test('heads for what is there if nothing changes', () => {
    expect(headingFor(looked(0, 5, 60_000), NOON + 5 * MINUTE)).toBeCloseTo(60_000)
  })

  test('weighs what was before: 5 minutes at 120 kW, then 60 kW', () => {
    const quarter = looked(5, 6, 60_000, looked(0, 5, 120_000))
    expect(headingFor(quarter, NOON + 6 * MINUTE)).toBeCloseTo((5 * 120_000 + 10 * 60_000) / 15, -3)
  })

  test('leaves for the rest what the target has left', () => {
    // 5 of 15 minutes at 60 kW; a mean of 120 kW leaves 150 kW for the other ten
    expect(allowedForRest(looked(0, 5, 60_000), 120_000, NOON + 5 * MINUTE)).toBeCloseTo(150_000, -3)
  })

  test('may leave less than nothing', () => {
    expect(allowedForRest(looked(0, 12, 200_000), 120_000, NOON + 12 * MINUTE)).toBeLessThan(0)
  })

  test('begins anew with each quarter hour', () => {
    const quarter = looked(15, 16, 30_000, looked(0, 14.9, 200_000))
    expect(headingFor(quarter, NOON + 16 * MINUTE)).toBeLessThan(40_000)
  })

  test('a silent meter tells nothing, and a part not seen is not nothing', () => {
    const silent = looked(5, 10, null, looked(0, 5, 60_000))
    expect(headingFor(silent, NOON + 10 * MINUTE)).toBeNull()
    expect(allowedForRest(silent, 120_000, NOON + 10 * MINUTE)).toBeNull()
    const again = looked(10, 10, 20_000, silent)
    // the five minutes that nobody saw count as the mean before, not as 0 and not as the 20 kW of now
    expect(headingFor(again, NOON + 10 * MINUTE)).toBeCloseTo((10 * 60_000 + 5 * 20_000) / 15, -3)
  })

  test('a bridge that starts within a quarter hour takes what it sees for what was', () => {
    expect(headingFor(looked(9, 10, 90_000), NOON + 10 * MINUTE)).toBeCloseTo(90_000)
  })

  test('feeding in lowers the mean', () => {
    expect(headingFor(looked(0, 5, -30_000), NOON + 5 * MINUTE)).toBeCloseTo(-30_000)
  })
})
