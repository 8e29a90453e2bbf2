/** A wait that ends early when somebody rings. A ring while nobody waits is kept for the next wait. */
import type { Clock } from '../model/clock.ts'

export class Bell {
  #rung = false
  #end: (() => void) | null = null

  ring(): void {
    this.#rung = true
    this.#end?.()
  }

  /** Resolves when `ms` have passed, the bell rang, or the signal aborted; true when it rang. */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#rung && !signal.aborted && ms > 0) {
      const early = new AbortController()
      const end = (): void => early.abort()
      this.#end = end
      signal.addEventListener('abort', end, { once: true })
      try {
        await clock.sleep(Math.min(ms, LONGEST_TIMER_MS), early.signal)
      } catch (error) {
        if (!early.signal.aborted) throw error
      } finally {
        signal.removeEventListener('abort', end)
        this.#end = null
      }
    }
    const rung = this.#rung
    this.#rung = false
    return rung
  }
}

/** Timers of more than 2^31 ms fire at once. */
const LONGEST_TIMER_MS = 3_600_000
