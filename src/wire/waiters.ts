/** Those who wait for something that comes by itself, or not at all. */

import type { Clock } from '../model/clock.ts'
import { within } from './waiting.ts'

export class Waiters<T> {
  readonly #clock: Clock
  readonly #waiting = new Set<PromiseWithResolvers<T>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#waiting.size
  }

  /** What comes next, or null when nothing does within `timeoutMs`. Rejects with the error of `fail`, or the signal's reason. */
  async next(timeoutMs: number, signal: AbortSignal): Promise<T | null> {
    const waiter = Promise.withResolvers<T>()
    this.#waiting.add(waiter)
    try {
      return await within(this.#clock, timeoutMs, signal, waiter.promise)
    } finally {
      this.#waiting.delete(waiter)
    }
  }

  came(value: T): void {
    for (const waiter of this.#waiting) waiter.resolve(value)
    this.#waiting.clear()
  }

  fail(error: Error): void {
    for (const waiter of this.#waiting) waiter.reject(error)
    this.#waiting.clear()
  }
}
