import { describe, expect, test } from 'vitest'
import { pricesAhead } from '../../../src/site/policy/tariff.ts'

const HOUR = 3_600_000
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]
const NIGHT = { fromMinute: 0, toMinute: 1440, days: EVERY_DAY, price: 0.22 }
const DAY = { fromMinute: 7 * 60, toMinute: 20 * 60, days: [1, 2, 3, 4, 5], price: 0.32 }
const timezone = 'Europe/Zurich'

/** A moment in Zurich, on a monotonic clock that shows 1000 s then. */
const clock = (iso: string) => ({ timezone, wallAt: Date.parse(iso), at: 1_000_000 })
/** Hours from now, and the price. */
const hours = (windows: Parameters<typeof pricesAhead>[0]['windows'], iso: string, aheadMs?: number) =>
  pricesAhead({ windows }, clock(iso), aheadMs).map(({ from, price }) => [(from - 1_000_000) / HOUR, price])

describe('prices ahead', () => {
  test('begin with the one that holds now, and name each change', () => {
    // Monday 2026-11-23, 18:30
    expect(hours([DAY, NIGHT], '2026-11-23T18:30:00+01:00', 30 * HOUR)).toEqual([
      [0, 0.32],
      [1.5, 0.22],
      [12.5, 0.32],
      [25.5, 0.22],
    ])
  })

  test('follow the days of the week', () => {
    // Friday evening: low until Monday morning
    expect(hours([DAY, NIGHT], '2026-11-20T21:00:00+01:00', 60 * HOUR)).toEqual([
      [0, 0.22],
      [58, 0.32],
    ])
  })

  test('the first window that holds counts', () => {
    const dearest = { fromMinute: 17 * 60, toMinute: 19 * 60, days: EVERY_DAY, price: 0.5 }
    expect(hours([dearest, DAY, NIGHT], '2026-11-23T16:00:00+01:00', 5 * HOUR)).toEqual([
      [0, 0.32],
      [1, 0.5],
      [3, 0.32],
      [4, 0.22],
    ])
  })

  test('a window may begin at any minute', () => {
    const odd = { fromMinute: 17 * 60 + 7, toMinute: 17 * 60 + 9, days: EVERY_DAY, price: 0.5 }
    expect(hours([odd, NIGHT], '2026-11-23T17:00:00+01:00', HOUR)).toEqual([
      [0, 0.22],
      [7 / 60, 0.5],
      [9 / 60, 0.22],
    ])
  })

  test('the night of the spring clock change is an hour shorter', () => {
    expect(hours([{ ...DAY, days: EVERY_DAY }, NIGHT], '2026-03-28T20:00:00+01:00', 12 * HOUR)).toEqual([
      [0, 0.22],
      [10, 0.32],
    ])
  })

  test('the night of the autumn clock change is an hour longer', () => {
    expect(hours([{ ...DAY, days: EVERY_DAY }, NIGHT], '2026-10-24T20:00:00+02:00', 13 * HOUR)).toEqual([
      [0, 0.22],
      [12, 0.32],
    ])
  })

  test('a window inside the hour that comes twice is priced twice', () => {
    const odd = { fromMinute: 130, toMinute: 150, days: EVERY_DAY, price: 0.1 }
    expect(hours([odd, NIGHT], '2026-10-25T02:00:00+02:00', 2 * HOUR)).toEqual([
      [0, 0.22],
      [10 / 60, 0.1],
      [0.5, 0.22],
      [1 + 10 / 60, 0.1],
      [1.5, 0.22],
    ])
  })

  test('where no window holds there is no price, and nothing is made up', () => {
    expect(hours([DAY], '2026-11-22T12:00:00+01:00', 10 * HOUR)).toEqual([])
  })

  test('an unknown time zone is an error', () => {
    const nowhere = { timezone: 'Europe/Nowhere', wallAt: 0, at: 0 }
    expect(() => pricesAhead({ windows: [NIGHT] }, nowhere)).toThrow(RangeError)
  })
})
