/** The one request on the wire: sent, waited for, its answer matched; or tried again, or given up. */

import { judgeNoise, judgeNumbered, LATE } from './answer-judge.ts'
import type { Call } from './call.ts'
import { callFault } from './call-fault.ts'
import type { Noise } from './framing.ts'
import { Incoming } from './incoming.ts'
import type { LinkParts } from './link-parts.ts'
import { answerSize } from './pdu-answer.ts'
import { encodeRequest, requestSize } from './pdu-request.ts'
import { Suspicion } from './suspicion.ts'
import type { LineTiming } from './timing.ts'

const BUSY_PAUSE_MS = 100
/** Turnaround after a broadcast, which nobody answers (Modbus over serial line V1.02, 2.4.1). */
const BROADCAST_MS = 100
const NO_BYTES = Buffer.alloc(0)

export interface ExchangeSettings {
  readonly line: LineTiming
  /** The line's adapter hears itself. */
  readonly echo: boolean
  /** A connection that can die unnoticed, and be made again. On a serial port silence sorts things out. */
  readonly network: boolean
  readonly firstTransaction: number
  /** Back to the queue: the call is to be sent again. */
  readonly again: (call: Call) => void
}

export class Exchange {
  readonly #parts: LinkParts
  readonly #settings: ExchangeSettings
  readonly #incoming: Incoming
  readonly #suspicion = new Suspicion()
  /** The call on the wire; all below is about it. It stays when its caller aborts: the device is busy with it. */
  #call: Call | null = null
  #transaction: number
  #frame: Buffer = NO_BYTES
  #sentAt = 0
  #deadline = 0
  /** What came instead of the answer, for the error text; empty: nothing came. */
  #wrong = ''

  constructor(parts: LinkParts, settings: ExchangeSettings) {
    this.#parts = parts
    this.#settings = settings
    this.#transaction = settings.firstTransaction
    this.#incoming = new Incoming(parts.framing, settings.line.resyncMs, parts.silence, parts.alarm, {
      frame: (unit, transaction, pdu, frame) => this.#received(unit, transaction, pdu, frame),
      noise: (noise) => this.#noise(noise),
      echoSpoilt: () => {
        this.#wrong = 'our own frame came back changed: another device sent at the same time'
      },
    })
  }

  get busy(): boolean {
    return this.#call !== null
  }

  // ---- what happens

  send(call: Call): void {
    const { framing, clock, record, silence, alarm, connection } = this.#parts
    const { line, echo } = this.#settings
    const { request, unit, timing } = call
    const buffer = Buffer.allocUnsafe(framing.pduOffset + requestSize(request) + framing.trailer)
    encodeRequest(request, buffer, framing.pduOffset)
    this.#transaction = (this.#transaction + 1) & 0xffff
    const frame = framing.seal(buffer, this.#transaction, unit)
    const now = clock.monotonic()
    const sendEndsAt = now + frame.length * line.characterMs
    const broadcast = this.#isBroadcast(call)
    call.attempts += 1
    this.#call = call
    this.#frame = frame
    this.#sentAt = now
    this.#deadline = sendEndsAt + (broadcast ? Math.max(BROADCAST_MS, timing.pauseMs) : timing.timeoutMs)
    this.#wrong = ''
    this.#incoming.expectAnswerTo(frame, echo)
    if (!framing.numbered) silence.sentUntil(sendEndsAt)
    if (!broadcast) this.#suspicion.requestSent()
    record.counts.requests += 1
    record.frame('sent', frame, '')
    alarm.wakeBy(this.#deadline)
    connection.write(frame)
  }

  bytes(chunk: Buffer): void {
    const { clock, record } = this.#parts
    this.#suspicion.bytesCame()
    const violation = this.#incoming.push(chunk, clock.monotonic())
    if (violation !== null) {
      record.counts.badAnswers += 1
      record.frame('received', chunk, violation)
      this.#wrong = violation
    }
    this.#drop(violation ?? this.#suspicion.ofNoise())
  }

  /** Does what is due by now. */
  due(now: number): void {
    this.#incoming.due(now)
    const call = this.#call
    if (call === null) return
    const deadline = this.#deadlineOf(call, now)
    if (now >= deadline) this.#expired(call)
    else this.#parts.alarm.wakeBy(deadline)
  }

  connected(): void {
    this.#incoming.clear()
    this.#suspicion.clear()
  }

  connectionLost(reason: string): void {
    const call = this.#end()
    if (call === null) return
    this.#parts.judge?.missed(call, this.#sentAt, this.#parts.clock.monotonic())
    if (call.settled) return
    // Devices that hang up when idle do so just as we ask: one read more is free. Writes are repeated only as far as the caller allows.
    const free = !call.resent && call.request.functionCode <= 4
    if (free) call.attempts -= 1
    call.resent = true
    if (free || call.attempts <= call.timing.retries) this.#settings.again(call)
    else if (this.#wrong === '') this.#fail(call, 'LINK_CLOSED', `connection lost: ${reason}`)
    else this.#fail(call, 'DEVICE_BAD_ANSWER', this.#wrong)
  }

  linkClosed(why: string): void {
    const call = this.#end()
    if (call !== null) this.#fail(call, 'LINK_CLOSED', why)
  }

  // ---- the answer

  #received(unit: number, transaction: number, pdu: Buffer, frame: Buffer): void {
    const { judge, record, clock } = this.#parts
    const call = this.#call
    const note =
      judge === null
        ? judgeNumbered(call, this.#transaction, unit, transaction, pdu)
        : judge.judge(call, this.#sentAt, unit, pdu, clock.monotonic())
    if (note === null) {
      if (call !== null) this.#answered(call, pdu)
    } else {
      record.counts.badAnswers += 1
      this.#suspicion.strayBytes(frame.length)
    }
    record.frame('received', frame, note ?? '')
    if (note === null || call === null || note.startsWith(LATE)) return
    this.#wrong = note
    // A transaction is answered once; on a line the true answer may be behind a wrong frame, until the deadline.
    if (judge === null) this.#attemptFailed(call)
  }

  #answered(call: Call, pdu: Buffer): void {
    const { clock, connection, pauses } = this.#parts
    const now = clock.monotonic()
    const exceptionCode = pdu[0] === call.request.functionCode ? null : pdu.readUInt8(1)
    this.#call = null
    this.#suspicion.goodAnswer()
    connection.confirm()
    pauses.answered(call.unit, exceptionCode, now)
    if (exceptionCode === null) call.succeed(pdu)
    else this.#refused(call, exceptionCode, now)
  }

  #refused(call: Call, exceptionCode: number, now: number): void {
    this.#parts.record.counts.exceptions += 1
    if (call.settled) return
    if (exceptionCode === 6 && call.attempts <= call.timing.retries) {
      call.notBefore = now + Math.max(BUSY_PAUSE_MS * call.attempts, call.timing.pauseMs)
      this.#settings.again(call)
      return
    }
    this.#fail(call, 'DEVICE_EXCEPTION', `refused with exception ${exceptionCode}`, { exceptionCode })
  }

  // ---- what does not come

  /** While an answer is coming in at the deadline, it may finish: the time-out is for the first byte. */
  #deadlineOf(call: Call, now: number): number {
    if (this.#incoming.pending === 0) return this.#deadline
    const { characterMs, resyncMs } = this.#settings.line
    const last = this.#deadline + (answerSize(call.request) + 8) * characterMs + resyncMs
    if (now >= last) return this.#deadline
    return Math.max(this.#deadline, Math.min(last, this.#parts.silence.heardAt + resyncMs))
  }

  /** Noise that may be the broken answer ends the attempt; other noise is only remembered. */
  #noise(noise: Noise): void {
    const call = this.#call
    if (call === null) return
    const { record } = this.#parts
    record.counts.badAnswers += 1
    this.#suspicion.strayBytes(noise.count)
    const { why, mayBeAnswer } = judgeNoise(call, this.#frame, noise)
    this.#wrong = why
    record.frame('received', NO_BYTES, why)
    if (mayBeAnswer) this.#attemptFailed(call)
  }

  #expired(call: Call): void {
    if (this.#isBroadcast(call)) {
      this.#end()
      call.succeed(NO_BYTES)
      return
    }
    const { counts } = this.#parts.record
    const { pending } = this.#incoming
    if (this.#wrong === '' && pending > 0) this.#wrong = `${pending} bytes that make no answer`
    if (this.#wrong === '') counts.timeouts += 1
    else counts.badAnswers += 1
    this.#attemptFailed(call)
    this.#drop(this.#suspicion.ofSilence())
  }

  /** One attempt brought nothing: again, or the error. */
  #attemptFailed(call: Call): void {
    const { clock, judge, pauses } = this.#parts
    const now = clock.monotonic()
    this.#end()
    pauses.traffic(call.unit, now)
    judge?.missed(call, this.#sentAt, now)
    if (call.settled) return
    if (call.attempts <= call.timing.retries) this.#settings.again(call)
    else if (this.#wrong === '') this.#fail(call, 'DEVICE_TIMEOUT', `no answer within ${call.timing.timeoutMs} ms`)
    else this.#fail(call, 'DEVICE_BAD_ANSWER', this.#wrong)
  }

  // ---- small things

  #isBroadcast(call: Call): boolean {
    return call.unit === 0 && !this.#parts.framing.numbered
  }

  /** Nothing is on the wire any more; what is still coming in belongs to nobody. */
  #end(): Call | null {
    const call = this.#call
    this.#call = null
    this.#incoming.attemptOver()
    return call
  }

  #drop(reason: string | null): void {
    if (reason === null) return
    this.#suspicion.clear()
    if (this.#settings.network) this.#parts.connection.drop(reason)
  }

  #fail(
    call: Call,
    code: 'LINK_CLOSED' | 'DEVICE_TIMEOUT' | 'DEVICE_EXCEPTION' | 'DEVICE_BAD_ANSWER',
    why: string,
    details: Readonly<Record<string, number>> = {},
  ): void {
    call.fail(callFault(code, this.#parts.url, call, why, details))
  }
}
