/** The client side: a datagram goes out, the one that fits comes back. One request at a time per device. */

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

import type {
  Datagram,
  DeviceTiming,
  DocumentAnswer,
  DocumentLink,
  DocumentRead,
  DocumentWrite,
  LinkCounters,
  LinkSettings,
  LinkState,
  RequestOptions,
  TraceEntry,
} from '../../src/model/driver.ts'
import type { Clock } from '../../src/model/clock.ts'
import { BridgeError, isBridgeError, type ErrorCode } from '../../src/model/errors.ts'
import { LinkRecord } from '../../src/wire/link-record.ts'
import { OpenCalls } from '../../src/wire/open-calls.ts'
import { inShort, toText } from '../../src/wire/text.ts'
import { Turns } from '../../src/wire/turns.ts'
import { within } from '../../src/wire/waiting.ts'
import { inWords } from './send-words.ts'
import { fits, OwedAnswers } from './owed-answers.ts'
import { takeSeat, type Seat } from './shared-socket.ts'
import type { UdpAddress } from './url.ts'

/** Of a datagram, bytes. */
export const DATAGRAM_LIMIT = 8 * 1024
/** So many requests in a row without an answer mean that the device is away. */
const AWAY_AFTER = 3

interface Waiting {
  readonly match: string | null
  readonly arrived: (answer: DocumentAnswer) => void
  /** What came instead; empty: nothing. */
  wrong: string
}

export class UdpLink implements DocumentLink {
  readonly kind = 'documents'
  readonly url: string
  readonly #address: UdpAddress
  readonly #clock: Clock
  readonly #record: LinkRecord
  readonly #turns: Turns
  readonly #owed = new OwedAnswers()
  readonly #calls: OpenCalls
  #state: LinkState = 'connecting'
  #seat: Promise<Seat> | null = null
  #waiting: Waiting | null = null
  #missed = 0
  /** It has answered once. */
  #met = false

  constructor(address: UdpAddress, { clock }: LinkSettings) {
    this.url = address.shown
    this.#address = address
    this.#clock = clock
    this.#record = new LinkRecord(clock)
    this.#turns = new Turns(this.url, clock)
    this.#calls = new OpenCalls(this.url)
    // The first request reports what fails here.
    this.#ready().catch(() => undefined)
  }

  get state(): LinkState {
    return this.#state
  }

  get counters(): LinkCounters {
    return { ...this.#record.counts }
  }

  async ask(request: DocumentRead, options: RequestOptions): Promise<DocumentAnswer> {
    const datagram = this.#checked(request)
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#call(datagram, options, (signal) => this.#exchange(datagram, options.timing, signal))
      } catch (error) {
        const lost = isBridgeError(error, 'DEVICE_TIMEOUT') || isBridgeError(error, 'DEVICE_BAD_ANSWER')
        if (!lost || tries > options.timing.retries) throw error
      }
    }
  }

  async tell(request: DocumentWrite, options: RequestOptions): Promise<DocumentAnswer | null> {
    const datagram = this.#checked(request)
    return this.#call(datagram, options, async (signal) => {
      const { timeoutMs } = options.timing
      if (datagram.match !== null) return this.#exchange(datagram, options.timing, signal)
      await this.#send(datagram, timeoutMs, signal, null)
      this.#owed.add(datagram, this.#clock.monotonic() + timeoutMs)
      return null
    })
  }

  trace(listener: (entry: TraceEntry) => void): () => void {
    return this.#record.listen(listener)
  }

  close(): Promise<void> {
    if (this.#state === 'closed') return Promise.resolve()
    this.#state = 'closed'
    this.#calls.close()
    this.#record.event('closed')
    this.#record.close()
    this.#leaveSeat()
    return Promise.resolve()
  }

  #checked(request: DocumentRead | DocumentWrite): Datagram {
    const invalid = (why: string): BridgeError => new BridgeError('REQUEST_INVALID', `${this.url}: ${why}`)
    if (request.kind !== 'datagram') throw invalid('the UDP driver does not know this kind of request')
    if (request.text === '') throw invalid('the datagram is empty')
    if (Buffer.byteLength(request.text) > DATAGRAM_LIMIT)
      throw invalid(`the datagram is larger than ${DATAGRAM_LIMIT} bytes`)
    if (request.match === '') throw invalid('an empty text to match would take any answer')
    return request
  }

  /** `work` in its turn; it ends at once when the call is aborted or the link closed. */
  #call<T>(
    request: Datagram,
    { timing, urgency, signal }: RequestOptions,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return this.#calls.run(signal, (call) =>
      this.#turns.take(urgency, timing.pauseMs, call, async () => {
        const now = this.#clock.monotonic()
        const wait = this.#owed.clearAt(request, now) - now
        if (wait > 0) await this.#clock.sleep(Math.ceil(wait), call)
        return work(call)
      }),
    )
  }

  async #exchange(request: Datagram, { timeoutMs }: DeviceTiming, signal: AbortSignal): Promise<DocumentAnswer> {
    const { promise, resolve } = Promise.withResolvers<DocumentAnswer>()
    const waiting: Waiting = { match: request.match, arrived: resolve, wrong: '' }
    try {
      await this.#send(request, timeoutMs, signal, waiting)
      const answer = await within(this.#clock, timeoutMs, signal, promise)
      if (answer !== null) {
        this.#answered()
        return answer
      }
    } finally {
      if (this.#waiting === waiting) {
        this.#waiting = null
        this.#owed.add(request, this.#clock.monotonic() + timeoutMs)
      }
    }
    this.#unanswered()
    if (waiting.wrong !== '')
      throw this.#fault('DEVICE_BAD_ANSWER', request, `the answer did not come, but ${waiting.wrong}`)
    this.#record.counts.timeouts += 1
    throw this.#fault('DEVICE_TIMEOUT', request, `no answer within ${timeoutMs} ms`)
  }

  /** @param waiting who waits for the answer from the moment in which the datagram leaves; null: nobody */
  async #send(request: Datagram, timeoutMs: number, signal: AbortSignal, waiting: Waiting | null): Promise<void> {
    try {
      const seat = await within(this.#clock, timeoutMs, signal, this.#ready())
      if (seat === null) throw new Error(`the name was not looked up within ${timeoutMs} ms`)
      this.#record.counts.requests += 1
      this.#record.message('sent', request.text)
      this.#waiting = waiting
      await within(this.#clock, timeoutMs, signal, seat.send(Buffer.from(request.text)))
    } catch (error) {
      if (signal.aborted) throw signal.reason
      this.#waiting = null
      const why = inWords(error, this.#address.localPort)
      this.#record.event(why)
      if (this.#state !== 'closed') this.#state = 'waiting'
      throw this.#fault('LINK_UNREACHABLE', request, why)
    }
  }

  /** Our place at the local port, with the device's address looked up. */
  #ready(): Promise<Seat> {
    this.#seat ??= this.#takeSeat().catch((error: unknown) => {
      this.#seat = null
      throw error
    })
    return this.#seat
  }

  async #takeSeat(): Promise<Seat> {
    const { host, port, localPort } = this.#address
    const { address, family } = await lookup(host)
    const seat = takeSeat({ address, family: family === 6 ? 6 : 4, port }, localPort, {
      received: (bytes) => this.#received(bytes),
      lost: (reason) => {
        this.#record.event(`local port lost: ${reason}`)
      },
    })
    try {
      await seat.ready()
    } catch (error) {
      seat.leave()
      throw error
    }
    if (this.#state === 'connecting') this.#state = 'open'
    this.#record.event(`listening for ${address}`)
    return seat
  }

  #received(bytes: Buffer): void {
    if (this.#state === 'closed') return
    const waiting = this.#waiting
    const text = toText(bytes.subarray(0, DATAGRAM_LIMIT))
    const tooLarge = bytes.length > DATAGRAM_LIMIT
    if (waiting !== null && !tooLarge && fits(text, waiting.match)) {
      this.#record.message('received', text)
      this.#waiting = null
      waiting.arrived({ body: text, at: this.#clock.monotonic() })
      return
    }
    // A late answer, a copy, or news that nobody asked for.
    this.#record.counts.badAnswers += 1
    this.#record.message(
      'received',
      text,
      tooLarge ? `dropped: larger than ${DATAGRAM_LIMIT} bytes` : 'dropped: nobody waits for it',
    )
    this.#owed.came(text)
    if (waiting !== null) waiting.wrong = tooLarge ? `${bytes.length} bytes` : quoted(text)
  }

  #answered(): void {
    if (this.#state === 'waiting' && this.#met) this.#record.counts.reconnects += 1
    this.#met = true
    this.#missed = 0
    if (this.#state !== 'closed') this.#state = 'open'
  }

  #unanswered(): void {
    this.#missed += 1
    if (this.#missed < AWAY_AFTER || this.#state === 'closed') return
    this.#missed = 0
    this.#state = 'waiting'
    // It may have got another address: the next request looks its name up again.
    if (isIP(this.#address.host) === 0) this.#leaveSeat()
  }

  #leaveSeat(): void {
    const seat = this.#seat
    this.#seat = null
    seat?.then(
      (taken) => taken.leave(),
      () => undefined,
    )
  }

  #fault(code: ErrorCode, request: Datagram, why: string): BridgeError {
    return new BridgeError(code, `${quoted(request.text)} to ${this.url}: ${why}`)
  }
}

function quoted(text: string): string {
  return `"${inShort(text, 100)}"`
}
