/**
 * Injected time with real sockets: it moves in steps of 10 ms, and between two steps it stands still until all that the step has caused is
 * done. A device's answer therefore takes as long as the device says and never as long as this machine needs, and a run is the same each time.
 */
import type { Clock } from '../../../src/model/clock.ts'

/** The grain at which everything happens and the truth is judged. */
export const GRAIN_MS = 10

interface Sleeper {
  readonly dueAt: number
  readonly order: number
  readonly wake: () => void
}

/** Somebody who sleeps for 0 ms again and again would stop the test's time for ever. */
const STORM = 1000

export class SteppedClock implements Clock {
  readonly #settle: () => Promise<void>
  readonly #sleepers = new Set<Sleeper>()
  #monotonicMs = 0
  #wallMs: number
  #order = 0
  #nextDueAt = Number.POSITIVE_INFINITY

  /** @param settle resolves when nothing is under way any more */
  constructor(settle: () => Promise<void>, startAt: number = Date.parse('2026-03-02T18:00:00Z')) {
    this.#settle = settle
    this.#wallMs = startAt
  }

  now(): number {
    return this.#wallMs
  }

  monotonic(): number {
    return this.#monotonicMs
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const onAbort = (): void => {
        this.#sleepers.delete(sleeper)
        reject(signal.reason)
      }
      const sleeper: Sleeper = {
        dueAt: this.#monotonicMs + Math.max(0, ms),
        order: this.#order++,
        wake: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      this.#sleepers.add(sleeper)
      this.#nextDueAt = Math.min(this.#nextDueAt, sleeper.dueAt)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Lets time pass; `each` plays the world at every step, before anybody wakes. */
  async run(ms: number, each: () => void): Promise<void> {
    const until = this.#monotonicMs + ms
    await this.#wakeDue()
    while (this.#monotonicMs < until) {
      this.#monotonicMs += GRAIN_MS
      this.#wallMs += GRAIN_MS
      each()
      await this.#wakeDue()
    }
  }

  async #wakeDue(): Promise<void> {
    for (let round = 0; this.#nextDueAt <= this.#monotonicMs; round++) {
      if (round > STORM) throw new Error(`timer storm: ${STORM} rounds of sleeps ended at the same moment`)
      for (const sleeper of this.#due()) {
        // An earlier one may have sent this one home.
        if (this.#sleepers.delete(sleeper)) sleeper.wake()
      }
      await this.#settle()
      this.#nextDueAt = Math.min(...[...this.#sleepers].map(({ dueAt }) => dueAt))
    }
  }

  #due(): readonly Sleeper[] {
    return [...this.#sleepers]
      .filter(({ dueAt }) => dueAt <= this.#monotonicMs)
      .toSorted((a, b) => a.dueAt - b.dueAt || a.order - b.order)
  }
}
