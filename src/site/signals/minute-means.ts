/** Means over a minute of wall time, weighted by how long each value stood. */
import { everyPhase, type PhaseAmps } from '../../model/phase.ts'
import type { CircuitDraw } from './circuit-draw.ts'

export interface MinuteMean {
  /** Wall ms of the first value. */
  readonly at: number
  readonly seconds: number
  readonly carsWatts: number
  readonly highestCarsWatts: number
  /** Null: for no part of the minute is it known. */
  readonly amps: PhaseAmps | null
  /** All the minute. */
  readonly outranked: boolean
}

const MINUTE_MS = 60_000
/** A value stands for no longer than this: the process may have stood still. */
const LONGEST_MS = 5000

export class MinuteMeans {
  #minute: number | null = null
  #from = 0
  #lastAt: number | null = null
  #ms = 0
  #wattMs = 0
  #highest = 0
  #ampMs = everyPhase(0)
  #ampsKnownMs = 0
  #outranked = true

  /** Whether `wall` (ms) is in another minute than what was added so far. */
  isOver(wall: number): boolean {
    return this.#minute !== null && Math.floor(wall / MINUTE_MS) !== this.#minute
  }

  /** A value that has stood since the one before. @param at monotonic ms */
  add(wall: number, at: number, { carsWatts, amps }: CircuitDraw, outranked: boolean): void {
    if (this.#minute === null) {
      this.#minute = Math.floor(wall / MINUTE_MS)
      this.#from = wall
    }
    const ms = this.#lastAt === null ? 0 : Math.min(LONGEST_MS, at - this.#lastAt)
    this.#lastAt = at
    this.#ms += ms
    this.#wattMs += carsWatts * ms
    this.#highest = Math.max(this.#highest, carsWatts)
    this.#outranked &&= outranked
    if (amps === null) return
    this.#ampsKnownMs += ms
    const { L1, L2, L3 } = this.#ampMs
    this.#ampMs = { L1: L1 + amps.L1 * ms, L2: L2 + amps.L2 * ms, L3: L3 + amps.L3 * ms }
  }

  /** What was added, and begins anew; null: nothing that lasted. */
  take(): MinuteMean | null {
    const ms = this.#ms
    const known = this.#ampsKnownMs
    const { L1, L2, L3 } = this.#ampMs
    const mean =
      ms === 0
        ? null
        : {
            at: this.#from,
            seconds: Math.round(ms / 100) / 10,
            carsWatts: this.#wattMs / ms,
            highestCarsWatts: this.#highest,
            amps: known === 0 ? null : { L1: L1 / known, L2: L2 / known, L3: L3 / known },
            outranked: this.#outranked,
          }
    this.#minute = null
    this.#ms = 0
    this.#wattMs = 0
    this.#highest = 0
    this.#ampMs = everyPhase(0)
    this.#ampsKnownMs = 0
    this.#outranked = true
    return mean
  }
}
