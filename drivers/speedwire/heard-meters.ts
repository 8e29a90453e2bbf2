/** Which meters are heard, what each said last, and those who wait for one. */

import type { Clock } from '../../src/model/clock.ts'
import type { DocumentAnswer } from '../../src/model/driver.ts'
import type { BridgeError } from '../../src/model/errors.ts'
import type { TelegramValues } from './datagram.ts'

/** No honest caller has more questions under way. */
export const WAITING_LIMIT = 200
/** Meters of one network; who sends under more serial numbers is none. */
const METERS_LIMIT = 64
/** They send each second or more often; one that has not been heard for so long is silent. */
const KEEP_MS = 30_000

interface Waiting {
  readonly take: (answer: DocumentAnswer) => void
  readonly fail: (error: BridgeError) => void
}

export class HeardMeters {
  readonly #clock: Clock
  readonly #wanted: number | null
  readonly #meters = new Map<number, DocumentAnswer>()
  readonly #waiting = new Set<Waiting>()

  /** @param wanted serial number; null: any, as long as there is only one */
  constructor(clock: Clock, wanted: number | null) {
    this.#clock = clock
    this.#wanted = wanted
  }

  get crowded(): boolean {
    return this.#waiting.size >= WAITING_LIMIT
  }

  /** Serial numbers that are heard now, in the order of their last datagram. */
  get serials(): readonly number[] {
    this.#forget()
    return [...this.#meters.keys()]
  }

  came(serial: number, values: TelegramValues): void {
    this.#forget()
    this.#meters.delete(serial)
    if (this.#meters.size >= METERS_LIMIT && serial !== this.#wanted) return
    const answer = { body: values, at: this.#clock.monotonic() }
    this.#meters.set(serial, answer)
    if (this.#newest() !== answer) return
    for (const each of this.#drain()) each.take(answer)
  }

  failAll(error: BridgeError): void {
    for (const each of this.#drain()) each.fail(error)
  }

  /** What the meter said last, or says next if that comes within `timeoutMs`; else `late` says what went wrong. */
  async get(timeoutMs: number, signal: AbortSignal, late: () => BridgeError): Promise<DocumentAnswer> {
    signal.throwIfAborted()
    this.#forget()
    const newest = this.#newest()
    if (newest !== null) return newest
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

  /** Null when there is none, and when it is not said which of several is meant: the wrong meter is worse than none. */
  #newest(): DocumentAnswer | null {
    if (this.#wanted !== null) return this.#meters.get(this.#wanted) ?? null
    const [only = null] = this.#meters.values()
    return this.#meters.size === 1 ? only : null
  }

  #forget(): void {
    const oldest = this.#clock.monotonic() - KEEP_MS
    for (const [serial, { at }] of this.#meters) if (at < oldest) this.#meters.delete(serial)
  }

  #drain(): readonly Waiting[] {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    return waiting
  }
}
