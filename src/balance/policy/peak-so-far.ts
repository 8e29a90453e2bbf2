/** How high the site's quarter hours have been: a peak that was paid for once costs nothing more. Pure. */
import type { BalanceInput } from '../../model/balance-input.ts'

export interface PeakSoFar {
  readonly since: number
  readonly at: number
  /** Over about a minute: what the site takes now. */
  readonly nowWatts: number
  /** Over about a quarter of an hour. */
  readonly meanWatts: number
  readonly highestWatts: number
}

const NOW_MS = 30_000
const QUARTER_MS = 900_000

/** The metered circuit at the top, or null: then nobody knows the site's peak. */
export function meteredTop({ circuits }: Pick<BalanceInput, 'circuits'>): string | null {
  const tops = circuits.filter(({ parentId }) => parentId === null)
  return tops.length === 1 && tops[0]?.meterId !== null ? (tops[0]?.id ?? null) : null
}

/** A silent meter leaves what was known. */
export function updatePeak(before: PeakSoFar | null, input: BalanceInput, circuitId: string): PeakSoFar | null {
  const { at, circuits, meters, settings } = input
  const meterId = circuits.find(({ id }) => id === circuitId)?.meterId ?? null
  const meter = meters.find((one) => one.meterId === meterId)
  if (meter === undefined || meter.amps === null || at - meter.takenAt > settings.meterStaleMs) return before
  const { L1, L2, L3 } = meter.amps
  const watts = (L1 + L2 + L3) * settings.voltage
  if (before === null) return { since: at, at, nowWatts: watts, meanWatts: watts, highestWatts: watts }
  const passed = Math.max(0, at - before.at)
  const follow = (known: number, tau: number): number => known + (watts - known) * (1 - Math.exp(-passed / tau))
  const meanWatts = follow(before.meanWatts, QUARTER_MS / 2)
  return {
    since: before.since,
    at,
    nowWatts: follow(before.nowWatts, NOW_MS),
    meanWatts,
    highestWatts: Math.max(before.highestWatts, meanWatts),
  }
}
