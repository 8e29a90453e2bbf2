/** The time of a station's stamps and schedules: the machine's, corrected by what its CSMS says; the machine's clock is never set. */
import type { Clock } from '../../model/clock.ts'
import { type ClockVerdict, judgeClock, OWN_CLOCK_NOT_BEFORE } from './csms-clock.ts'

/** Less is no news. */
const NEWS_MS = 1000

export class StationClock {
  readonly #clock: Clock
  #offsetMs = 0
  /** Wall minus monotonic time of a machine that came up without a clock; null: it had one. */
  readonly #unsetEpochMs: number | null
  /** From stamps of that time to true ones, ms; null: not known yet. */
  #correctionMs: number | null = null

  constructor(clock: Clock) {
    this.#clock = clock
    const wall = clock.now()
    this.#unsetEpochMs = wall < OWN_CLOCK_NOT_BEFORE ? wall - clock.monotonic() : null
  }

  /** Added to the machine's wall time, ms. */
  get offsetMs(): number {
    return this.#offsetMs
  }

  /** The machine came up without a clock. */
  get wasUnset(): boolean {
    return this.#unsetEpochMs !== null
  }

  /** Corrected wall time, ms. */
  now(): number {
    return this.#clock.now() + this.#offsetMs
  }

  /**
   * A stamp of before the clock was set, as it would be with a clock that is; other stamps as they are. Whether a CSMS or the network set
   * it does not matter: monotonic time ran on. Stamps of an earlier run that had no clock either come out no earlier than this one's.
   */
  trueTime(at: number): number {
    if (this.#unsetEpochMs === null || at >= OWN_CLOCK_NOT_BEFORE) return at
    const now = this.now()
    if (now < OWN_CLOCK_NOT_BEFORE) return at
    // Once: a repeated message must be the same message.
    this.#correctionMs ??= now - this.#clock.monotonic() - this.#unsetEpochMs
    return at + this.#correctionMs
  }

  /** Takes the CSMS's word, within reason. Null: no news. */
  follow(currentTime: number, sentAt: number, receivedAt: number): ClockVerdict | null {
    const verdict = judgeClock(currentTime, sentAt, receivedAt)
    const isNews = Math.abs(verdict.offsetMs - this.#offsetMs) > NEWS_MS
    if (verdict.followed) this.#offsetMs = verdict.offsetMs
    return isNews ? verdict : null
  }
}
