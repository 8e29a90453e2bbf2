/**
 * Memory of requests that got no answer in time, for wires without transaction ids. Their answers may still come, and one of the same
 * function and size looks exactly like the answer to the next request. So, as long as such a ghost may be on its way, an answer that could be its
 * is counted as its, oldest first: devices answer in order. Limits: an answer that is later than the window, that comes twice, or out
 * of order cannot be told.
 */

import { answerProblem, isException } from './pdu-answer.ts'
import { encodeRequest, requestSize, type ModbusRequest } from './pdu-request.ts'

interface Ghost {
  readonly request: ModbusRequest
  readonly until: number
}

const WINDOW_MS = 3000
const WINDOW_TIMEOUTS = 4
/** Per unit; more cannot be on their way within one window. */
const GHOSTS_MAX = 32

/** When the answer to a request that was sent at `sentAt` is no longer expected. */
export function lateUntil(sentAt: number, timeoutMs: number): number {
  return sentAt + Math.max(WINDOW_MS, WINDOW_TIMEOUTS * timeoutMs)
}

export function fits(request: ModbusRequest, pdu: Buffer): boolean {
  return isException(request, pdu) || answerProblem(request, pdu) === null
}

function same(one: ModbusRequest, other: ModbusRequest): boolean {
  if (one === other) return true
  const size = requestSize(one)
  if (one.functionCode !== other.functionCode || size !== requestSize(other)) return false
  const bytes = Buffer.alloc(2 * size)
  encodeRequest(one, bytes, 0)
  encodeRequest(other, bytes, size)
  return bytes.subarray(0, size).equals(bytes.subarray(size))
}

export class LateAnswers {
  readonly #ghosts = new Map<number, Ghost[]>()

  /** `request` went out and its answer may still come. */
  remember(unit: number, request: ModbusRequest, until: number): void {
    const ghosts = this.#ghosts.get(unit) ?? []
    ghosts.push({ request, until })
    if (ghosts.length > GHOSTS_MAX) ghosts.shift()
    this.#ghosts.set(unit, ghosts)
  }

  /** An answer that is not for the request under way: takes it for the oldest ghost it fits; null when it fits none. */
  claim(unit: number, pdu: Buffer, now: number): { readonly until: number } | null {
    const ghosts = this.#living(unit, now)
    const index = ghosts.findIndex((ghost) => fits(ghost.request, pdu))
    const ghost = ghosts[index]
    if (ghost === undefined) return null
    this.#keep(unit, ghosts.slice(index + 1))
    return ghost
  }

  /** Whether an answer that fits `request` may as well be the late one to something else. */
  doubtful(unit: number, request: ModbusRequest, pdu: Buffer, now: number): boolean {
    if (!this.#ghosts.has(unit)) return false
    return this.#living(unit, now).some((ghost) => !same(ghost.request, request) && fits(ghost.request, pdu))
  }

  /** An answer was taken for `request`: what was asked before it can come no more. */
  accept(unit: number, request: ModbusRequest, now: number): void {
    if (!this.#ghosts.has(unit)) return
    const ghosts = this.#living(unit, now)
    const index = ghosts.findIndex((ghost) => same(ghost.request, request))
    const ghost = ghosts[index]
    if (ghost === undefined) this.#ghosts.delete(unit)
    // It may have been the answer to the earlier copy; then the later copy's is still on its way.
    else this.#keep(unit, [...ghosts.slice(index + 1), { request, until: ghost.until }])
  }

  #living(unit: number, now: number): Ghost[] {
    return (this.#ghosts.get(unit) ?? []).filter((ghost) => ghost.until > now)
  }

  #keep(unit: number, ghosts: Ghost[]): void {
    if (ghosts.length === 0) this.#ghosts.delete(unit)
    else this.#ghosts.set(unit, ghosts)
  }
}
