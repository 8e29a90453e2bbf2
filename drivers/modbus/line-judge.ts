/**
 * Whether a frame on a wire without transaction ids is the answer to the request under way. Nothing is taken while the answer to another
 * request may come that looks like it: reads wait until none can, writes go out and stay unconfirmed.
 */

import { answerMismatch, LATE } from './answer-judge.ts'
import type { Call } from './call.ts'
import { alike, LateAnswers, lateUntil, same } from './late-answers.ts'
import { isException } from './pdu-answer.ts'
import type { ModbusRequest } from './pdu-request.ts'
import type { UnitPauses } from './unit-pauses.ts'

export class LineJudge {
  readonly #pauses: UnitPauses
  readonly #late = new LateAnswers()

  constructor(pauses: UnitPauses) {
    this.#pauses = pauses
  }

  /** Null: it is the answer to `call`, which was sent at `sentAt`. Else why not: it is to be thrown away, and the answer waited for. */
  judge(call: Call | null, sentAt: number, unit: number, pdu: Buffer, now: number): string | null {
    const problem = call === null ? 'unasked' : answerMismatch(call, unit, pdu)
    if (call === null || problem !== null) {
      if (this.#late.claim(unit, pdu, now)) return LATE
      if (unit !== call?.unit) this.#pauses.distrust(unit, now)
      return problem
    }
    const { request, timing } = call
    if (!this.#late.doubtful(unit, request, pdu, now)) {
      this.#late.answered(unit, request, lateUntil(sentAt, timing.timeoutMs), now)
      return null
    }
    // Two writes to one place have the same answer: when as many came as were sent, ours is among them. Of refusals nothing is known.
    if (!isException(request, pdu)) this.#late.claim(unit, pdu, now)
    return 'an answer that may belong to an earlier request'
  }

  /** The attempt that was sent at `sentAt` ended without a good answer. */
  missed(call: Call, sentAt: number, now: number): void {
    this.#late.missed(call.unit, call.request, lateUntil(sentAt, call.timing.timeoutMs), now)
  }

  /**
   * When the call may go, monotonic ms. A late answer to the same request is an answer to it too, so it need not wait for that; but a new
   * call does when another of its form waits, which would else wait for ever.
   */
  readyAt(call: Call, waiting: () => readonly Call[]): number {
    const { unit, request } = call
    if (isEchoed(request)) return Number.NEGATIVE_INFINITY
    const others = this.#late.othersUntil(unit, request)
    if (call.attempts > 0) return others
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
