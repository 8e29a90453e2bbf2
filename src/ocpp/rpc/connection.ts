/** What the station side sees of one WebSocket to a CSMS. Knows no OCPP version. */
import type { BackOffSettings } from './back-off.ts'

/** A frame as it passed, for the trace. */
export interface FrameTrace {
  /** Wall time, ms. */
  readonly at: number
  readonly direction: 'sent' | 'received'
  readonly text: string
}

/** Something odd that the connection lived through, for the log. At most one per kind and minute. */
export interface RpcNotice {
  readonly kind:
    | 'unreadable-frame'
    | 'unexpected-answer'
    | 'refused-call'
    | 'repeated-call'
    | 'unanswered-call'
    | 'handler-failed'
  /** One line, without control characters and without the frame's contents. */
  readonly message: string
}

export interface RpcHandlers {
  /** The socket is open and the subprotocol agreed. */
  onOpen(): void
  /** The socket closed or could not be opened; the connection tries again by itself unless it was closed by us. */
  onDown(error: Error): void
  /**
   * A CALL of the CSMS. Resolve with the payload of the CALLRESULT, or throw `RpcCallError` for a CALLERROR. What is not
   * settled within `answerTimeoutMs` gets no answer, and the next CALL is served.
   */
  onCall(action: string, payload: unknown, messageId: string): Promise<object>
  onFrame(frame: FrameTrace): void
  /** Must not throw: there is nobody left to tell. */
  onNotice?(notice: RpcNotice): void
}

export interface CallOptions {
  /** Reused when the same message is sent again on a new connection (OCPP-J 1.6: unique per connection). */
  readonly messageId: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface RpcConnection {
  readonly isOpen: boolean
  /**
   * Sends a CALL when its turn comes (one in flight per direction) and resolves with the CALLRESULT's payload.
   * Throws `RpcCallError` (CALLERROR), CALL_TIMEOUT, or LINK_CLOSED when the socket went away.
   */
  call(action: string, payload: object, options: CallOptions): Promise<unknown>
  /** Closes the socket and opens a new one soon (after a reset, or when the peer is broken). */
  reconnect(reason: string): void
  /** Ping period in s; 0 switches pings off. */
  setPingInterval(seconds: number): void
  /** How long it waits before it connects again, from the next time on. */
  setBackOff(settings: Partial<BackOffSettings>): void
  close(): Promise<void>
}

/** A CALLERROR, from either side. */
export class RpcCallError extends Error {
  readonly code: string
  readonly details: object

  constructor(code: string, description: string, details: object = {}) {
    super(description)
    this.name = 'RpcCallError'
    this.code = code
    this.details = details
  }
}
