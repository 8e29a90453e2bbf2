import type { WebSocket } from 'ws'
import type { Clock } from '../../model/clock.ts'
import { BridgeError } from '../../model/errors.ts'
import type { RpcDialect } from '../../model/ocpp-version.ts'
import type { CallOptions, RpcHandlers } from './connection.ts'
import { formatError, parseFrame } from './frame.ts'
import type { FrameLimits } from './frame.ts'
import type { RpcLimits } from './limits.ts'
import { printable } from './notice-gate.ts'
import type { NoticeGate } from './notice-gate.ts'
import { OurCalls } from './our-calls.ts'
import { PeerCalls } from './peer-calls.ts'
import { SilenceWatch } from './silence-watch.ts'

export interface PeerOptions {
  readonly dialect: RpcDialect
  readonly clock: Clock
  readonly limits: RpcLimits
  /** 0: no pings. */
  readonly pingIntervalSeconds: number
  readonly notices: NoticeGate
}

/** One open WebSocket, from either side: what comes goes to our calls or is a call of the peer. Lives as long as the socket. */
export class RpcPeer {
  /** Resolves with the reason when the socket is gone. */
  readonly closed: Promise<BridgeError>
  readonly #socket: WebSocket
  readonly #handlers: Pick<RpcHandlers, 'onCall' | 'onFrame'>
  readonly #options: PeerOptions
  readonly #frameLimits: FrameLimits
  readonly #ours: OurCalls
  readonly #theirs: PeerCalls
  readonly #silence: SilenceWatch
  /** Set when the socket closes, or when we close it. */
  #ended: BridgeError | null = null
  #socketError: Error | null = null
  #hasSpokenOcpp = false
  readonly #settleClosed: (reason: BridgeError) => void

  constructor(socket: WebSocket, handlers: Pick<RpcHandlers, 'onCall' | 'onFrame'>, options: PeerOptions) {
    const { dialect, limits, clock, notices } = options
    this.#socket = socket
    this.#handlers = handlers
    this.#options = options
    this.#frameLimits = { maxDepth: limits.maxDepth, maxMessageIdLength: dialect.maxMessageIdLength }
    const send = (text: string): void => this.#send(text)
    this.#ours = new OurCalls({ clock, maxWaiting: limits.maxOutgoingCalls, send })
    this.#theirs = new PeerCalls({
      dialect,
      clock,
      limits,
      notices,
      onCall: (action, payload, messageId) => handlers.onCall(action, payload, messageId),
      send,
      onFlood: () => this.cut('the peer floods us with calls'),
    })
    this.#silence = new SilenceWatch({
      clock,
      ping: () => socket.ping(),
      onSilence: (periodMs) => this.cut(`the peer was silent for ${periodMs / 1000} s after a ping`),
    })
    const { promise, resolve } = Promise.withResolvers<BridgeError>()
    this.closed = promise
    this.#settleClosed = resolve
    socket.on('message', (data, isBinary) => {
      this.#silence.heard()
      if (this.#ended !== null) return
      if (isBinary || !Buffer.isBuffer(data)) this.#notice('unreadable-frame', 'a binary frame was ignored')
      else this.#receive(data.toString('utf8'))
    })
    socket.on('ping', () => this.#silence.heard())
    socket.on('pong', () => this.#silence.heard())
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
    return this.#ours.call(action, payload, options)
  }

  /** Looks every `seconds` whether the other side is there; a silent one is cut off within two periods. 0: never. */
  setPingInterval(seconds: number): void {
    if (this.#ended === null) this.#silence.every(seconds)
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
    this.#silence.stop()
    this.#theirs.end()
    this.#ours.end(error)
  }

  #receive(text: string): void {
    this.#trace('received', text)
    const frame = parseFrame(text, this.#frameLimits)
    switch (frame.type) {
      case 'call':
        this.#hasSpokenOcpp = true
        this.#theirs.take({ messageId: frame.messageId, action: frame.action, payload: frame.payload, text })
        return
      case 'result':
      case 'error':
      case 'malformed-answer':
        if (this.#ours.answered(frame)) this.#hasSpokenOcpp = true
        else this.#notice('unexpected-answer', `an answer to ${frame.messageId} was ignored: nothing waits for it`)
        return
      case 'malformed-call':
        this.#notice('unreadable-frame', `a CALL was refused: ${frame.problem}`)
        this.#send(formatError(frame.messageId, this.#options.dialect.malformed, frame.problem))
        return
      case 'unreadable':
        this.#notice('unreadable-frame', `a frame was ignored: ${frame.problem}`)
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
