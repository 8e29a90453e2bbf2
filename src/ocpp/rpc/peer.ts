import type { WebSocket } from 'ws'
import type { Clock } from '../../model/clock.ts'
import { BridgeError } from '../../model/errors.ts'
import type { RpcDialect } from '../../model/ocpp-version.ts'
import { AnswerCache } from './answer-cache.ts'
import { RpcCallError } from './connection.ts'
import type { CallOptions, RpcHandlers } from './connection.ts'
import { formatCall, formatError, formatResult, parseFrame } from './frame.ts'
import type { FrameLimits } from './frame.ts'
import type { RpcLimits } from './limits.ts'
import { printable } from './notice-gate.ts'
import type { NoticeGate } from './notice-gate.ts'
import { TokenBucket } from './token-bucket.ts'

export interface PeerOptions {
  readonly dialect: RpcDialect
  readonly clock: Clock
  readonly limits: RpcLimits
  /** 0: no pings. */
  readonly pingIntervalSeconds: number
  readonly notices: NoticeGate
}

interface OutgoingCall {
  readonly action: string
  readonly payload: object
  readonly options: CallOptions
  readonly resolve: (payload: unknown) => void
  readonly reject: (reason: unknown) => void
  readonly onAbort: () => void
  deadlineAt: number
}

interface IncomingCall {
  readonly messageId: string
  readonly action: string
  readonly payload: unknown
  readonly text: string
}

/**
 * One open WebSocket, from either side: one CALL of ours in flight, the peer's CALLs answered in order, every waiting
 * call settled when the socket goes. Lives as long as the socket.
 */
export class RpcPeer {
  /** Resolves with the reason when the socket is gone. */
  readonly closed: Promise<BridgeError>
  readonly #socket: WebSocket
  readonly #handlers: Pick<RpcHandlers, 'onCall' | 'onFrame'>
  readonly #options: PeerOptions
  readonly #frameLimits: FrameLimits
  readonly #outgoing: OutgoingCall[] = []
  #inFlight: OutgoingCall | null = null
  readonly #incoming: IncomingCall[] = []
  #serving = false
  readonly #answers = new AnswerCache()
  readonly #rate: TokenBucket
  #refusedInARow = 0
  /** Set when the socket closes, or when we close it. */
  #ended: BridgeError | null = null
  #socketError: Error | null = null
  #deadlineTimer: AbortController | null = null
  #deadlineTimerAt = Infinity
  #pings: AbortController | null = null
  #heardSincePing = true
  #hasSpokenOcpp = false
  readonly #settleClosed: (reason: BridgeError) => void

  constructor(socket: WebSocket, handlers: Pick<RpcHandlers, 'onCall' | 'onFrame'>, options: PeerOptions) {
    this.#socket = socket
    this.#handlers = handlers
    this.#options = options
    this.#frameLimits = {
      maxDepth: options.limits.maxDepth,
      maxMessageIdLength: options.dialect.maxMessageIdLength,
    }
    const { limits, clock } = options
    this.#rate = new TokenBucket(limits.callsPerSecond, limits.callBurst, clock.monotonic())
    const { promise, resolve } = Promise.withResolvers<BridgeError>()
    this.closed = promise
    this.#settleClosed = resolve
    socket.on('message', (data, isBinary) => {
      this.#heardSincePing = true
      if (this.#ended !== null) return
      if (isBinary || !Buffer.isBuffer(data)) this.#notice('unreadable-frame', 'a binary frame was ignored')
      else this.#receive(data.toString('utf8'))
    })
    socket.on('ping', () => (this.#heardSincePing = true))
    socket.on('pong', () => (this.#heardSincePing = true))
    socket.on('error', (error) => (this.#socketError = error))
    socket.on('close', (code, reason) => this.#onSocketClosed(code, reason.toString('utf8')))
    this.setPingInterval(options.pingIntervalSeconds)
    socket.resume()
  }

  get isOpen(): boolean {
    return this.#ended === null
  }

  /** Whether a whole OCPP frame has come from the other side. */
  get hasSpokenOcpp(): boolean {
    return this.#hasSpokenOcpp
  }

  call(action: string, payload: object, options: CallOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) throw this.#ended
      options.signal.throwIfAborted()
      if (this.#outgoing.length >= this.#options.limits.maxOutgoingCalls) {
        throw new BridgeError('CALL_QUEUE_FULL', `${action}: ${this.#outgoing.length} calls wait already`)
      }
      const onAbort = (): void => this.#abandon(call)
      const call: OutgoingCall = { action, payload, options, resolve, reject, onAbort, deadlineAt: Infinity }
      options.signal.addEventListener('abort', onAbort, { once: true })
      this.#outgoing.push(call)
      this.#sendNext()
    })
  }

  /** Looks every `seconds` whether the other side is there; a silent one is cut off within two periods. 0: never. */
  setPingInterval(seconds: number): void {
    this.#pings?.abort()
    this.#pings = null
    if (seconds <= 0 || this.#ended !== null) return
    const stop = new AbortController()
    this.#pings = stop
    void this.#pingUntil(seconds * 1000, stop.signal)
  }

  /** Says goodbye. Everything that waits is settled at once. */
  close(code: number, reason: string): void {
    this.#end(new BridgeError('LINK_CLOSED', `the connection was closed by us: ${reason}`))
    this.#socket.close(code, reason.slice(0, 100))
  }

  /** Cuts the socket without a goodbye that nobody would hear. */
  cut(reason: string): void {
    this.#end(new BridgeError('LINK_CLOSED', reason))
    this.#socket.terminate()
  }

  #onSocketClosed(code: number, reason: string): void {
    const why = this.#socketError?.message ?? reason
    const text = `the connection was lost (${code}${why === '' ? '' : `, ${printable(why)}`})`
    this.#end(
      new BridgeError('LINK_CLOSED', text, { cause: this.#socketError ?? undefined, details: { closeCode: code } }),
    )
    this.#settleClosed(this.#ended ?? new BridgeError('LINK_CLOSED', text))
  }

  #end(error: BridgeError): void {
    if (this.#ended !== null) return
    this.#ended = error
    this.#pings?.abort()
    this.#deadlineTimer?.abort()
    this.#incoming.length = 0
    const waiting = this.#outgoing.splice(0)
    if (this.#inFlight !== null) waiting.unshift(this.#inFlight)
    this.#inFlight = null
    for (const call of waiting) {
      call.options.signal.removeEventListener('abort', call.onAbort)
      call.reject(error)
    }
  }

  #receive(text: string): void {
    this.#trace('received', text)
    const frame = parseFrame(text, this.#frameLimits)
    switch (frame.type) {
      case 'call':
        this.#hasSpokenOcpp = true
        this.#queueIncoming({ messageId: frame.messageId, action: frame.action, payload: frame.payload, text })
        return
      case 'result': {
        const call = this.#takeInFlight(frame.messageId)
        call?.resolve(frame.payload)
        break
      }
      case 'error': {
        const call = this.#takeInFlight(frame.messageId)
        call?.reject(new RpcCallError(frame.code, frame.description, frame.details))
        break
      }
      case 'malformed-answer': {
        const call = this.#takeInFlight(frame.messageId)
        call?.reject(new BridgeError('FRAME_INVALID', `${call.action}: ${frame.problem}`))
        break
      }
      case 'malformed-call':
        this.#notice('unreadable-frame', `a CALL was refused: ${frame.problem}`)
        this.#send(formatError(frame.messageId, this.#options.dialect.malformed, frame.problem))
        return
      case 'unreadable':
        this.#notice('unreadable-frame', `a frame was ignored: ${frame.problem}`)
        return
    }
    this.#sendNext()
  }

  /** The call that an answer belongs to; late, repeated and foreign answers belong to none and change nothing. */
  #takeInFlight(messageId: string): OutgoingCall | null {
    const call = this.#inFlight
    if (call === null || call.options.messageId !== messageId) {
      this.#notice('unexpected-answer', `an answer to ${messageId} was ignored: nothing waits for it`)
      return null
    }
    this.#hasSpokenOcpp = true
    this.#inFlight = null
    call.options.signal.removeEventListener('abort', call.onAbort)
    return call
  }

  #sendNext(): void {
    while (this.#inFlight === null && this.#ended === null) {
      const call = this.#outgoing.shift()
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
      this.#send(text)
    }
  }

  /** The caller no longer waits. What is on the wire keeps its place until it is answered or late: one CALL in flight. */
  #abandon(call: OutgoingCall): void {
    const at = this.#outgoing.indexOf(call)
    if (at >= 0) this.#outgoing.splice(at, 1)
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
    this.#inFlight = null
    call.options.signal.removeEventListener('abort', call.onAbort)
    call.reject(new BridgeError('CALL_TIMEOUT', `${call.action}: no answer within ${call.options.timeoutMs / 1000} s`))
    this.#sendNext()
  }

  #queueIncoming(call: IncomingCall): void {
    const { limits, clock, dialect } = this.#options
    if (this.#incoming.length >= limits.maxIncomingCalls || !this.#rate.take(clock.monotonic())) {
      this.#notice('refused-call', `a CALL ${call.action} was refused: too many at once`)
      this.#send(formatError(call.messageId, dialect.overloaded, 'too many calls at once'))
      if (++this.#refusedInARow > limits.maxRefusedCalls) this.cut('the peer floods us with calls')
      return
    }
    this.#refusedInARow = 0
    this.#incoming.push(call)
    if (!this.#serving) void this.#serve()
  }

  /** Answers the peer's CALLs one after the other. Never throws. */
  async #serve(): Promise<void> {
    this.#serving = true
    for (let call = this.#incoming.shift(); call !== undefined; call = this.#incoming.shift()) {
      const { clock } = this.#options
      const known = this.#answers.find(call.messageId, call.text, clock.monotonic())
      if (known !== null) {
        this.#notice('repeated-call', `a repeated CALL ${call.action} was answered as before and not done twice`)
        this.#send(known)
        continue
      }
      const answer = await this.#answer(call)
      if (answer === null) continue
      this.#answers.keep(call.messageId, call.text, answer, clock.monotonic())
      this.#send(answer)
    }
    this.#serving = false
  }

  /**
   * The frame that answers a CALL. Null after `answerTimeoutMs`: the peer has given up by then, and a station that was
   * rejected answers nothing at all (OCPP 1.6 §4.2) by taking its time.
   */
  async #answer(call: IncomingCall): Promise<string | null> {
    const { clock, limits, dialect } = this.#options
    const late = new AbortController()
    try {
      const payload = await Promise.race([
        this.#handlers.onCall(call.action, call.payload, call.messageId),
        clock.sleep(limits.answerTimeoutMs, late.signal).then(() => null),
      ])
      if (payload !== null) return formatResult(call.messageId, payload)
      this.#notice('unanswered-call', `a CALL ${call.action} had no answer after ${limits.answerTimeoutMs / 1000} s`)
      return null
    } catch (error) {
      if (error instanceof RpcCallError) return formatError(call.messageId, error.code, error.message, error.details)
      // What went wrong inside is for our log, not for the peer.
      this.#notice('handler-failed', `${call.action}: ${error instanceof Error ? error.message : 'failed'}`)
      return formatError(call.messageId, dialect.internalError, 'the request could not be carried out')
    } finally {
      late.abort()
    }
  }

  async #pingUntil(periodMs: number, stop: AbortSignal): Promise<void> {
    this.#heardSincePing = true
    try {
      for (;;) {
        await this.#options.clock.sleep(periodMs, stop)
        if (!this.#heardSincePing) {
          this.cut(`the peer was silent for ${periodMs / 1000} s after a ping`)
          return
        }
        this.#heardSincePing = false
        this.#socket.ping()
      }
    } catch {
      // Stopped: another period was set, or the socket is gone and says so itself.
    }
  }

  #send(text: string): void {
    if (this.#ended !== null) return
    this.#trace('sent', text)
    this.#socket.send(text)
    if (this.#socket.bufferedAmount > this.#options.limits.maxBufferedBytes) this.cut('the peer does not read')
  }

  #trace(direction: 'sent' | 'received', text: string): void {
    const { clock, dialect } = this.#options
    try {
      this.#handlers.onFrame({ at: clock.now(), direction, text: dialect.maskSecrets(text) })
    } catch (error) {
      // A broken trace is no reason to lose a frame.
      this.#notice('handler-failed', error instanceof Error ? error.message : 'the trace failed')
    }
  }

  #notice(...notice: Parameters<NoticeGate['notice']>): void {
    this.#options.notices.notice(...notice)
  }
}
