/** Energy of the running quarter hour (of wall time, as the grid operator bills it) at one meter. Pure. */

export const QUARTER_MS = 900_000
/** A value stands for no longer than this; what is longer is not known. */
const LONGEST_MS = 15_000

export interface QuarterHour {
  /** Wall ms of its beginning. */
  readonly start: number
  /** Of the part that is known. */
  readonly wattMs: number
  readonly knownMs: number
  /** Monotonic ms of the last look, and what the meter showed then; null: it was silent. */
  readonly seenAt: number
  readonly watts: number | null
}

/** @param watts at the meter now, positive towards the building; null: nobody knows */
export function observeQuarter(
  before: QuarterHour | null,
  { wallAt, at, watts }: { readonly wallAt: number; readonly at: number; readonly watts: number | null },
): QuarterHour {
  const start = Math.floor(wallAt / QUARTER_MS) * QUARTER_MS
  const fresh = before === null || before.start !== start
  const passed = before === null ? 0 : Math.max(0, at - before.seenAt)
  // What stood at the turn of the quarter hour counts only from there.
  const ms = Math.min(passed, fresh ? wallAt - start : passed, LONGEST_MS)
  const stood = before?.watts ?? null
  return {
    start,
    wattMs: (fresh ? 0 : before.wattMs) + (stood === null ? 0 : stood * ms),
    knownMs: (fresh ? 0 : before.knownMs) + (stood === null ? 0 : ms),
    seenAt: at,
    watts,
  }
}

/**
 * The mean that the quarter hour is heading for if all stays as it is; null while the meter is silent.
 * What was not seen of it counts as what is seen now or as the mean of what was seen, whichever is more: it was hardly nothing.
 */
export function headingFor(quarter: QuarterHour, wallAt: number): number | null {
  if (quarter.watts === null) return null
  const leftMs = QUARTER_MS - elapsedMs(quarter, wallAt)
  return (energySoFar(quarter, wallAt, quarter.watts) + quarter.watts * leftMs) / QUARTER_MS
}

/** The power that may be taken for the rest of the quarter hour so that its mean stays at `targetWatts`; null while the meter is silent. */
export function allowedForRest(quarter: QuarterHour, targetWatts: number, wallAt: number): number | null {
  if (quarter.watts === null) return null
  const leftMs = Math.max(LONGEST_MS, QUARTER_MS - elapsedMs(quarter, wallAt))
  return (targetWatts * QUARTER_MS - energySoFar(quarter, wallAt, quarter.watts)) / leftMs
}

function energySoFar(quarter: QuarterHour, wallAt: number, watts: number): number {
  const { wattMs, knownMs } = quarter
  const unseenMs = Math.max(0, elapsedMs(quarter, wallAt) - knownMs)
  return wattMs + unseenMs * Math.max(watts, knownMs > 0 ? wattMs / knownMs : watts)
}

function elapsedMs({ start }: QuarterHour, wallAt: number): number {
  return Math.min(QUARTER_MS, Math.max(0, wallAt - start))
}
