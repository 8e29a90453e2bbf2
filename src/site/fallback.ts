/** What a silent charger may draw: it counts as drawn until it speaks again. Pure. */
import { highestAmps, type OutletState } from './outlet-state.ts'

export interface FailSafe {
  /** What the charger falls back to by itself, per phase. */
  readonly amps: number
  readonly afterMs: number
}

export interface Fallback {
  readonly amps: number
  /** From when it has fallen back for certain (monotonic ms); until then its last set-point counts too. Null: never. */
  readonly sureAt: number | null
}

/** The charger's own timer and ours may differ by this. */
const MARGIN_MS = 5000

/**
 * A charger without an armed fail-safe keeps its last set-point for ever. One with it falls to the fail-safe current after the
 * time-out, and may let even a car that was paused draw it.
 * @param lastFedAt when its watchdog may have been fed last, monotonic ms
 */
export function fallback(state: OutletState, failSafe: FailSafe | null, lastFedAt: number, maxAmps: number): Fallback {
  if (failSafe !== null) return { amps: failSafe.amps, sureAt: lastFedAt + failSafe.afterMs + MARGIN_MS }
  if (state.confirmedAmps === null) return { amps: maxAmps, sureAt: null }
  return { amps: highestAmps(state) ?? maxAmps, sureAt: null }
}
