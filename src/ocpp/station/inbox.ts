/** Polls on their way into the actor. While the ledger is slow, polls that tell the same are merged, so that memory stays bounded. */
import type { EvseState } from '../../model/station.ts'

const MAX_WAITING = 200

export class Inbox {
  readonly #waiting: EvseState[] = []

  /** True when the inbox was empty: somebody must be told to look. */
  put(state: EvseState): boolean {
    const wasEmpty = this.#waiting.length === 0
    const last = this.#waiting.at(-1)
    if (last !== undefined && sameSituation(last, state)) this.#waiting.pop()
    this.#waiting.push(state)
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift()
    return wasEmpty
  }

  take(): EvseState | undefined {
    return this.#waiting.shift()
  }
}

function sameSituation(one: EvseState, other: EvseState): boolean {
  return (
    one.online === other.online &&
    one.quality === other.quality &&
    one.pilot === other.pilot &&
    one.tag === other.tag &&
    one.fault?.code === other.fault?.code
  )
}
