/** What a silent charger may draw: it counts as drawn until it speaks again. Pure. */
import { highestAmps, type OutletState } from './outlet-state.ts'

export interface FailSafe {
  /** What the charger falls back to by itself, per phase. */
  readonly amps: number
  readonly afterMs: number
}

/** The charger's own timer and ours may differ by this. */
const MARGIN_MS = 5000

/**
 * Amps per phase of a charger that has been silent for `silentMs`.
 * Without an armed fail-safe the last set-point stays in force for ever; with one it may hold until the time-out, and then the
 * fail-safe current flows, even into a car that was paused.
 */
export function fallbackAmps(state: OutletState, failSafe: FailSafe | null, silentMs: number, maxAmps: number): number {
  const last = Math.max(highestAmps(state) ?? maxAmps, state.confirmedAmps === null ? maxAmps : 0)
  if (failSafe === null) return last
  if (silentMs < failSafe.afterMs + MARGIN_MS) return Math.max(last, failSafe.amps)
  return failSafe.amps
}
