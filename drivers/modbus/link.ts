/**
 * The client side: one queue, one request on the wire at a time, answers taken only when they fit what was asked.
 * Everything runs from four events (a call, bytes, the wire's fate, the alarm), so nothing waits in a chain of promises.
 */

import type {
  RegisterLink,
  LinkCounters,
  LinkSettings,
  LinkState,
  RegisterRead,
  RequestOptions,
  TraceEntry,
  WriteRequest,
} from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'
import type { BackOff } from '../../src/wire/back-off.ts'
import { LinkRecord } from '../../src/wire/link-record.ts'
import type { Dial, Wire } from '../../src/wire/wire.ts'
import { Alarm } from './alarm.ts'
import { makeCall } from './call.ts'
import { Connection } from './connection.ts'
import { Exchange } from './exchange.ts'
import type { Framing } from './framing.ts'
import { LineJudge } from './line-judge.ts'
import { LineSilence } from './line-silence.ts'
import type { LinkParts } from './link-parts.ts'
import { answerWords, parseIdentification, type Identification } from './pdu-answer.ts'
import { requestProblem, type ModbusRequest } from './pdu-request.ts'
import type { LineTiming } from './timing.ts'
import { toReadFunction, toWriteFunction } from './to-request.ts'
import { Turns } from './turns.ts'
import { UnitPauses } from './unit-pauses.ts'

const IDENTIFICATION_FRAMES_MAX = 64

export interface ModbusLinkSettings {
  readonly url: string
  readonly framing: Framing
  readonly dial: Dial<Wire>
  readonly backOff: BackOff
  /** A connection that can die unnoticed, and be made again. */
  readonly network: boolean
  readonly line: LineTiming
  readonly settings: LinkSettings
}

export class ModbusLink implements RegisterLink {
  readonly kind = 'registers'
  readonly url: string
  readonly #parts: LinkParts
  readonly #exchange: Exchange
  readonly #turns: Turns

  constructor({ url, framing, dial, backOff, network, line, settings }: ModbusLinkSettings) {
    const { clock, random, echo } = settings
    const alarm = new Alarm(clock, () => this.#rung())
    const pauses = new UnitPauses()
    const connection = new Connection(dial, clock, random, backOff, {
      opened: () => this.#opened(),
      bytes: (chunk) => {
        this.#exchange.bytes(chunk)
        this.#turns.next()
      },
      lost: (reason) => this.#lost(reason),
      failed: (reason) => {
        record.event(`not connected: ${reason}`)
        this.#turns.failAll('LINK_UNREACHABLE', reason)
      },
      wakeBy: (at) => alarm.wakeBy(at),
    })
    const record = new LinkRecord(clock)
    const silence = new LineSilence(line.silenceMs)
    const judge = framing.numbered ? null : new LineJudge(pauses)
    this.url = url
    this.#parts = { url, framing, clock, alarm, connection, record, pauses, silence, judge }
    this.#exchange = new Exchange(this.#parts, {
      line,
      echo,
      network,
      firstTransaction: Math.floor(random() * 0xffff),
      again: (call) => this.#turns.again(call),
    })
    this.#turns = new Turns(this.#parts, this.#exchange)
    connection.connect()
  }

  get state(): LinkState {
    return this.#parts.connection.state
  }

  get counters(): LinkCounters {
    return { ...this.#parts.record.counts, reconnects: this.#parts.connection.reconnects }
  }

  read(request: RegisterRead, options: RequestOptions): Promise<readonly number[]> {
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
    return this.#parts.record.listen(listener)
  }

  close(): Promise<void> {
    const { alarm, connection, record } = this.#parts
    if (connection.state === 'closed') return Promise.resolve()
    const closed = connection.close()
    alarm.close()
    record.event('closed')
    record.close()
    this.#exchange.linkClosed('the link was closed')
    this.#turns.failAll('LINK_CLOSED', 'the link was closed')
    return closed
  }

  // ---- the four events

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
    const { call, promise } = makeCall(unit, request, options, decode, (aborted) => {
      this.#turns.leave(aborted)
      aborted.fail(options.signal.reason)
    })
    this.#turns.enter(call)
    return promise
  }

  #opened(): void {
    this.#parts.record.event('connected')
    this.#exchange.connected()
    this.#turns.next()
  }

  #lost(reason: string): void {
    this.#parts.record.event(`connection lost: ${reason}`)
    this.#exchange.connectionLost(reason)
    this.#turns.connectionLost()
  }

  #rung(): void {
    const now = this.#parts.clock.monotonic()
    this.#exchange.due(now)
    this.#parts.connection.due()
    this.#turns.due(now)
    this.#turns.next()
  }

  #problem(unit: number, request: ModbusRequest | null): string | null {
    if (request === null) return 'the Modbus driver does not know this kind of request'
    if (!Number.isInteger(unit) || unit < 0 || unit > 255) return `unit ${unit} is not 0 to 255`
    if (unit === 0 && !this.#parts.framing.numbered && !isPlainWrite(request)) {
      return 'unit 0 is a broadcast on a serial line: nobody would answer'
    }
    return requestProblem(request)
  }
}

function nothing(): void {
  // A confirmed write has no value.
}

function isPlainWrite(request: ModbusRequest): boolean {
  return request.functionCode !== 43 && request.functionCode !== 23 && request.functionCode > 4
}
