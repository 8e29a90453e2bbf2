/** When clock-aligned samples are due (OCPP 1.6 §3.16.1): a grid on the wall clock, which may be set at any time. */
import { nextAligned } from './meter-values.ts'

/** The wall clock may be set while we wait for a moment on it: never sleep longer. */
const WALL_SLEEP_MS = 60_000

export class AlignedGrid {
  readonly #now: () => number
  readonly #intervalSeconds: () => number
  #dueAt: number | null = null

  constructor(now: () => number, intervalSeconds: () => number) {
    this.#now = now
    this.#intervalSeconds = intervalSeconds
  }

  /** The interval or the clock has changed. */
  realign(): void {
    this.#dueAt = nextAligned(this.#now(), this.#intervalSeconds())
  }

  /** How long to sleep at most until the grid is looked at again, ms; null: switched off. */
  get waitMs(): number | null {
    return this.#dueAt === null ? null : Math.min(WALL_SLEEP_MS, Math.max(0, this.#dueAt - this.#now()))
  }

  /** The grid moment that has come, once; null: none. */
  take(): number | null {
    const now = this.#now()
    // The wall clock was set back: the grid is taken up where it is now.
    if (this.#dueAt !== null && this.#dueAt - now > this.#intervalSeconds() * 1000) this.realign()
    const at = this.#dueAt
    if (at === null || now < at) return null
    this.realign()
    return at
  }
}
