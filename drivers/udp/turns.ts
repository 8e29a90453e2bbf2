/** Whose turn it is: one request at a time, urgent before normal before slow, each after its pause. Nobody starves. */

import type { Clock } from '../../src/model/clock.ts'
import type { Urgency } from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'

export const QUEUE_LIMIT = 200
const OVERTAKES_MAX = 16
const RANK: Readonly<Record<Urgency, number>> = { urgent: 0, normal: 1, slow: 2 }

interface Waiting {
  readonly rank: number
  readonly go: () => void
}

export class Turns {
  readonly #url: string
  readonly #clock: Clock
  #waiting: readonly Waiting[] = []
  #busy = false
  /** How often the one who waits longest was overtaken. */
  #overtaken = 0
  #endedAt = Number.NEGATIVE_INFINITY

  constructor(url: string, clock: Clock) {
    this.#url = url
    this.#clock = clock
  }

  /** Does `work` when its turn has come. `work` must end soon after `signal` aborts. Throws LINK_OVERLOADED, or the signal's reason. */
  async take<T>(urgency: Urgency, pauseMs: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#turn(RANK[urgency], signal)
    try {
      const pause = this.#endedAt + pauseMs - this.#clock.monotonic()
      if (pause > 0) await this.#clock.sleep(Math.ceil(pause), signal)
      return await work()
    } finally {
      this.#endedAt = this.#clock.monotonic()
      this.#next()
    }
  }

  #turn(rank: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      if (!this.#busy) {
        this.#busy = true
        resolve()
        return
      }
      if (this.#waiting.length >= QUEUE_LIMIT) {
        reject(new BridgeError('LINK_OVERLOADED', `${this.#url}: ${QUEUE_LIMIT} requests wait already`))
        return
      }
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((each) => each !== entry)
        reject(signal.reason)
      }
      const entry: Waiting = {
        rank,
        go: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting = [...this.#waiting, entry]
    })
  }

  #next(): void {
    const [oldest] = this.#waiting
    let next = oldest
    if (this.#overtaken < OVERTAKES_MAX) {
      for (const each of this.#waiting) if (next !== undefined && each.rank < next.rank) next = each
    }
    this.#busy = next !== undefined
    this.#overtaken = next === oldest ? 0 : this.#overtaken + 1
    this.#waiting = this.#waiting.filter((each) => each !== next)
    next?.go()
  }
}
