import type { Clock } from '../../model/clock.ts'
import type { Mapping } from '../mapping.ts'

/** A box that sleeps does so after this time without a request. */
const FALLS_ASLEEP_MS = 30_000
/** Timers count whole milliseconds. */
const SLACK_MS = 1

/**
 * What a device behind a wire does not hear: requests that come before its `pause` is over, and the first one after a long silence where
 * the file asks for more than the usual one `retry`. Orders that follow each other within `min_gap` are acknowledged and dropped.
 */
export class SimulatedHearing {
  readonly #clock: Clock
  readonly #pauseMs: number
  readonly #minGapMs: number
  readonly #sleeps: boolean
  #heardAt = Number.NEGATIVE_INFINITY
  #obeyedAt = Number.NEGATIVE_INFINITY

  constructor(mapping: Mapping, clock: Clock) {
    this.#clock = clock
    this.#pauseMs = mapping.transport.pauseMs
    this.#minGapMs = mapping.transport.minGapMs
    this.#sleeps = mapping.transport.retries > 1
  }

  hears(): boolean {
    const now = this.#clock.monotonic()
    const silentMs = now - this.#heardAt
    this.#heardAt = now
    return silentMs >= this.#pauseMs - SLACK_MS && !(this.#sleeps && silentMs > FALLS_ASLEEP_MS)
  }

  /** Whether an order that was heard is carried out. */
  obeys(): boolean {
    const now = this.#clock.monotonic()
    if (now - this.#obeyedAt < this.#minGapMs - SLACK_MS) return false
    this.#obeyedAt = now
    return true
  }
}
