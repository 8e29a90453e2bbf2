/** Whose turn it is where one request goes at a time: by urgency, each after its pause. Nobody starves. */

import type { Clock } from '../model/clock.ts'
import type { Urgency } from '../model/driver.ts'
import { BridgeError } from '../model/errors.ts'
import { RequestQueue } from './request-queue.ts'

export const QUEUE_LIMIT = 200

interface Waiting {
  readonly urgency: Urgency
  readonly go: () => void
}

export class Turns {
  readonly #url: string
  readonly #clock: Clock
  readonly #queue = new RequestQueue<Waiting>(QUEUE_LIMIT)
  #busy = false
  #endedAt = Number.NEGATIVE_INFINITY

  constructor(url: string, clock: Clock) {
    this.#url = url
    this.#clock = clock
  }

  /** Does `work` when its turn has come. `work` must end soon after `signal` aborts. Throws LINK_OVERLOADED, or the signal's reason. */
  async take<T>(urgency: Urgency, pauseMs: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#turn(urgency, signal)
    try {
      const pause = this.#endedAt + pauseMs - this.#clock.monotonic()
      if (pause > 0) await this.#clock.sleep(Math.ceil(pause), signal)
      return await work()
    } finally {
      this.#endedAt = this.#clock.monotonic()
      this.#next()
    }
  }

  #turn(urgency: Urgency, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      if (!this.#busy) {
        this.#busy = true
        resolve()
        return
      }
      const onAbort = (): void => {
        this.#queue.remove(entry)
        reject(signal.reason)
      }
      const entry: Waiting = {
        urgency,
        go: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      if (this.#queue.push(entry)) signal.addEventListener('abort', onAbort, { once: true })
      else reject(new BridgeError('LINK_OVERLOADED', `${this.#url}: ${QUEUE_LIMIT} requests wait already`))
    })
  }

  #next(): void {
    const next = this.#queue.take(anyone)
    this.#busy = next !== null
    next?.go()
  }
}

function anyone(): boolean {
  return true
}
