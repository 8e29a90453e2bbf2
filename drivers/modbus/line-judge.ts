/**
 * Whether a frame on a wire without transaction ids is the answer to the request under way. Nothing is taken while the answer to another
 * request may come that looks like it: reads wait until none can, writes go out and stay unconfirmed.
 */

import type { Exchange } from './exchange.ts'
import { alike, LateAnswers, lateUntil, same } from './late-answers.ts'
import { answerProblem, isException } from './pdu-answer.ts'
import type { ModbusRequest } from './pdu-request.ts'

export type Verdict = 'take' | 'late' | 'foreign' | 'wrong' | 'doubt'

export class LineJudge {
  readonly #late = new LateAnswers()

  /** Anything but `take` is thrown away, and the link listens on; `wrong` of the exchange says why. */
  judge(flight: Exchange | null, unit: number, pdu: Buffer, now: number): Verdict {
    if (flight === null || unit !== flight.unit) {
      if (this.#late.claim(unit, pdu, now)) return 'late'
      if (flight !== null) flight.wrong = `unit ${unit} answered instead of ${flight.unit}`
      return 'foreign'
    }
    const refusal = isException(flight.request, pdu)
    const problem = refusal ? null : answerProblem(flight.request, pdu)
    if (problem !== null) {
      if (this.#late.claim(unit, pdu, now)) return 'late'
      // The true answer may be behind a copy of an older one: the link listens on until the deadline.
      flight.wrong = problem
      return 'wrong'
    }
    if (!this.#late.doubtful(unit, flight.request, pdu, now)) {
      this.#late.answered(unit, flight.request, lateUntil(flight.sentAt, flight.timing.timeoutMs), now)
      return 'take'
    }
    // Two writes to one place have the same answer: when as many came as were sent, ours is among them. Of refusals nothing is known.
    if (!refusal) this.#late.claim(unit, pdu, now)
    flight.wrong = 'an answer that may belong to an earlier request'
    return 'doubt'
  }

  /** The attempt ended without a good answer. */
  missed(exchange: Exchange, now: number): void {
    const { unit, request, sentAt, timing } = exchange
    this.#late.missed(unit, request, lateUntil(sentAt, timing.timeoutMs), now)
  }

  /**
   * When the exchange may go. A late answer to the same request is an answer to it too, so it need not wait for that; but a new call does
   * when another of its form waits, which would else wait for ever.
   */
  readyAt(exchange: Exchange, waiting: () => readonly Exchange[]): number {
    const { unit, request } = exchange
    if (isEchoed(request)) return Number.NEGATIVE_INFINITY
    const others = this.#late.othersUntil(unit, request)
    if (exchange.attempts > 0) return others
    const own = this.#late.ownUntil(unit, request)
    if (own <= others) return others
    const rival = waiting().some(
      (other) => other.unit === unit && alike(other.request, request) && !same(other.request, request),
    )
    return rival ? own : others
  }
}

/** Its answer carries no values, only what was written. */
function isEchoed(request: ModbusRequest): boolean {
  const { functionCode } = request
  return functionCode === 5 || functionCode === 6 || functionCode === 15 || functionCode === 16 || functionCode === 22
}
