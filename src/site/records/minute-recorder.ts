/** One sample per minute and metered circuit of what the building took: how a day is played again with another fuse. */
import type { CircuitLoad } from '../../model/balance-input.ts'
import { PHASES } from '../../model/phase.ts'
import type { PhaseAmps } from '../../model/phase.ts'
import type { SiteSample } from '../../model/site-sample.ts'

const MINUTE_MS = 60_000
/** A value tells of the time since the one before it, but not of a gap. */
const LONGEST_MS = 5_000
/** A minute of which less was seen has no sample: what is missing is not zero. */
const LEAST_MS = 10_000

interface Sums {
  ms: number
  /** A times ms. */
  readonly areas: Record<keyof PhaseAmps, number>
  readonly highest: Record<keyof PhaseAmps, number>
}

export class MinuteRecorder {
  readonly #store: (sample: SiteSample) => void
  #minute: number | null = null
  #lastAt: number | null = null
  #circuits = new Map<string, Sums>()

  /** @param store must not block */
  constructor(store: (sample: SiteSample) => void) {
    this.#store = store
  }

  /** The loads of a tick. @param at monotonic ms @param wallAt wall ms */
  observe(loads: readonly CircuitLoad[], at: number, wallAt: number): void {
    const minute = Math.floor(wallAt / MINUTE_MS) * MINUTE_MS
    // also when the clock was set back: each sample is of one minute
    if (minute !== this.#minute) this.#finish(minute)
    const ms = this.#lastAt === null ? 0 : Math.min(LONGEST_MS, Math.max(0, at - this.#lastAt))
    this.#lastAt = at
    for (const { circuitId, buildingAmps, failSafe } of loads) {
      // with a silent meter it is an assumption
      if (buildingAmps === null || failSafe || !PHASES.every((phase) => Number.isFinite(buildingAmps[phase]))) continue
      const sums = this.#circuits.get(circuitId) ?? noSums()
      this.#circuits.set(circuitId, sums)
      sums.ms += ms
      for (const phase of PHASES) {
        sums.areas[phase] += buildingAmps[phase] * ms
        sums.highest[phase] = Math.max(sums.highest[phase], buildingAmps[phase])
      }
    }
  }

  /** What is known of the minute that is not over. */
  stop(): void {
    this.#finish(null)
  }

  #finish(next: number | null): void {
    const at = this.#minute
    const circuits = this.#circuits
    this.#minute = next
    this.#circuits = new Map()
    if (at === null) return
    for (const [circuitId, { ms, areas, highest }] of circuits) {
      if (ms < LEAST_MS) continue
      const meanAmps = { L1: rounded(areas.L1 / ms), L2: rounded(areas.L2 / ms), L3: rounded(areas.L3 / ms) }
      const highestAmps = { L1: rounded(highest.L1), L2: rounded(highest.L2), L3: rounded(highest.L3) }
      this.#store({ at, circuitId, meanAmps, highestAmps })
    }
  }
}

function noSums(): Sums {
  return { ms: 0, areas: { L1: 0, L2: 0, L3: 0 }, highest: { L1: -Infinity, L2: -Infinity, L3: -Infinity } }
}

function rounded(amps: number): number {
  return Number(amps.toFixed(2))
}
