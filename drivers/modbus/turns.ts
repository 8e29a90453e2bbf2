/** Whose turn it is: calls wait here until connection, line, unit and urgency let them go, or until waiting makes no sense any more. */

import { RequestQueue } from '../../src/wire/request-queue.ts'
import type { Call } from './call.ts'
import { callFault } from './call-fault.ts'
import type { Exchange } from './exchange.ts'
import type { LinkParts } from './link-parts.ts'

const QUEUE_LIMIT = 1000

export class Turns {
  readonly #parts: LinkParts
  readonly #exchange: Exchange
  readonly #queue = new RequestQueue<Call>(QUEUE_LIMIT)
  /** Since when the line has not fallen silent for a waiting call. */
  #noisySince: number | null = null

  constructor(parts: LinkParts, exchange: Exchange) {
    this.#parts = parts
    this.#exchange = exchange
  }

  enter(call: Call): void {
    const { connection, alarm, clock } = this.#parts
    const { state } = connection
    if (state === 'closed') {
      this.#fail(call, 'LINK_CLOSED', 'the link is closed')
      return
    }
    if (state === 'open' && !this.#exchange.busy && this.#queue.size === 0 && this.#maySend(call)) {
      this.#exchange.send(call)
      return
    }
    if (!this.#queue.push(call)) {
      this.#fail(call, 'LINK_OVERLOADED', `${QUEUE_LIMIT} requests wait already`)
      return
    }
    if (state === 'open') {
      this.next()
      return
    }
    call.unreachableAt = clock.monotonic() + call.timing.timeoutMs
    if (state === 'waiting' && connection.nextAttemptAt > call.unreachableAt) {
      this.#queue.remove(call)
      this.#fail(call, 'LINK_UNREACHABLE', 'not connected; the next attempt is later than its time-out')
      return
    }
    alarm.wakeBy(call.unreachableAt)
    this.#connect()
  }

  /** Back to the front: a retry. */
  again(call: Call): void {
    this.#queue.pushFront(call)
  }

  leave(call: Call): void {
    this.#queue.remove(call)
  }

  /** Sends the next call that may go, or sees to it that somebody looks again in time. */
  next(): void {
    const { connection, alarm, clock, silence } = this.#parts
    if (this.#queue.size === 0) this.#noisySince = null
    if (this.#exchange.busy || connection.state !== 'open' || this.#queue.size === 0) return
    const now = clock.monotonic()
    if (now < silence.freeAt) {
      this.#waitForSilence(now)
      return
    }
    this.#noisySince = null
    const call = this.#queue.take((each) => now >= this.#readyAt(each))
    if (call !== null) {
      this.#exchange.send(call)
      return
    }
    for (const each of this.#queue.items()) alarm.wakeBy(this.#readyAt(each))
  }

  /** The connection ended; each call may wait for a new one as long as its time-out is. */
  connectionLost(): void {
    const { alarm, clock } = this.#parts
    const now = clock.monotonic()
    for (const call of this.#queue.items()) {
      call.unreachableAt = now + call.timing.timeoutMs
      alarm.wakeBy(call.unreachableAt)
    }
    this.#connect()
  }

  failAll(code: 'LINK_UNREACHABLE' | 'LINK_CLOSED', why: string): void {
    for (const call of this.#queue.takeAll()) this.#fail(call, code, why)
  }

  /** Gives up those who waited too long for a connection. */
  due(now: number): void {
    const { connection, alarm } = this.#parts
    if (connection.state === 'open') return
    for (const call of this.#queue.items()) {
      if (now < call.unreachableAt) {
        alarm.wakeBy(call.unreachableAt)
        continue
      }
      this.#queue.remove(call)
      this.#fail(call, 'LINK_UNREACHABLE', `not connected within ${call.timing.timeoutMs} ms`)
    }
    this.#connect()
  }

  #connect(): void {
    const { connection, alarm } = this.#parts
    if (this.#queue.size === 0) return
    connection.connect()
    if (connection.state === 'waiting') alarm.wakeBy(connection.nextAttemptAt)
  }

  #maySend(call: Call): boolean {
    const now = this.#parts.clock.monotonic()
    return now >= this.#parts.silence.freeAt && now >= this.#readyAt(call)
  }

  #readyAt(call: Call): number {
    const { connection, pauses, judge } = this.#parts
    const { pauseMs, connectDelayMs } = call.timing
    const at = Math.max(call.notBefore, pauses.readyAt(call.unit, pauseMs), connection.openedAt + connectDelayMs)
    return judge === null ? at : Math.max(at, judge.readyAt(call, this.#waiting))
  }

  readonly #waiting = (): readonly Call[] => this.#queue.items()

  /** A babbling device must not hold a call for longer than its time-out. */
  #waitForSilence(now: number): void {
    const { alarm, record, silence } = this.#parts
    this.#noisySince ??= now
    alarm.wakeBy(silence.freeAt)
    for (const call of this.#queue.items()) {
      if (now - this.#noisySince < call.timing.timeoutMs) continue
      this.#queue.remove(call)
      record.counts.badAnswers += 1
      this.#fail(call, 'DEVICE_BAD_ANSWER', 'the line does not fall silent, some device sends without being asked')
    }
  }

  #fail(
    call: Call,
    code: 'LINK_CLOSED' | 'LINK_OVERLOADED' | 'LINK_UNREACHABLE' | 'DEVICE_BAD_ANSWER',
    why: string,
  ): void {
    call.fail(callFault(code, this.#parts.url, call, why))
  }
}
