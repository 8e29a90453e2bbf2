/** When a device may have heard us last, answered or not: one that still hears us is fed by it, though we no longer hear the device. */
import type { Clock } from '../../model/clock.ts'
import { isBridgeError } from '../../model/errors.ts'

/** Monotonic ms. `write`: an order or keep-alive; `any`: a read as well. */
export interface MayHaveHeard {
  readonly any: number
  readonly write: number
}

export class Reach {
  readonly #clock: Clock
  #mayHaveHeardAt: MayHaveHeard = { any: Number.NEGATIVE_INFINITY, write: Number.NEGATIVE_INFINITY }

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get mayHaveHeardAt(): MayHaveHeard {
    return this.#mayHaveHeardAt
  }

  /** Passes the request's outcome on, and notes when it ended, unless it certainly did not get there. */
  async asking<Value>(kind: keyof MayHaveHeard, request: Promise<Value>): Promise<Value> {
    let reached = true
    try {
      return await request
    } catch (error) {
      reached = !isBridgeError(error, 'LINK_UNREACHABLE')
      throw error
    } finally {
      const any = this.#clock.monotonic()
      if (reached) this.#mayHaveHeardAt = { any, write: kind === 'write' ? any : this.#mayHaveHeardAt.write }
    }
  }
}
