/** Whether a frame is the answer to a call. On wires with transaction ids this is all there is to judge; on others see `line-judge`. */

import type { Call } from './call.ts'
import type { Noise } from './framing.ts'
import { answerProblem, answerSize, isException } from './pdu-answer.ts'

/** Begins what is said of an answer to an earlier request: it is thrown away, and nobody is to blame. */
export const LATE = 'late'

/** Why the frame answers something else, or null when unit, function, size and echoed fields fit. */
export function answerMismatch(call: Call, unit: number, pdu: Buffer): string | null {
  if (unit !== call.unit) return `unit ${unit} answered instead of ${call.unit}`
  return isException(call.request, pdu) ? null : answerProblem(call.request, pdu)
}

/** Null: it is the answer to `call`, which was sent as number `expected`. Else why not. */
export function judgeNumbered(
  call: Call | null,
  expected: number,
  unit: number,
  transaction: number,
  pdu: Buffer,
): string | null {
  if (call === null) return `${LATE} or unasked`
  if (transaction !== expected) return `${LATE} or foreign: transaction ${transaction} instead of ${expected}`
  return answerMismatch(call, unit, pdu)
}

/** What to say of bytes that came instead of the answer to `call`, which went out as `frame`, and whether they may have been the answer. */
export function judgeNoise(
  call: Call,
  frame: Buffer,
  noise: Noise,
): { readonly why: string; readonly mayBeAnswer: boolean } {
  const { functionCode } = call.request
  const [unit, head] = noise.head
  const echoed = noise.count === frame.length && unit === call.unit && head === functionCode
  const ours = unit === call.unit && (head & 0x7f) === functionCode
  return {
    why: `${noise.count} broken bytes${echoed ? ': our own request heard back? Then set echo for this bus' : ''}`,
    mayBeAnswer: ours || noise.count >= answerSize(call.request),
  }
}
