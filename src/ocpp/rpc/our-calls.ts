/** Our CALLs on one connection: one is in flight, the others wait in order, and each ends with an answer, in time or with the socket. */
import type { Clock } from '../../model/clock.ts'
import { BridgeError } from '../../model/errors.ts'
import { RpcCallError } from './connection.ts'
import type { CallOptions } from './connection.ts'
import { formatCall } from './frame.ts'
import type { Frame } from './frame.ts'

export type AnswerFrame = Extract<Frame, { type: 'result' | 'error' | 'malformed-answer' }>

export interface OurCallsOptions {
  readonly clock: Clock
  /** More are refused with CALL_QUEUE_FULL. */
  readonly maxWaiting: number
  readonly send: (text: string) => void
}

interface Call {
  readonly action: string
  readonly payload: object
  readonly options: CallOptions
  readonly resolve: (payload: unknown) => void
  readonly reject: (reason: unknown) => void
  readonly onAbort: () => void
  /** Monotonic ms. */
  deadlineAt: number
}

export class OurCalls {
  readonly #options: OurCallsOptions
  readonly #waiting: Call[] = []
  #inFlight: Call | null = null
  #ended: BridgeError | null = null
  #deadlineTimer: AbortController | null = null
  #deadlineTimerAt = Infinity

  constructor(options: OurCallsOptions) {
    this.#options = options
  }

  /** Throws `RpcCallError` (CALLERROR), CALL_TIMEOUT, CALL_QUEUE_FULL, FRAME_INVALID, the signal's reason or that of the end. */
  call(action: string, payload: object, options: CallOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) throw this.#ended
      options.signal.throwIfAborted()
      if (this.#waiting.length >= this.#options.maxWaiting)
        throw new BridgeError('CALL_QUEUE_FULL', `${action}: ${this.#waiting.length} calls wait already`)
      const onAbort = (): void => this.#abandon(call)
      const call: Call = { action, payload, options, resolve, reject, onAbort, deadlineAt: Infinity }
      options.signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(call)
      this.#sendNext()
    })
  }

  /** False: nothing waits for it. Late, repeated and foreign answers belong to no call and change nothing. */
  answered(frame: AnswerFrame): boolean {
    const call = this.#inFlight
    if (call === null || call.options.messageId !== frame.messageId) return false
    this.#land(call)
    if (frame.type === 'result') call.resolve(frame.payload)
    else if (frame.type === 'error') call.reject(new RpcCallError(frame.code, frame.description, frame.details))
    else call.reject(new BridgeError('FRAME_INVALID', `${call.action}: ${frame.problem}`))
    this.#sendNext()
    return true
  }

  /** The socket is gone, and every call with it. */
  end(error: BridgeError): void {
    this.#ended ??= error
    this.#deadlineTimer?.abort()
    const calls = this.#waiting.splice(0)
    if (this.#inFlight !== null) calls.unshift(this.#inFlight)
    this.#inFlight = null
    for (const call of calls) {
      call.options.signal.removeEventListener('abort', call.onAbort)
      call.reject(error)
    }
  }

  #sendNext(): void {
    while (this.#inFlight === null && this.#ended === null) {
      const call = this.#waiting.shift()
      if (call === undefined) return
      let text: string
      try {
        text = formatCall(call.options.messageId, call.action, call.payload)
      } catch (error) {
        call.options.signal.removeEventListener('abort', call.onAbort)
        call.reject(new BridgeError('FRAME_INVALID', `${call.action} cannot be written as JSON`, { cause: error }))
        continue
      }
      this.#inFlight = call
      call.deadlineAt = this.#options.clock.monotonic() + call.options.timeoutMs
      this.#wakeAt(call.deadlineAt)
      this.#options.send(text)
    }
  }

  #land(call: Call): void {
    this.#inFlight = null
    call.options.signal.removeEventListener('abort', call.onAbort)
  }

  /** The caller no longer waits. What is on the wire keeps its place until it is answered or late: one CALL in flight. */
  #abandon(call: Call): void {
    const at = this.#waiting.indexOf(call)
    if (at >= 0) this.#waiting.splice(at, 1)
    call.reject(call.options.signal.reason)
  }

  /** One timer serves all calls: it is not set anew for each, but looks again when it wakes too early. */
  #wakeAt(deadlineAt: number): void {
    if (this.#deadlineTimerAt <= deadlineAt) return
    this.#deadlineTimer?.abort()
    const timer = new AbortController()
    this.#deadlineTimer = timer
    this.#deadlineTimerAt = deadlineAt
    const { clock } = this.#options
    clock.sleep(Math.max(0, deadlineAt - clock.monotonic()), timer.signal).then(
      () => this.#onDeadline(timer),
      () => undefined, // aborted: another timer took over, or the socket is gone
    )
  }

  #onDeadline(timer: AbortController): void {
    if (this.#deadlineTimer !== timer) return
    this.#deadlineTimer = null
    this.#deadlineTimerAt = Infinity
    const call = this.#inFlight
    if (call === null || this.#ended !== null) return
    if (this.#options.clock.monotonic() < call.deadlineAt) {
      this.#wakeAt(call.deadlineAt)
      return
    }
    this.#land(call)
    call.reject(new BridgeError('CALL_TIMEOUT', `${call.action}: no answer within ${call.options.timeoutMs / 1000} s`))
    this.#sendNext()
  }
}
