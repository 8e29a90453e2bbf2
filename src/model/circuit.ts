/** A limited branch of the site's wiring. Circuits form a tree whose root has no parent. */
import type { PhaseAmps } from './phase.ts'

export interface Circuit {
  readonly id: string
  readonly parentId: string | null
  /** Fuse or cable limit per phase. */
  readonly limitAmps: PhaseAmps
  /** The meter that sees everything on this circuit (cars and building), or null. */
  readonly meterId: string | null
  /** What the cars below may take together, per phase, when that meter is silent. 0 where there is no meter to miss. */
  readonly failSafeAmps: number
  /** What the cars below may take together, W; null: no such limit. */
  readonly carsMaxWatts: number | null
  /** Highest difference between the phases' car currents below, A (DE 20, AT and CH 16); null: no such limit. */
  readonly unbalanceAmps: number | null
}

/** Whether a circuit is another one or hangs on it. */
export function isBelow(circuitId: string, ancestorId: string, circuits: readonly Circuit[]): boolean {
  const parents = new Map(circuits.map(({ id, parentId }) => [id, parentId]))
  let at: string | null = circuitId
  for (let depth = 0; at !== null && depth <= circuits.length; depth++) {
    if (at === ancestorId) return true
    at = parents.get(at) ?? null
  }
  return false
}
