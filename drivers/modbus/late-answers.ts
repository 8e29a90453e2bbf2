/**
 * Memory of requests that got no answer in time, for wires without transaction ids. Their answers may still come, in any order, and one of
 * the same function and size looks exactly like the answer to the next request. While such a ghost may be on its way, an answer
 * counts only when it came in the same words more often than there are ghosts, or when all that can come has come. Limits, which no
 * one can pass without ids: an answer later than the window, or one that comes twice while the next request of its form waits.
 */

import { answerProblem, isException } from './pdu-answer.ts'
import { encodeRequest, requestSize, type ModbusRequest } from './pdu-request.ts'

/** One answer that may still come, to one of these requests. */
export interface Ghost {
  readonly requests: readonly ModbusRequest[]
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

function fits(request: ModbusRequest, pdu: Buffer): boolean {
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

/** The requests of all ghosts, each once. */
function union(ghosts: readonly Ghost[], more: readonly ModbusRequest[]): readonly ModbusRequest[] {
  const all: ModbusRequest[] = []
  for (const request of [...ghosts.flatMap((ghost) => ghost.requests), ...more]) {
    if (!all.some((known) => same(known, request))) all.push(request)
  }
  return all
}

export class LateAnswers {
  readonly #ghosts = new Map<number, readonly Ghost[]>()

  /** `request` went out and its answer may still come. */
  remember(unit: number, request: ModbusRequest, until: number): void {
    this.#keep(unit, [...(this.#ghosts.get(unit) ?? []), { requests: [request], until }])
  }

  /** An answer that is for no request under way: true when a ghost explains it, which is then gone. */
  claim(unit: number, pdu: Buffer, now: number): boolean {
    const rivals = this.rivals(unit, pdu, now)
    if (rivals.length === 0) return false
    // Which of them it was nobody knows: the others may be any of them.
    this.replace(unit, rivals, rivals.length - 1, [], now)
    return true
  }

  /** The ghosts that `pdu` may come from. */
  rivals(unit: number, pdu: Buffer, now: number): readonly Ghost[] {
    if (!this.#ghosts.has(unit)) return []
    return this.#living(unit, now).filter((ghost) => ghost.requests.some((request) => fits(request, pdu)))
  }

  /** Puts `missing` ghosts in the place of `rivals`, each of which may be any of theirs or of `requests`. */
  replace(
    unit: number,
    rivals: readonly Ghost[],
    missing: number,
    requests: readonly ModbusRequest[],
    now: number,
  ): void {
    const others = this.#living(unit, now).filter((ghost) => !rivals.includes(ghost))
    const until = Math.max(now, ...rivals.map((ghost) => ghost.until))
    const all = union(rivals, requests)
    this.#keep(unit, [...others, ...Array.from({ length: Math.max(0, missing) }, () => ({ requests: all, until }))])
  }

  #living(unit: number, now: number): readonly Ghost[] {
    return (this.#ghosts.get(unit) ?? []).filter((ghost) => ghost.until > now)
  }

  #keep(unit: number, ghosts: readonly Ghost[]): void {
    if (ghosts.length === 0) this.#ghosts.delete(unit)
    else this.#ghosts.set(unit, ghosts.slice(-GHOSTS_MAX))
  }
}

/** Those of `rivals` that may answer something else than `request`. */
export function strangers(rivals: readonly Ghost[], request: ModbusRequest): readonly Ghost[] {
  return rivals.filter((ghost) => ghost.requests.some((other) => !same(other, request)))
}
