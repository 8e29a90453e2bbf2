/** One wake-up call per link instead of a timer per request: a later deadline costs nothing, only an earlier one restarts the sleep. */

import type { Clock } from '../../src/model/clock.ts'

export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #at = Number.POSITIVE_INFINITY
  #sleep: AbortController | null = null

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Rings at the latest at `at` (monotonic ms). It may ring earlier and for nothing: the listener looks what is due and sets it again. */
  wakeBy(at: number): void {
    if (at >= this.#at) return
    this.#sleep?.abort()
    const sleep = new AbortController()
    this.#sleep = sleep
    this.#at = at
    // Timers count whole milliseconds and cut the rest off.
    const delay = Math.max(0, Math.ceil(at - this.#clock.monotonic()))
    this.#clock.sleep(delay, sleep.signal).then(
      () => {
        if (this.#sleep !== sleep) return
        this.#sleep = null
        this.#at = Number.POSITIVE_INFINITY
        this.#ring()
      },
      () => {
        // Aborted by an earlier wake-up or by close().
      },
    )
  }

  /** It never rings again, whatever is asked of it. */
  close(): void {
    this.#sleep?.abort()
    this.#sleep = null
    this.#at = Number.NEGATIVE_INFINITY
  }
}
