/** Whether the device can be reached; after a failure, when it is tried again: back-off with jitter. */

import type { Clock } from '../../src/model/clock.ts'
import type { LinkState } from '../../src/model/driver.ts'
import { backOffMs } from '../../src/wire/back-off.ts'

const BACK_OFF = { firstMs: 250, limitMs: 5000 }

export class Reach {
  readonly #clock: Clock
  readonly #random: () => number
  #state: LinkState = 'waiting'
  #failures = 0
  /** It was reached once. */
  #met = false
  #notBefore = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock
    this.#random = random
  }

  get state(): LinkState {
    return this.#state
  }

  /** How long the next attempt has to wait, ms. */
  get waitMs(): number {
    return Math.max(0, Math.ceil(this.#notBefore - this.#clock.monotonic()))
  }

  trying(): void {
    if (this.#state === 'waiting') this.#state = 'connecting'
  }

  /** A connection was made, whatever came of it. True when the device had been away. */
  reached(): boolean {
    const again = this.#failures > 0 && this.#met
    this.#met = true
    this.#failures = 0
    if (this.#state !== 'closed') this.#state = 'open'
    return again
  }

  failed(): void {
    this.#notBefore = this.#clock.monotonic() + backOffMs(BACK_OFF, this.#failures, this.#random)
    this.#failures += 1
    if (this.#state !== 'closed') this.#state = 'waiting'
  }

  close(): void {
    this.#state = 'closed'
  }
}
