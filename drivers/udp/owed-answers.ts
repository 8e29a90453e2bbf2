/**
 * Answers that may still come: to requests that were given up, and to orders that nobody waits for. Datagrams carry no number, so a
 * request whose answer could be mistaken for such a late one waits until it came or is no longer expected.
 */

import type { Datagram } from '../../src/model/driver.ts'

interface Owed {
  readonly request: Datagram
  /** Monotonic ms. */
  readonly until: number
}

const LIMIT = 64

export class OwedAnswers {
  #owed: readonly Owed[] = []

  add(request: Datagram, until: number): void {
    this.#owed = [...this.#owed, { request, until }].slice(-LIMIT)
  }

  /** A datagram came that nobody waited for: the oldest one that it fits is no longer owed. */
  came(text: string): void {
    const paid = this.#owed.find(({ request }) => fits(text, request.match))
    this.#owed = this.#owed.filter((each) => each !== paid)
  }

  /** When no late answer can be taken for one to `request` any more (monotonic ms). The same text again is the same question: its late answer is one to it. */
  clearAt(request: Datagram, now: number): number {
    this.#owed = this.#owed.filter(({ until }) => until > now)
    const alike = this.#owed.filter((each) => each.request.text !== request.text && alikeAnswers(each.request, request))
    return Math.max(now, ...alike.map(({ until }) => until))
  }
}

/** Whether `text` can be the answer to a request with this `match`. */
export function fits(text: string, match: string | null): boolean {
  return match === null || text.includes(match)
}

function alikeAnswers(one: Datagram, other: Datagram): boolean {
  return (
    one.match === null || other.match === null || one.match.includes(other.match) || other.match.includes(one.match)
  )
}
