/** The telegram that came last, and those who wait for the next one. */

import type { Clock } from '../../src/model/clock.ts'
import type { DocumentAnswer } from '../../src/model/driver.ts'
import type { BridgeError } from '../../src/model/errors.ts'
import type { TelegramValues } from './decoder.ts'

/** No honest caller has more questions under way. */
export const WAITING_LIMIT = 200

interface Waiting {
  readonly take: (answer: DocumentAnswer) => void
  readonly fail: (error: BridgeError) => void
}

export class NewestTelegram {
  readonly #clock: Clock
  readonly #keepMs: number
  readonly #waiting = new Set<Waiting>()
  #newest: DocumentAnswer | null = null

  /** @param keepMs an older telegram answers nothing any more: the meter has fallen silent */
  constructor(clock: Clock, keepMs: number) {
    this.#clock = clock
    this.#keepMs = keepMs
  }

  get crowded(): boolean {
    return this.#waiting.size >= WAITING_LIMIT
  }

  came(values: TelegramValues): void {
    const answer = { body: values, at: this.#clock.monotonic() }
    this.#newest = answer
    for (const each of this.#drain()) each.take(answer)
  }

  failAll(error: BridgeError): void {
    for (const each of this.#drain()) each.fail(error)
  }

  /** The newest one, or the next one if it comes within `timeoutMs`; else `late` says what went wrong. */
  async get(timeoutMs: number, signal: AbortSignal, late: () => BridgeError): Promise<DocumentAnswer> {
    signal.throwIfAborted()
    if (this.#newest !== null && this.#clock.monotonic() - this.#newest.at <= this.#keepMs) return this.#newest
    const { promise, resolve, reject } = Promise.withResolvers<DocumentAnswer>()
    const waiting: Waiting = { take: resolve, fail: reject }
    const over = new AbortController()
    this.#waiting.add(waiting)
    this.#clock.sleep(timeoutMs, AbortSignal.any([signal, over.signal])).then(
      () => reject(late()),
      // Either the answer came, or the caller gave up: `reject` does nothing in the first case.
      () => reject(signal.reason),
    )
    try {
      return await promise
    } finally {
      over.abort()
      this.#waiting.delete(waiting)
    }
  }

  #drain(): readonly Waiting[] {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    return waiting
  }
}
