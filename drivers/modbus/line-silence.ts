/** When a line without transaction ids is free: t3.5 after the last byte, theirs or ours. Where nothing is ever told, it always is. */

import { TIMER_SLACK_MS } from './timing.ts'

export class LineSilence {
  readonly #silenceMs: number
  #heardAt = Number.NEGATIVE_INFINITY
  #sendEndsAt = Number.NEGATIVE_INFINITY

  constructor(silenceMs: number) {
    this.#silenceMs = Math.max(0, silenceMs - TIMER_SLACK_MS)
  }

  /** When the last byte came in, monotonic ms. */
  get heardAt(): number {
    return this.#heardAt
  }

  /** Monotonic ms. */
  get freeAt(): number {
    return Math.max(this.#heardAt, this.#sendEndsAt) + this.#silenceMs
  }

  heard(now: number): void {
    this.#heardAt = now
  }

  sentUntil(at: number): void {
    this.#sendEndsAt = at
  }
}
