/** The other side's CALLs on one connection: few at once and not too fast, answered one after the other, a repeated one as before. */
import type { Clock } from '../../model/clock.ts'
import type { RpcDialect } from '../../model/ocpp-version.ts'
import { AnswerCache } from './answer-cache.ts'
import { RpcCallError } from './connection.ts'
import type { RpcHandlers } from './connection.ts'
import { formatError, formatResult } from './frame.ts'
import type { RpcLimits } from './limits.ts'
import type { NoticeGate } from './notice-gate.ts'
import { TokenBucket } from './token-bucket.ts'

export interface PeerCallsOptions {
  readonly dialect: Pick<RpcDialect, 'internalError' | 'overloaded'>
  readonly clock: Clock
  readonly limits: Pick<
    RpcLimits,
    'maxIncomingCalls' | 'callsPerSecond' | 'callBurst' | 'maxRefusedCalls' | 'answerTimeoutMs'
  >
  readonly notices: Pick<NoticeGate, 'notice'>
  readonly onCall: RpcHandlers['onCall']
  readonly send: (text: string) => void
  /** It sends on and on what we refuse. */
  readonly onFlood: () => void
}

export interface PeerCall {
  readonly messageId: string
  readonly action: string
  readonly payload: unknown
  /** The whole frame. */
  readonly text: string
}

export class PeerCalls {
  readonly #options: PeerCallsOptions
  readonly #waiting: PeerCall[] = []
  #serving = false
  readonly #answers = new AnswerCache()
  readonly #rate: TokenBucket
  #refusedInARow = 0

  constructor(options: PeerCallsOptions) {
    const { limits, clock } = options
    this.#options = options
    this.#rate = new TokenBucket(limits.callsPerSecond, limits.callBurst, clock.monotonic())
  }

  take(call: PeerCall): void {
    const { limits, clock, dialect, notices, send, onFlood } = this.#options
    if (this.#waiting.length >= limits.maxIncomingCalls || !this.#rate.take(clock.monotonic())) {
      notices.notice('refused-call', `a CALL ${call.action} was refused: too many at once`)
      send(formatError(call.messageId, dialect.overloaded, 'too many calls at once'))
      if (++this.#refusedInARow > limits.maxRefusedCalls) onFlood()
      return
    }
    this.#refusedInARow = 0
    this.#waiting.push(call)
    if (!this.#serving) void this.#serve()
  }

  /** Nobody is there any more to be answered. */
  end(): void {
    this.#waiting.length = 0
  }

  /** Never throws. */
  async #serve(): Promise<void> {
    const { clock, notices, send } = this.#options
    this.#serving = true
    for (let call = this.#waiting.shift(); call !== undefined; call = this.#waiting.shift()) {
      const known = this.#answers.find(call.messageId, call.text, clock.monotonic())
      if (known !== null) {
        notices.notice('repeated-call', `a repeated CALL ${call.action} was answered as before and not done twice`)
        send(known)
        continue
      }
      const answer = await this.#answer(call)
      if (answer === null) continue
      this.#answers.keep(call.messageId, call.text, answer, clock.monotonic())
      send(answer)
    }
    this.#serving = false
  }

  /**
   * The frame that answers a CALL. Null after `answerTimeoutMs`: the peer has given up by then, and a station that was
   * rejected answers nothing at all (OCPP 1.6 §4.2) by taking its time.
   */
  async #answer({ action, payload: asked, messageId }: PeerCall): Promise<string | null> {
    const { clock, limits, dialect, notices, onCall } = this.#options
    const late = new AbortController()
    try {
      const payload = await Promise.race([
        onCall(action, asked, messageId),
        clock.sleep(limits.answerTimeoutMs, late.signal).then(() => null),
      ])
      if (payload !== null) return formatResult(messageId, payload)
      notices.notice('unanswered-call', `a CALL ${action} had no answer after ${limits.answerTimeoutMs / 1000} s`)
      return null
    } catch (error) {
      if (error instanceof RpcCallError) return formatError(messageId, error.code, error.message, error.details)
      // What went wrong inside is for our log, not for the peer.
      notices.notice('handler-failed', `${action}: ${error instanceof Error ? error.message : 'failed'}`)
      return formatError(messageId, dialect.internalError, 'the request could not be carried out')
    } finally {
      late.abort()
    }
  }
}
