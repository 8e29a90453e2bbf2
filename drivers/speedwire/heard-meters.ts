/** Which meters are heard, and what each said last. */

import type { Clock } from '../../src/model/clock.ts'
import type { DocumentAnswer } from '../../src/model/driver.ts'
import type { TelegramValues } from './datagram.ts'

/** Meters of one network; who sends under more serial numbers is none. */
const METERS_LIMIT = 64
/** They send each second or more often; one that has not been heard for so long is silent. */
const KEEP_MS = 30_000

export class HeardMeters {
  readonly #clock: Clock
  readonly #wanted: number | null
  readonly #meters = new Map<number, DocumentAnswer>()

  /** @param wanted serial number; null: any, as long as there is only one */
  constructor(clock: Clock, wanted: number | null) {
    this.#clock = clock
    this.#wanted = wanted
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
    this.#meters.set(serial, { body: values, at: this.#clock.monotonic() })
  }

  /** What the meter said last. Null when there is none, and when it is not said which of several is meant: the wrong one is worse than none. */
  get newest(): DocumentAnswer | null {
    this.#forget()
    if (this.#wanted !== null) return this.#meters.get(this.#wanted) ?? null
    const [only = null] = this.#meters.values()
    return this.#meters.size === 1 ? only : null
  }

  #forget(): void {
    const oldest = this.#clock.monotonic() - KEEP_MS
    for (const [serial, { at }] of this.#meters) if (at < oldest) this.#meters.delete(serial)
  }
}
