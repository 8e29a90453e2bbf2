/** The site's tariff windows as prices along the monotonic clock, by local days. Pure. */
import type { PricedFrom } from '../../balance/policy/policy-input.ts'
import type { TariffConfig, TariffWindow } from '../../config/site-config.ts'
import { zoneOffsetMs } from '../../model/local-days.ts'

const MINUTE_MS = 60_000
/** Zones change, and windows are looked at, on quarters of an hour; windows that begin at another minute are found within it. */
const QUARTER_MS = 900_000

export interface TariffClock {
  readonly timezone: string
  /** The same moment: wall ms and monotonic ms. */
  readonly wallAt: number
  readonly at: number
}

/**
 * What holds at `clock.at`, and each change within `aheadMs` (default two days), on the monotonic clock. On the day of a clock change a
 * window follows the wall clock: an hour that is skipped costs nothing, one that comes twice is priced twice. Throws RangeError: no such time zone.
 */
export function pricesAhead(
  { windows }: Pick<TariffConfig, 'windows'>,
  { timezone, wallAt, at }: TariffClock,
  aheadMs = 172_800_000,
): readonly PricedFrom[] {
  const edges = edgeMinutes(windows)
  const prices: PricedFrom[] = []
  let before: number | null = null
  const note = (wall: number, from: number): void => {
    const price = priceAt(windows, wall, timezone)
    if (price === null || price === before) return
    prices.push({ from, price })
    before = price
  }
  note(wallAt, at)
  const first = Math.floor(wallAt / QUARTER_MS) * QUARTER_MS
  for (let quarter = first; quarter <= wallAt + aheadMs; quarter += QUARTER_MS) {
    const minute = minuteOf(quarter, timezone)
    const within = edges.filter((edge) => edge >= minute && edge < minute + QUARTER_MS / MINUTE_MS)
    for (const wall of [quarter, ...within.map((edge) => quarter + (edge - minute) * MINUTE_MS)])
      if (wall > wallAt) note(wall, at + (wall - wallAt))
  }
  return prices
}

/** Per kWh; null: no window holds then (a checked site file has none such). */
export function priceAt(windows: readonly TariffWindow[], wall: number, timezone: string): number | null {
  const local = wall + zoneOffsetMs(wall, timezone)
  const day = new Date(local).getUTCDay()
  const minute = minuteOf(wall, timezone)
  const holds = (window: TariffWindow): boolean =>
    window.days.includes(day) && window.fromMinute <= minute && minute < window.toMinute
  return windows.find(holds)?.price ?? null
}

function minuteOf(wall: number, timezone: string): number {
  const local = new Date(wall + zoneOffsetMs(wall, timezone))
  return local.getUTCHours() * 60 + local.getUTCMinutes()
}

function edgeMinutes(windows: readonly TariffWindow[]): readonly number[] {
  return [...new Set(windows.flatMap(({ fromMinute, toMinute }) => [fromMinute, toMinute % 1440]))].toSorted(
    (a, b) => a - b,
  )
}
