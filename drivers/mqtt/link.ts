/** The client side: topics are subscribed when they are first asked for, their newest payload is the answer; orders are published. */

import { randomBytes } from 'node:crypto'

import type { Clock } from '../../src/model/clock.ts'
import type {
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
import { BridgeError, type ErrorCode } from '../../src/model/errors.ts'
import { LinkRecord } from '../../src/wire/link-record.ts'
import { OpenCalls } from '../../src/wire/open-calls.ts'
import { toText } from '../../src/wire/text.ts'
import { within } from '../../src/wire/waiting.ts'
import { BrokerConnection } from './connection.ts'
import type { Session } from './session.ts'
import { topicProblem, Topics, TOPICS_MAX } from './topics.ts'
import type { MqttAddress } from './url.ts'

/** Of a message, bytes. */
export const PAYLOAD_LIMIT = 256 * 1024
const ORDERS_MAX = 200
/** Topics in one SUBSCRIBE. */
const SUBSCRIBE_MAX = 50

export class MqttLink implements DocumentLink {
  readonly kind = 'documents'
  readonly url: string
  readonly #clock: Clock
  readonly #record: LinkRecord
  readonly #topics: Topics
  readonly #connection: BrokerConnection
  readonly #calls: OpenCalls
  #arrival = Promise.withResolvers<Session>()
  #orders = 0
  #nextOrderAt = Number.NEGATIVE_INFINITY

  constructor(address: MqttAddress, { clock, random }: LinkSettings) {
    this.url = address.shown
    this.#clock = clock
    this.#record = new LinkRecord(clock)
    this.#topics = new Topics(clock)
    this.#calls = new OpenCalls(this.url)
    this.#arrival.promise.catch(() => undefined)
    this.#connection = new BrokerConnection({
      address,
      clientId: address.clientId ?? `ampbridge-${randomBytes(6).toString('hex')}`,
      clock,
      random,
      opened: (session) => this.#opened(session),
      message: (topic, payload, retained) => this.#message(topic, payload, retained),
      failed: (reason, wasOpen) => this.#failed(reason, wasOpen),
    })
  }

  get state(): LinkState {
    return this.#connection.state
  }

  get counters(): LinkCounters {
    return { ...this.#record.counts, reconnects: this.#connection.reconnects }
  }

  async ask(request: DocumentRead, options: RequestOptions): Promise<DocumentAnswer> {
    if (request.kind !== 'topic') throw this.#unknownKind()
    const { topic } = request
    const { timeoutMs } = options.timing
    const problem = topicProblem(topic)
    if (problem !== null) throw this.#fault('REQUEST_INVALID', 'ask', problem)
    return this.#calls.run(options.signal, async (signal) => {
      const newest = this.#topics.newest(topic)
      if (newest !== null) return newest
      this.#open(topic)
      const answer = await this.#topics.next(topic, timeoutMs, signal)
      if (answer !== null) return answer
      if (this.state !== 'open') throw this.#fault('LINK_UNREACHABLE', topic, `not connected within ${timeoutMs} ms`)
      this.#record.counts.timeouts += 1
      throw this.#fault('DEVICE_TIMEOUT', topic, `nothing came within ${timeoutMs} ms`)
    })
  }

  async tell(request: DocumentWrite, options: RequestOptions): Promise<null> {
    if (request.kind !== 'publish') throw this.#unknownKind()
    const { topic, payload, retain } = request
    const { timeoutMs, pauseMs } = options.timing
    const size = Buffer.byteLength(payload)
    const problem =
      topicProblem(topic) ?? (size > PAYLOAD_LIMIT ? `the payload is larger than ${PAYLOAD_LIMIT} bytes` : null)
    if (problem !== null) throw this.#fault('REQUEST_INVALID', 'publish', problem)
    return this.#calls.run(options.signal, async (signal) => {
      if (this.#orders >= ORDERS_MAX) throw this.#fault('LINK_OVERLOADED', topic, `${ORDERS_MAX} orders wait already`)
      this.#orders += 1
      try {
        await this.#orderTurn(pauseMs, signal)
        const session = await this.#session(topic, timeoutMs, signal)
        this.#record.counts.requests += 1
        this.#record.message('sent', shown(topic, payload))
        const confirmed = session.publish(topic, payload, retain).then(
          () => true,
          (error: unknown) => {
            throw this.#fault('LINK_CLOSED', topic, error instanceof Error ? error.message : String(error))
          },
        )
        if ((await within(this.#clock, timeoutMs, signal, confirmed)) !== null) return null
        this.#record.counts.timeouts += 1
        throw this.#fault('DEVICE_TIMEOUT', topic, `the broker did not confirm the order within ${timeoutMs} ms`)
      } finally {
        this.#orders -= 1
      }
    })
  }

  trace(listener: (entry: TraceEntry) => void): () => void {
    return this.#record.listen(listener)
  }

  async close(): Promise<void> {
    if (this.state === 'closed') return
    const closed = this.#connection.close()
    this.#calls.close()
    this.#record.event('closed')
    this.#record.close()
    await closed
  }

  // ---- calls

  /** Subscribes a topic that nobody asked for before. While the broker is away nobody waits for it. */
  #open(topic: string): void {
    const known = this.#topics.has(topic)
    if (!known && this.#topics.full)
      throw this.#fault('LINK_OVERLOADED', topic, `${TOPICS_MAX} topics are subscribed already`)
    this.#topics.add(topic)
    if (this.state === 'waiting') throw this.#fault('LINK_UNREACHABLE', topic, this.#connection.reason)
    const { session } = this.#connection
    if (!known && session !== null) void this.#subscribe(session, [topic])
  }

  /** Orders leave in their order, each `pauseMs` after the one before. */
  async #orderTurn(pauseMs: number, signal: AbortSignal): Promise<void> {
    const now = this.#clock.monotonic()
    const at = Math.max(now, this.#nextOrderAt)
    this.#nextOrderAt = at + pauseMs
    if (at > now) await this.#clock.sleep(Math.ceil(at - now), signal)
  }

  async #session(topic: string, timeoutMs: number, signal: AbortSignal): Promise<Session> {
    const { session, reason } = this.#connection
    if (session !== null) return session
    if (this.state === 'waiting') throw this.#fault('LINK_UNREACHABLE', topic, reason)
    const opened = await within(this.#clock, timeoutMs, signal, this.#arrival.promise)
    if (opened === null) throw this.#fault('LINK_UNREACHABLE', topic, `not connected within ${timeoutMs} ms`)
    return opened
  }

  // ---- what the broker does

  #opened(session: Session): void {
    this.#record.event('connected')
    this.#arrival.resolve(session)
    const { names } = this.#topics
    for (let from = 0; from < names.length; from += SUBSCRIBE_MAX) {
      void this.#subscribe(session, names.slice(from, from + SUBSCRIBE_MAX))
    }
  }

  async #subscribe(session: Session, topics: readonly string[]): Promise<void> {
    this.#record.counts.requests += topics.length
    this.#record.event(`subscribe ${topics.join(', ').slice(0, 500)}`)
    // When the session ends meanwhile, `#failed` tells those who wait; the next one subscribes anew.
    const refused = await session.subscribe(topics).catch(() => [])
    for (const topic of refused) {
      this.#record.counts.exceptions += 1
      this.#topics.fail(topic, this.#fault('DEVICE_EXCEPTION', topic, 'the broker refuses the subscription'))
      this.#topics.forget(topic)
    }
  }

  #message(topic: string, payload: Buffer, retained: boolean): void {
    if (payload.length > PAYLOAD_LIMIT) {
      this.#record.counts.badAnswers += 1
      this.#record.message('received', topic, `dropped: ${payload.length} bytes are more than ${PAYLOAD_LIMIT}`)
      this.#topics.fail(
        topic,
        this.#fault('DEVICE_BAD_ANSWER', topic, `the payload is larger than ${PAYLOAD_LIMIT} bytes`),
      )
      return
    }
    const body = toText(payload)
    this.#record.message('received', shown(topic, body))
    this.#topics.arrived(topic, body, retained, this.#clock.monotonic())
  }

  #failed(reason: string, wasOpen: boolean): void {
    this.#record.event(`${wasOpen ? 'connection lost' : 'not connected'}: ${reason}`)
    const code = wasOpen ? 'LINK_CLOSED' : 'LINK_UNREACHABLE'
    this.#arrival.reject(this.#fault(code, 'broker', reason))
    this.#arrival = Promise.withResolvers()
    this.#arrival.promise.catch(() => undefined)
    for (const topic of this.#topics.names) this.#topics.fail(topic, this.#fault(code, topic, reason))
  }

  #unknownKind(): BridgeError {
    return new BridgeError('REQUEST_INVALID', `${this.url}: the MQTT driver does not know this kind of request`)
  }

  #fault(code: ErrorCode, what: string, why: string): BridgeError {
    return new BridgeError(code, `${what.slice(0, 200)} at ${this.url}: ${why}`)
  }
}

function shown(topic: string, payload: string): string {
  return `${topic}\n\n${payload}`
}
