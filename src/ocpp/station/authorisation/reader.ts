/** A card reader that is polled: tells a card that is shown from one that is still there. */
import { sameToken } from '../session/same-token.ts'

/** A tag that vanishes for less than this was never taken away: readers blink. */
const SAME_PRESENTATION_MS = 5_000

/** Monotonic ms: from when to when polls have told this. */
export interface Seen {
  readonly since: number
  readonly at: number
}

export class CardReader {
  #tag: string | null = null
  #seenAt = 0
  #read = false

  /**
   * Whether `tag` is presented anew; also with several EVSEs that show the same reader.
   * @param inSession a session is under way, or a car stays from one that ended: what the reader shows when we come up belongs to it
   */
  presents(tag: string | null, { since, at }: Seen, inSession: boolean): boolean {
    const first = !this.#read
    this.#read = true
    if (tag === null) return false
    const again = this.#tag !== null && sameToken(this.#tag, tag) && since - this.#seenAt < SAME_PRESENTATION_MS
    this.#tag = tag
    this.#seenAt = at
    return !again && !(first && inSession)
  }
}
