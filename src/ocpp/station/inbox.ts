/** Polls on their way into the actor. While the ledger is slow, polls that tell the same are merged, so that memory stays bounded. */
import type { EvseState } from '../../model/station.ts'

export interface Observation {
  readonly state: EvseState
  /** When it was made, monotonic ms: a queue of polls must not look like something that came late. */
  readonly at: number
  /** Since when polls have told the same: earlier than `at` where they were merged. */
  readonly since: number
}

const MAX_WAITING = 200

export class Inbox {
  readonly #waiting: Observation[] = []

  /** True when the inbox was empty: somebody must be told to look. */
  put(state: EvseState, at: number): boolean {
    const wasEmpty = this.#waiting.length === 0
    const last = this.#waiting.at(-1)
    const merged = last !== undefined && sameSituation(last.state, state)
    if (merged) this.#waiting.pop()
    this.#waiting.push({ state, at, since: merged ? last.since : at })
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift()
    return wasEmpty
  }

  take(): Observation | undefined {
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
