/** The time of a station's stamps and schedules: the machine's, corrected by what its CSMS says; the machine's clock is never set. */
import type { Clock } from '../../model/clock.ts'
import { type ClockVerdict, judgeClock } from './csms-clock.ts'

/** Less is no news. */
const NEWS_MS = 1000

export class StationClock {
  readonly #clock: Clock
  #offsetMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Added to the machine's wall time, ms. */
  get offsetMs(): number {
    return this.#offsetMs
  }

  /** Corrected wall time, ms. */
  now(): number {
    return this.#clock.now() + this.#offsetMs
  }

  /** Takes the CSMS's word, within reason. Null: no news. */
  follow(currentTime: number, sentAt: number, receivedAt: number): ClockVerdict | null {
    const verdict = judgeClock(currentTime, sentAt, receivedAt)
    const isNews = Math.abs(verdict.offsetMs - this.#offsetMs) > NEWS_MS
    if (verdict.followed) this.#offsetMs = verdict.offsetMs
    return isNews ? verdict : null
  }
}
