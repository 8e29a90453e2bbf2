import type { Clock } from '../model/clock.ts'
import type { Mapping } from './mapping.ts'

/** A box that sleeps does so after this time without a request. */
const FALLS_ASLEEP_MS = 30_000
/** Timers count whole milliseconds. */
const SLACK_MS = 1

/**
 * Which requests a device behind a wire does not hear: those that come before its `pause` is over, and the first one after a long silence
 * where the file asks for more than the usual one `retry`.
 */
export class SimulatedHearing {
  readonly #clock: Clock
  readonly #pauseMs: number
  readonly #sleeps: boolean
  #heardAt = Number.NEGATIVE_INFINITY

  constructor(mapping: Mapping, clock: Clock) {
    this.#clock = clock
    this.#pauseMs = mapping.transport.pauseMs
    this.#sleeps = mapping.transport.retries > 1
  }

  hears(): boolean {
    const now = this.#clock.monotonic()
    const silentMs = now - this.#heardAt
    this.#heardAt = now
    return silentMs >= this.#pauseMs - SLACK_MS && !(this.#sleeps && silentMs > FALLS_ASLEEP_MS)
  }
}
