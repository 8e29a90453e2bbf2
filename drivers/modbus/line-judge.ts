/** Whether a frame on a wire without transaction ids is the answer to the request under way. */

import type { Exchange } from './exchange.ts'
import { LateAnswers, lateUntil, strangers } from './late-answers.ts'
import { answerProblem, isException } from './pdu-answer.ts'

/** How long to listen for a second answer after one that may be a ghost's. */
const DOUBT_MS = 50
/** Reads of a value in doubt before its ghosts are waited out. */
const DOUBT_SENDS_MAX = 4
/** Free reads of one request, before doubt counts like a wrong answer. */
const DOUBTS_MAX = 8

export type Verdict = 'take' | 'late' | 'foreign' | 'wrong' | 'doubt'

export class LineJudge {
  readonly #late = new LateAnswers()

  /** Anything but `take` is thrown away; `wrong` of the exchange says why. The exchange's deadline may come nearer. */
  judge(flight: Exchange | null, unit: number, pdu: Buffer, now: number): Verdict {
    if (flight === null || unit !== flight.unit) {
      if (this.#late.claim(unit, pdu, now)) return 'late'
      if (flight !== null) flight.wrong = `unit ${unit} answered instead of ${flight.unit}`
      return 'foreign'
    }
    const problem = isException(flight.request, pdu) ? null : answerProblem(flight.request, pdu)
    if (problem === null) return this.#weigh(flight, pdu, now)
    if (this.#late.claim(unit, pdu, now)) return 'late'
    // The true answer may be behind a copy of an older one: the link listens on until the deadline.
    flight.wrong = problem
    return 'wrong'
  }

  /**
   * Takes a fitting answer at once when no ghost could have sent it. Else it is a candidate: the ghosts together can send the same words
   * only as often as there are ghosts, so one time more proves them ours.
   */
  #weigh(flight: Exchange, pdu: Buffer, now: number): Verdict {
    const rivals = this.#late.rivals(flight.unit, pdu, now)
    const foreign = strangers(rivals, flight.request).length
    if (foreign === 0) return 'take'
    flight.candidates = [...flight.candidates, Buffer.from(pdu)]
    if (flight.candidates.filter((candidate) => candidate.equals(pdu)).length > foreign) {
      this.settle(flight, now)
      return 'take'
    }
    flight.wrong = 'an answer that may belong to an earlier request'
    const allHere = flight.candidates.length >= rivals.length + flight.sends
    const wait = allHere ? 0 : Math.max(DOUBT_MS, 2 * (now - flight.sentAt))
    flight.deadline = Math.min(flight.deadline, now + wait)
    return 'doubt'
  }

  /** The exchange is over, one way or the other: ghosts that did not come stay, and its own repeated frames may have become some. */
  settle(exchange: Exchange, now: number): void {
    const { unit, candidates, sends, request } = exchange
    if (candidates.length === 0) return
    const rivals = [...new Set(candidates.flatMap((pdu) => this.#late.rivals(unit, pdu, now)))]
    // Answers beyond our own number must be ghosts' that came; which ones, and whether one of ours is among the missing, nobody knows.
    const came = Math.max(0, candidates.length - sends)
    this.#late.replace(unit, rivals, rivals.length - came, [request], now)
    for (let missing = sends - candidates.length; missing > 0; missing -= 1) this.#remember(exchange)
    exchange.candidates = []
    exchange.sends = 0
  }

  /** The exchange went out and the connection ended under it. */
  lost(exchange: Exchange, now: number): void {
    if (exchange.candidates.length === 0) this.#remember(exchange)
    else this.settle(exchange, now)
    exchange.sends = 0
  }

  /** The deadline of an attempt passed. Decides whether a doubt goes on; reading once more is free then, a write is repeated only as far as the caller allows. */
  expired(flight: Exchange, now: number): void {
    if (flight.candidates.length === 0) {
      this.#remember(flight)
      flight.sends = 0
      return
    }
    const rivals = new Set(flight.candidates.flatMap((pdu) => this.#late.rivals(flight.unit, pdu, now)))
    const readable = flight.request.functionCode <= 4
    flight.doubts += 1
    // The caller must not wait for ever for a device that answers late again and again.
    if (readable && flight.doubts <= DOUBTS_MAX) flight.attempts -= 1
    const allHere = flight.candidates.length >= rivals.size + flight.sends
    const hopeless = readable && flight.sends >= DOUBT_SENDS_MAX
    const over = flight.settled || flight.attempts > flight.timing.retries
    // A value that differs each time proves nothing: it waits until no ghost can come any more.
    if (hopeless && !allHere) flight.notBefore = Math.max(now, ...[...rivals].map((ghost) => ghost.until))
    if (allHere || hopeless || over) this.settle(flight, now)
  }

  #remember(exchange: Exchange): void {
    this.#late.remember(exchange.unit, exchange.request, lateUntil(exchange.sentAt, exchange.timing.timeoutMs))
  }
}
