/**
 * Requests that got no good answer, on wires without transaction ids. Their answers may still come, in any order, and one to another
 * request of the same form looks exactly like the right one. So for some seconds the line waits or does not believe; it never guesses.
 */

import { answerProblem, answerSize, isException } from './pdu-answer.ts'
import { encodeRequest, requestSize, type ModbusRequest } from './pdu-request.ts'

/** No answer is expected later than this after its request was sent. */
const WINDOW_MS = 3000
const WINDOW_TIMEOUTS = 4

interface Lost {
  readonly request: ModbusRequest
  /** Answers that may still come, each until the same time (monotonic ms). */
  readonly count: number
  readonly until: number
}

/** When the answer to a request that was sent at `sentAt` is no longer expected. */
export function lateUntil(sentAt: number, timeoutMs: number): number {
  return sentAt + Math.max(WINDOW_MS, WINDOW_TIMEOUTS * timeoutMs)
}

/** Their good answers cannot be told apart by unit, function and size. */
export function alike(one: ModbusRequest, other: ModbusRequest): boolean {
  return one.functionCode === other.functionCode && answerSize(one) === answerSize(other)
}

export function same(one: ModbusRequest, other: ModbusRequest): boolean {
  if (one === other) return true
  const size = requestSize(one)
  if (one.functionCode !== other.functionCode || size !== requestSize(other)) return false
  const bytes = Buffer.alloc(2 * size)
  encodeRequest(one, bytes, 0)
  encodeRequest(other, bytes, size)
  return bytes.subarray(0, size).equals(bytes.subarray(size))
}

function fits(request: ModbusRequest, pdu: Buffer): boolean {
  return isException(request, pdu) || answerProblem(request, pdu) === null
}

export class LateAnswers {
  /** By unit. As many as there can be attempts within one window; a unit without any has no entry. */
  readonly #lost = new Map<number, readonly Lost[]>()

  /** `request` went out and brought no good answer. */
  missed(unit: number, request: ModbusRequest, until: number, now: number): void {
    const living = this.#living(unit, now)
    const known = living.find((lost) => same(lost.request, request))
    const count = (known?.count ?? 0) + 1
    const lost = { request, count, until: Math.max(until, known?.until ?? until) }
    this.#keep(unit, [...living.filter((each) => each !== known), lost])
  }

  /** `request` was answered; when it had been missed before, the answer may be the older one, and its own is still to come. */
  answered(unit: number, request: ModbusRequest, until: number, now: number): void {
    if (!this.#lost.has(unit)) return
    const living = this.#living(unit, now)
    this.#keep(
      unit,
      living.map((lost) => (same(lost.request, request) ? { ...lost, until: Math.max(lost.until, until) } : lost)),
    )
  }

  /** An answer that is not for the request under way: true when a missed one explains it. Only when no two could, it is struck off. */
  claim(unit: number, pdu: Buffer, now: number): boolean {
    const living = this.#living(unit, now)
    const [lost, ...others] = living.filter(({ request }) => fits(request, pdu))
    if (lost === undefined) return false
    if (others.length > 0) return true
    const rest = living.filter((each) => each !== lost)
    this.#keep(unit, lost.count > 1 ? [...rest, { ...lost, count: lost.count - 1 }] : rest)
    return true
  }

  /** Whether `pdu`, which answers `request`, may as well be the late answer to another one. */
  doubtful(unit: number, request: ModbusRequest, pdu: Buffer, now: number): boolean {
    if (!this.#lost.has(unit)) return false
    return this.#living(unit, now).some((lost) => !same(lost.request, request) && fits(lost.request, pdu))
  }

  /** Until when an answer to another request may come that looks like the answer to `request`; -Infinity: there is none. */
  othersUntil(unit: number, request: ModbusRequest): number {
    return this.#until(unit, (lost) => alike(lost.request, request) && !same(lost.request, request))
  }

  /** Until when an earlier answer to `request` itself may come; -Infinity: there is none. */
  ownUntil(unit: number, request: ModbusRequest): number {
    return this.#until(unit, (lost) => same(lost.request, request))
  }

  #until(unit: number, of: (lost: Lost) => boolean): number {
    let until = Number.NEGATIVE_INFINITY
    for (const lost of this.#lost.get(unit) ?? []) if (of(lost)) until = Math.max(until, lost.until)
    return until
  }

  #living(unit: number, now: number): readonly Lost[] {
    return (this.#lost.get(unit) ?? []).filter((lost) => lost.until > now)
  }

  #keep(unit: number, lost: readonly Lost[]): void {
    if (lost.length === 0) this.#lost.delete(unit)
    else this.#lost.set(unit, lost)
  }
}
