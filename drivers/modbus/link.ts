/**
 * The client side: one queue, one request on the wire at a time, answers taken only when they fit what was asked.
 * Everything runs from four events (a call, bytes, the wire's fate, the alarm), so nothing waits in a chain of promises.
 */

import type {
  Link,
  LinkCounters,
  LinkSettings,
  LinkState,
  ReadRequest,
  RequestOptions,
  TraceEntry,
  WriteRequest,
} from '../../src/model/driver.ts'
import { BridgeError, type ErrorCode } from '../../src/model/errors.ts'
import { Alarm } from './alarm.ts'
import { Connection, type BackOff } from './connection.ts'
import { exchangeFault, makeExchange, type Exchange } from './exchange.ts'
import type { Decoder, Framing } from './framing.ts'
import { LineJudge, type Verdict } from './line-judge.ts'
import {
  answerProblem,
  answerSize,
  answerWords,
  isException,
  parseIdentification,
  type Identification,
} from './pdu-answer.ts'
import { encodeRequest, requestProblem, requestSize, type ModbusRequest } from './pdu-request.ts'
import { RequestQueue } from './request-queue.ts'
import { TIMER_SLACK_MS, type LineTiming } from './timing.ts'
import { toReadFunction, toWriteFunction } from './to-request.ts'
import { TraceTap } from './trace-tap.ts'
import { UnitPauses } from './unit-pauses.ts'
import type { Dial } from './wire.ts'

const QUEUE_LIMIT = 1000
/** Unasked bytes between two good answers before the connection is given up. */
const STRAY_LIMIT = 4096
/** Requests in a row without a single byte coming back: the connection may be dead although TCP does not say so. */
const SILENT_LIMIT = 3
const BUSY_PAUSE_MS = 100
/** Turnaround after a broadcast, which nobody answers (Modbus over serial line V1.02, 2.4.1). */
const BROADCAST_MS = 100
const IDENTIFICATION_FRAMES_MAX = 64
/** Why a frame on a line was thrown away; empty: it was taken. */
const VERDICT_NOTES: Readonly<Record<Verdict, string>> = {
  take: '',
  late: 'late',
  foreign: 'unasked or foreign',
  wrong: 'does not fit the request',
  doubt: 'late, or in doubt',
}

export interface ModbusLinkParts {
  readonly url: string
  readonly framing: Framing
  readonly dial: Dial
  readonly backOff: BackOff
  /** A connection that can die unnoticed, and be made again. */
  readonly network: boolean
  readonly line: LineTiming
  readonly settings: LinkSettings
}

export class ModbusLink implements Link {
  readonly url: string
  readonly #framing: Framing
  readonly #network: boolean
  readonly #line: LineTiming
  readonly #settings: LinkSettings
  readonly #connection: Connection
  readonly #decoder: Decoder
  readonly #alarm: Alarm
  readonly #queue = new RequestQueue<Exchange>(QUEUE_LIMIT)
  readonly #judge = new LineJudge()
  readonly #pauses = new UnitPauses()
  readonly #tap: TraceTap
  readonly #counts = { requests: 0, timeouts: 0, exceptions: 0, badAnswers: 0 }
  #flight: Exchange | null = null
  /** What is left of our own frame that a 2-wire adapter will repeat to us. */
  #echo: Buffer | null = null
  #sent: Buffer = Buffer.alloc(0)
  #lastReceivedAt = Number.NEGATIVE_INFINITY
  #sendEndsAt = Number.NEGATIVE_INFINITY
  #noisySince: number | null = null
  #strayBytes = 0
  #silentRequests = 0
  #transaction = 0

  constructor(parts: ModbusLinkParts) {
    this.url = parts.url
    this.#framing = parts.framing
    this.#network = parts.network
    this.#line = parts.line
    this.#settings = parts.settings
    this.#tap = new TraceTap(parts.settings.clock)
    this.#decoder = parts.framing.decoder('answers')
    this.#transaction = Math.floor(parts.settings.random() * 0xffff)
    this.#alarm = new Alarm(parts.settings.clock, () => this.#tick())
    this.#connection = new Connection(parts.dial, parts.settings.clock, parts.settings.random, parts.backOff, {
      opened: () => this.#opened(),
      bytes: (chunk) => this.#received(chunk),
      lost: (reason) => this.#lost(reason),
      failed: (reason) => this.#failed(reason),
      wakeBy: (at) => this.#alarm.wakeBy(at),
    })
    this.#connection.connect()
  }

  get state(): LinkState {
    return this.#connection.state
  }

  get counters(): LinkCounters {
    return { ...this.#counts, reconnects: this.#connection.reconnects }
  }

  read(request: ReadRequest, options: RequestOptions): Promise<readonly number[]> {
    return this.#ask(request.unit, toReadFunction(request), options, answerWords)
  }

  write(request: WriteRequest, options: RequestOptions): Promise<void> {
    return this.#ask(request.unit, toWriteFunction(request), options, nothing)
  }

  /** FC 23: writes `words` from `writeAddress`, then reads; both in one frame. */
  readWrite(
    request: {
      readonly unit: number
      readonly readAddress: number
      readonly readCount: number
      readonly writeAddress: number
      readonly words: readonly number[]
    },
    options: RequestOptions,
  ): Promise<readonly number[]> {
    const { unit, ...fields } = request
    return this.#ask(unit, { functionCode: 23, ...fields }, options, answerWords)
  }

  /** FC 43/14: the device's texts by object id (0 vendor, 1 product code, 2 revision, ...), over as many frames as it takes. */
  async readDeviceIdentification(
    request: { readonly unit: number; readonly level: 1 | 2 | 3 | 4; readonly objectId: number },
    options: RequestOptions,
  ): Promise<ReadonlyMap<number, string>> {
    const objects = new Map<number, string>()
    let objectId: number | null = request.objectId
    for (let frames = 0; objectId !== null && frames < IDENTIFICATION_FRAMES_MAX; frames += 1) {
      const part: Identification | null = await this.#ask(
        request.unit,
        { functionCode: 43, level: request.level, objectId },
        options,
        (_request, pdu) => parseIdentification(pdu),
      )
      for (const [id, text] of part?.objects ?? []) objects.set(id, text)
      // A device whose next object does not advance would keep us here for ever.
      const next: number | null = part?.next ?? null
      objectId = next !== null && next > objectId ? next : null
    }
    return objects
  }

  trace(listener: (entry: TraceEntry) => void): () => void {
    return this.#tap.add(listener)
  }

  close(): Promise<void> {
    if (this.#connection.state === 'closed') return Promise.resolve()
    const closed = this.#connection.close()
    this.#alarm.cancel()
    this.#tap.event('closed')
    const waiting = this.#queue.takeAll()
    const flight = this.#flight
    this.#flight = null
    for (const exchange of flight === null ? waiting : [flight, ...waiting]) {
      exchange.fail(this.#fault('LINK_CLOSED', exchange, 'the link was closed'))
    }
    this.#tap.clear()
    return closed
  }

  // ---- calls

  #ask<T>(
    unit: number,
    request: ModbusRequest | null,
    options: RequestOptions,
    decode: (request: ModbusRequest, pdu: Buffer) => T,
  ): Promise<T> {
    if (options.signal.aborted) return Promise.reject(options.signal.reason)
    const problem = this.#problem(unit, request)
    if (problem !== null || request === null) {
      return Promise.reject(
        new BridgeError('REQUEST_INVALID', `unit ${unit} at ${this.url}: ${problem ?? 'no request'}`),
      )
    }
    const { exchange, promise } = makeExchange(unit, request, options, decode, (aborted) => {
      // On the wire it stays until its answer or deadline: the device is busy with it.
      this.#queue.remove(aborted)
      aborted.fail(options.signal.reason)
    })
    this.#enter(exchange)
    return promise
  }

  #problem(unit: number, request: ModbusRequest | null): string | null {
    if (request === null) return 'the Modbus driver does not know this kind of request'
    if (!Number.isInteger(unit) || unit < 0 || unit > 255) return `unit ${unit} is not 0 to 255`
    if (unit === 0 && !this.#framing.numbered && !isPlainWrite(request)) {
      return 'unit 0 is a broadcast on a serial line: nobody would answer'
    }
    return requestProblem(request)
  }

  #enter(exchange: Exchange): void {
    const { state } = this.#connection
    if (state === 'closed') {
      exchange.fail(this.#fault('LINK_CLOSED', exchange, 'the link is closed'))
      return
    }
    if (state === 'open' && this.#flight === null && this.#queue.size === 0 && this.#sendable(exchange)) {
      this.#send(exchange)
      return
    }
    if (!this.#queue.push(exchange)) {
      exchange.fail(this.#fault('LINK_OVERLOADED', exchange, `${QUEUE_LIMIT} requests wait already`))
      return
    }
    if (state === 'open') {
      this.#pump()
      return
    }
    const now = this.#settings.clock.monotonic()
    exchange.unreachableAt = now + exchange.timing.timeoutMs
    if (state === 'waiting' && this.#connection.nextAttemptAt > exchange.unreachableAt) {
      this.#queue.remove(exchange)
      exchange.fail(
        this.#fault('LINK_UNREACHABLE', exchange, 'not connected; the next attempt is later than its time-out'),
      )
      return
    }
    this.#wantConnection()
  }

  #wantConnection(): void {
    if (this.#queue.size === 0) return
    this.#connection.connect()
    for (const exchange of this.#queue.items()) this.#alarm.wakeBy(exchange.unreachableAt)
    if (this.#connection.state === 'waiting') this.#alarm.wakeBy(this.#connection.nextAttemptAt)
  }

  // ---- the wire's fate

  #opened(): void {
    this.#tap.event('connected')
    this.#decoder.clear()
    this.#strayBytes = 0
    this.#silentRequests = 0
    this.#noisySince = null
    this.#pump()
  }

  #lost(reason: string): void {
    this.#tap.event(`connection lost: ${reason}`)
    this.#decoder.clear()
    this.#echo = null
    const now = this.#settings.clock.monotonic()
    for (const exchange of this.#queue.items()) exchange.unreachableAt = now + exchange.timing.timeoutMs
    const flight = this.#flight
    this.#flight = null
    if (flight !== null) {
      if (!this.#framing.numbered) this.#judge.missed(flight, now)
      if (!flight.settled) this.#resendAfterLoss(flight, reason, now)
    }
    this.#wantConnection()
  }

  /** Devices that hang up when idle do so just as we ask: one read more is free. Writes are repeated only as far as the caller allows. */
  #resendAfterLoss(exchange: Exchange, reason: string, now: number): void {
    const free = !exchange.resent && exchange.request.functionCode <= 4
    if (free) exchange.attempts -= 1
    exchange.resent = true
    if (free || exchange.attempts <= exchange.timing.retries) {
      exchange.unreachableAt = now + exchange.timing.timeoutMs
      this.#queue.pushFront(exchange)
      return
    }
    const code = exchange.wrong === '' ? 'LINK_CLOSED' : 'DEVICE_BAD_ANSWER'
    exchange.fail(this.#fault(code, exchange, exchange.wrong === '' ? `connection lost: ${reason}` : exchange.wrong))
  }

  #failed(reason: string): void {
    this.#tap.event(`not connected: ${reason}`)
    for (const exchange of this.#queue.takeAll()) exchange.fail(this.#fault('LINK_UNREACHABLE', exchange, reason))
  }

  // ---- sending

  #readyAt(exchange: Exchange): number {
    return Math.max(
      exchange.notBefore,
      this.#judge.readyAt(exchange, () => this.#queue.items()),
      this.#pauses.readyAt(exchange.unit, exchange.timing.pauseMs),
      this.#connection.openedAt + exchange.timing.connectDelayMs,
    )
  }

  #lineFreeAt(): number {
    if (this.#framing.numbered) return Number.NEGATIVE_INFINITY
    return Math.max(this.#lastReceivedAt, this.#sendEndsAt) + Math.max(0, this.#line.silenceMs - TIMER_SLACK_MS)
  }

  #sendable(exchange: Exchange): boolean {
    const now = this.#settings.clock.monotonic()
    return now >= this.#lineFreeAt() && now >= this.#readyAt(exchange)
  }

  /** Sends the next request that may go, or sees to it that somebody looks again in time. */
  #pump(): void {
    if (this.#queue.size === 0) this.#noisySince = null
    if (this.#flight !== null || this.#connection.state !== 'open' || this.#queue.size === 0) return
    const now = this.#settings.clock.monotonic()
    const freeAt = this.#lineFreeAt()
    if (now < freeAt) {
      this.#waitForSilence(now, freeAt)
      return
    }
    this.#noisySince = null
    const exchange = this.#queue.take((item) => now >= this.#readyAt(item))
    if (exchange !== null) {
      this.#send(exchange)
      return
    }
    for (const item of this.#queue.items()) this.#alarm.wakeBy(this.#readyAt(item))
  }

  /** A babbling device must not hold a request for longer than its time-out. */
  #waitForSilence(now: number, freeAt: number): void {
    this.#noisySince ??= now
    this.#alarm.wakeBy(freeAt)
    for (const exchange of this.#queue.items()) {
      if (now - this.#noisySince < exchange.timing.timeoutMs) continue
      this.#queue.remove(exchange)
      this.#counts.badAnswers += 1
      exchange.fail(
        this.#fault(
          'DEVICE_BAD_ANSWER',
          exchange,
          'the line does not fall silent, some device sends without being asked',
        ),
      )
    }
  }

  #send(exchange: Exchange): void {
    const { request, unit, timing } = exchange
    const framing = this.#framing
    const size = requestSize(request)
    const buffer = Buffer.allocUnsafe(framing.pduOffset + size + framing.trailer)
    encodeRequest(request, buffer, framing.pduOffset)
    this.#transaction = (this.#transaction + 1) & 0xffff
    const frame = framing.seal(buffer, this.#transaction, unit)
    const now = this.#settings.clock.monotonic()
    const sendEndsAt = now + frame.length * this.#line.characterMs
    exchange.transaction = this.#transaction
    exchange.attempts += 1
    exchange.sentAt = now
    exchange.wrong = ''
    exchange.deadline =
      unit === 0 && !framing.numbered
        ? sendEndsAt + Math.max(BROADCAST_MS, timing.pauseMs)
        : sendEndsAt + timing.timeoutMs
    this.#flight = exchange
    this.#sent = frame
    if (!framing.numbered) {
      this.#sendEndsAt = sendEndsAt
      this.#decoder.clear()
      this.#echo = this.#settings.echo ? frame : null
    }
    this.#counts.requests += 1
    this.#silentRequests += 1
    this.#tap.frame('sent', frame, '')
    this.#alarm.wakeBy(exchange.deadline)
    this.#connection.write(frame)
  }

  // ---- receiving

  readonly #onFrame = (unit: number, transaction: number, pdu: Buffer, frame: Buffer): void => {
    const note = this.#framing.numbered ? this.#numberedFrame(unit, transaction, pdu) : this.#lineFrame(unit, pdu)
    if (note !== '') {
      this.#counts.badAnswers += 1
      this.#strayBytes += frame.length
    }
    this.#tap.frame('received', frame, note)
  }

  #received(chunk: Buffer): void {
    this.#silentRequests = 0
    let bytes = chunk
    if (!this.#framing.numbered) {
      this.#lastReceivedAt = this.#settings.clock.monotonic()
      if (this.#echo !== null) bytes = this.#withoutEcho(chunk, this.#echo)
    }
    const violation = this.#decoder.push(bytes, this.#onFrame)
    if (violation !== null) {
      this.#counts.badAnswers += 1
      this.#tap.frame('received', chunk, violation)
      if (this.#flight !== null) this.#flight.wrong = violation
      this.#connection.drop(violation)
      return
    }
    if (this.#strayBytes > STRAY_LIMIT) {
      this.#strayBytes = 0
      // A serial port has no connection to drop: there the silence before each request sorts it out.
      if (this.#network) this.#connection.drop('more unasked bytes than a device may send')
    }
    if (!this.#framing.numbered && this.#decoder.pending > 0)
      this.#alarm.wakeBy(this.#lastReceivedAt + this.#line.resyncMs)
    this.#pump()
  }

  /** Takes our own frame off the front of what comes in, as far as it is ours. */
  #withoutEcho(chunk: Buffer, echo: Buffer): Buffer {
    const length = Math.min(chunk.length, echo.length)
    if (chunk.subarray(0, length).equals(echo.subarray(0, length))) {
      this.#echo = length === echo.length ? null : echo.subarray(length)
      return chunk.subarray(length)
    }
    this.#echo = null
    if (this.#flight !== null)
      this.#flight.wrong = 'our own frame came back changed: another device sent at the same time'
    return chunk
  }

  /** Returns why the frame was thrown away, or '' when it was taken. */
  #numberedFrame(unit: number, transaction: number, pdu: Buffer): string {
    const flight = this.#flight
    if (flight === null) return 'unasked or late'
    if (transaction !== flight.transaction)
      return `transaction ${transaction} instead of ${flight.transaction}: late or foreign`
    const fits = isException(flight.request, pdu)
    const problem =
      unit !== flight.unit ? `unit ${unit} instead of ${flight.unit}` : fits ? null : answerProblem(flight.request, pdu)
    if (problem === null) {
      this.#answered(flight, pdu)
      return ''
    }
    flight.wrong = problem
    this.#attemptFailed(flight, false)
    return problem
  }

  #lineFrame(unit: number, pdu: Buffer): string {
    const now = this.#settings.clock.monotonic()
    const flight = this.#flight
    const verdict = this.#judge.judge(flight, unit, pdu, now)
    if (verdict === 'take' && flight !== null) this.#answered(flight, pdu)
    else if (verdict === 'foreign') {
      this.#pauses.distrust(unit, now)
      this.#pauses.traffic(unit, now)
    }
    return VERDICT_NOTES[verdict]
  }

  #answered(exchange: Exchange, pdu: Buffer): void {
    const now = this.#settings.clock.monotonic()
    const exceptionCode = pdu[0] === exchange.request.functionCode ? null : pdu.readUInt8(1)
    this.#flight = null
    this.#strayBytes = 0
    this.#connection.confirm()
    this.#pauses.answered(exchange.unit, exceptionCode, now)
    if (exceptionCode === null) exchange.succeed(pdu)
    else this.#refused(exchange, exceptionCode, now)
  }

  #refused(exchange: Exchange, exceptionCode: number, now: number): void {
    this.#counts.exceptions += 1
    if (exchange.settled) return
    if (exceptionCode === 6 && exchange.attempts <= exchange.timing.retries) {
      exchange.notBefore = now + Math.max(BUSY_PAUSE_MS * exchange.attempts, exchange.timing.pauseMs)
      this.#queue.pushFront(exchange)
      return
    }
    exchange.fail(
      this.#fault('DEVICE_EXCEPTION', exchange, `refused with exception ${exceptionCode}`, { exceptionCode }),
    )
  }

  // ---- what does not come

  #tick(): void {
    const now = this.#settings.clock.monotonic()
    if (this.#decoder.pending > 0 && !this.#framing.numbered) this.#resync(now)
    const flight = this.#flight
    if (flight !== null) {
      if (now >= this.#deadline(flight, now)) this.#expired(flight)
      else this.#alarm.wakeBy(this.#deadline(flight, now))
    }
    this.#connection.due()
    if (this.#connection.state !== 'open') this.#giveUpUnreachable(now)
    this.#pump()
  }

  #resync(now: number): void {
    const at = this.#lastReceivedAt + this.#line.resyncMs
    if (now < at) {
      this.#alarm.wakeBy(at)
      return
    }
    this.#decoder.silence(this.#onFrame)
    if (this.#flight !== null) this.#judgeNoise(this.#flight)
    else this.#decoder.takeNoise()
  }

  /** While an answer is coming in at the deadline, it may finish: the time-out is for the first byte. */
  #deadline(flight: Exchange, now: number): number {
    if (this.#framing.numbered || this.#decoder.pending === 0) return flight.deadline
    const last = flight.deadline + (answerSize(flight.request) + 8) * this.#line.characterMs + this.#line.resyncMs
    return now >= last
      ? flight.deadline
      : Math.max(flight.deadline, Math.min(last, this.#lastReceivedAt + this.#line.resyncMs))
  }

  /** After silence: noise that looks like the broken answer ends the attempt; other noise is only remembered. */
  #judgeNoise(flight: Exchange): void {
    const noise = this.#decoder.takeNoise()
    if (noise === null) return
    this.#counts.badAnswers += 1
    this.#strayBytes += noise.count
    const [unit, functionCode] = noise.head
    const echoed =
      noise.count === this.#sent.length && unit === flight.unit && functionCode === flight.request.functionCode
    flight.wrong = `${noise.count} broken bytes${echoed ? ': our own request heard back? Then set echo for this bus' : ''}`
    this.#tap.frame('received', Buffer.alloc(0), flight.wrong)
    const ours = unit === flight.unit && (functionCode & 0x7f) === flight.request.functionCode
    if (ours || noise.count >= answerSize(flight.request)) this.#attemptFailed(flight, false)
  }

  #expired(flight: Exchange): void {
    if (flight.unit === 0 && !this.#framing.numbered) {
      this.#flight = null
      this.#silentRequests -= 1
      flight.succeed(Buffer.alloc(0))
      return
    }
    if (flight.wrong === '' && this.#decoder.pending > 0)
      flight.wrong = `${this.#decoder.pending} bytes that make no answer`
    if (flight.wrong === '') this.#counts.timeouts += 1
    else this.#counts.badAnswers += 1
    this.#attemptFailed(flight, true)
    if (this.#silentRequests >= SILENT_LIMIT && this.#connection.state === 'open') {
      this.#silentRequests = 0
      if (this.#network) this.#connection.drop(`no byte came back to ${SILENT_LIMIT} requests`)
    }
  }

  /** One attempt brought nothing: again, or the error. */
  #attemptFailed(exchange: Exchange, silent: boolean): void {
    this.#flight = null
    this.#echo = null
    this.#decoder.clear()
    const now = this.#settings.clock.monotonic()
    this.#pauses.traffic(exchange.unit, now)
    if (!this.#framing.numbered) this.#judge.missed(exchange, now)
    if (exchange.settled) return
    if (exchange.attempts <= exchange.timing.retries) {
      this.#queue.pushFront(exchange)
      return
    }
    const timeout = silent && exchange.wrong === ''
    exchange.fail(
      timeout
        ? this.#fault('DEVICE_TIMEOUT', exchange, `no answer within ${exchange.timing.timeoutMs} ms`)
        : this.#fault('DEVICE_BAD_ANSWER', exchange, exchange.wrong),
    )
  }

  #giveUpUnreachable(now: number): void {
    for (const exchange of this.#queue.items()) {
      if (now < exchange.unreachableAt) {
        this.#alarm.wakeBy(exchange.unreachableAt)
        continue
      }
      this.#queue.remove(exchange)
      exchange.fail(this.#fault('LINK_UNREACHABLE', exchange, `not connected within ${exchange.timing.timeoutMs} ms`))
    }
    if (this.#queue.size > 0) this.#connection.connect()
  }

  // ---- telling

  #fault(
    code: ErrorCode,
    exchange: Exchange,
    why: string,
    details: Readonly<Record<string, number>> = {},
  ): BridgeError {
    return exchangeFault(code, this.url, exchange, why, details)
  }
}

function nothing(): void {
  // A confirmed write has no value.
}

function isPlainWrite(request: ModbusRequest): boolean {
  return request.functionCode !== 43 && request.functionCode !== 23 && request.functionCode > 4
}
