/**
 * Delivers the stored, transaction-related messages of one station to one CSMS: in order, one at a time, across restarts and for as
 * long as it takes (OCPP 1.6 §3.7). A failure to process is repeated a few times with growing rests, then given up (§3.7.1).
 */
import type { Delivery, Ledger, OutboxEntry, QueuedMessage } from '../../../ledger/ledger.ts'
import type { Clock } from '../../../model/clock.ts'
import type { StationAnswer } from '../../../model/csms.ts'
import { isBridgeError, toBridgeError } from '../../../model/errors.ts'
import type { StationHappening } from '../../../model/event.ts'
import type { OcppVersion, WireCall } from '../../../model/ocpp-version.ts'
import { RpcCallError } from '../../rpc/connection.ts'
import { Bell } from '../actor.ts'
import { restamped } from '../restamp.ts'
import type { StationSettings } from '../settings.ts'

interface OutboxLink {
  /** Registered with the CSMS, and the socket is open. */
  readonly isReady: () => boolean
  readonly call: (call: WireCall, messageId: string, signal: AbortSignal) => Promise<unknown>
  /** Monotonic ms of the last frame received, 0 before any. */
  readonly heardAt: () => number
  readonly reconnect: (reason: string) => void
}

export interface OutboxOptions {
  readonly upstreamId: string
  readonly stationId: string
  readonly version: OcppVersion
  readonly ledger: Ledger
  readonly clock: Clock
  readonly settings: StationSettings
  readonly newId: () => string
  readonly link: OutboxLink
  readonly emit: (happening: StationHappening) => void
  /** Puts stamps of before the machine's clock was set right; null: it was set from the start. */
  readonly trueTime: ((at: number) => number) | null
  /** The CSMS has taken it and answered. Not told of samples. */
  readonly onDelivered: (entry: OutboxEntry, answer: StationAnswer | null) => void
}

const LEDGER_REST_MS = 5_000
/**
 * So many messages are read, and at most so many deliveries noted, at once. A process that is killed repeats these, each with its id
 * and contents of before; starts and ends are noted at once.
 */
const WINDOW = 32

export class Outbox {
  readonly #options: OutboxOptions
  readonly #bell = new Bell()
  /** Delivered, but not noted in the ledger yet: sent again only if the process dies before that. */
  #deliveries: Delivery[] = []
  /** Read ahead, newest first: the last one is next. Null: none, as with most stations most of the time. */
  #window: QueuedMessage[] | null = null
  /** Names that the CSMS gave to transactions since the window was read. */
  #names: Map<string, string> | null = null
  #rest: { readonly sequence: number; readonly until: number } | null = null
  /** Time-outs in a row of one message, the uncounted first one included. */
  #silences: { readonly sequence: number; readonly count: number } | null = null
  /** The id of a message's next try, after an answer on this connection has used up the one before. */
  #nextId: { readonly sequence: number; readonly messageId: string } | null = null
  #idle: Bell | null = null

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** There is a new message, or the link is ready again. */
  wake(): void {
    this.#bell.ring()
  }

  /** Resolves when nothing is left to deliver, or when the signal aborts. */
  async drained(signal: AbortSignal): Promise<void> {
    const { ledger, upstreamId, stationId } = this.#options
    const idle = new Bell()
    this.#idle = idle
    while (!signal.aborted && (await ledger.backlog(upstreamId, stationId)) > 0) await idle.wait(signal)
    if (this.#idle === idle) this.#idle = null
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#deliverUntil(signal)
    try {
      await this.#note()
    } catch {
      // They are sent again after the next start, as they were.
    }
  }

  async #deliverUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (!(await this.#step(signal))) await this.#bell.wait(signal)
      } catch (error) {
        if (signal.aborted) return
        this.#forgetWindow()
        const fault = toBridgeError(error)
        this.#options.emit({ kind: 'station-fault', code: fault.code, text: `outbox: ${fault.message}` })
        await this.#sleep(LEDGER_REST_MS, signal)
      }
    }
  }

  /** One message. False: nothing can be done until the bell rings. */
  async #step(signal: AbortSignal): Promise<boolean> {
    const { clock, link } = this.#options
    if (!link.isReady()) {
      await this.#note()
      return false
    }
    const entry = this.#window?.at(-1) ?? (await this.#read())
    if (entry === undefined) {
      this.#idle?.ring()
      return false
    }
    const rest = this.#rest
    if (rest !== null && rest.sequence === entry.sequence && rest.until > clock.monotonic()) {
      await this.#note()
      await this.#sleep(rest.until - clock.monotonic(), signal)
      return true
    }
    if (link.isReady()) await this.#deliver(entry, signal)
    return true
  }

  /** Notes what was delivered and reads on. The first message read, if there is any. */
  async #read(): Promise<QueuedMessage | undefined> {
    this.#forgetWindow()
    const window = await this.#advance(WINDOW)
    if (window.length > 1) this.#window = window.toReversed()
    return window[0]
  }

  async #note(): Promise<void> {
    if (this.#deliveries.length > 0) await this.#advance(0)
  }

  async #advance(limit: number): Promise<readonly QueuedMessage[]> {
    const { ledger, upstreamId, stationId } = this.#options
    const deliveries = this.#deliveries
    const window = await ledger.advance(upstreamId, stationId, deliveries, limit)
    if (deliveries.length > 0) this.#deliveries = []
    return window
  }

  #forgetWindow(): void {
    this.#window = null
    this.#names = null
  }

  async #deliver(entry: QueuedMessage, signal: AbortSignal): Promise<void> {
    const { version, link, clock } = this.#options
    const call = await this.#worded(entry)
    if (call === null) return
    const messageId = this.#nextId?.sequence === entry.sequence ? this.#nextId.messageId : entry.messageId
    const sentAt = clock.monotonic()
    let payload: unknown
    try {
      payload = await link.call(call, messageId, signal)
    } catch (error) {
      if (!signal.aborted) await this.#notDelivered(entry, error, sentAt)
      return
    }
    let answer: StationAnswer | null = null
    try {
      answer = version.decodeAnswer(entry.message, payload)
    } catch (error) {
      this.#failedCall(entry, toBridgeError(error).message)
      // Without a transaction id a start is not delivered; of the others the CSMS has said that it has them.
      if (entry.message.kind === 'transaction-started') return this.#again(entry, 'the answer has no transaction id')
    }
    const csmsTransactionId = answer?.kind === 'transaction-started' ? answer.csmsTransactionId : null
    this.#settled(entry, csmsTransactionId)
    try {
      // Starts and ends are noted before anything else goes: were one repeated, the CSMS might book it a second time.
      if (csmsTransactionId !== null || entry.message.kind === 'transaction-ended') await this.#note()
    } finally {
      // Most messages are samples, and their answer says nothing: no job for the station.
      if (entry.message.kind !== 'meter-values') this.#options.onDelivered(entry, answer)
    }
    if (csmsTransactionId !== null && this.#window !== null && entry.transactionId !== null)
      this.#names = (this.#names ?? new Map<string, string>()).set(entry.transactionId, csmsTransactionId)
  }

  /** It need not be sent any more. */
  #settled({ sequence }: OutboxEntry, csmsTransactionId: string | null): void {
    this.#rest = null
    this.#silences = null
    this.#window?.pop()
    this.#deliveries.push({ sequence, csmsTransactionId })
  }

  /** The frame, with the CSMS's transaction id patched in. Null: it can never be sent and was given up. */
  async #worded(entry: QueuedMessage): Promise<WireCall | null> {
    const { version } = this.#options
    const { message, transactionId } = entry
    const isStart = message.kind === 'transaction-started'
    const csmsId =
      transactionId === null || isStart ? null : (entry.csmsTransactionId ?? this.#names?.get(transactionId) ?? null)
    if (transactionId !== null && !isStart && csmsId === null) {
      // Order is kept, so its start is not waiting any more: it was given up.
      await this.#giveUp(entry, 'the CSMS never took the start of this transaction')
      return null
    }
    try {
      return version.encode(restamped(message, this.#options.trueTime), {
        csmsTransactionId: (id) => (id === transactionId ? csmsId : null),
      })
    } catch (error) {
      await this.#giveUp(entry, `it cannot be worded: ${toBridgeError(error).message}`)
      return null
    }
  }

  async #notDelivered(entry: OutboxEntry, error: unknown, sentAt: number): Promise<void> {
    const { link } = this.#options
    if (error instanceof RpcCallError) {
      const reason = `${error.code}: ${error.message}`
      // Retries are for transactions (§3.7.1). A CSMS that does not know the other messages must not hold those up.
      return entry.transactionId === null ? this.#letGo(entry, reason) : this.#again(entry, reason)
    }
    if (isBridgeError(error, 'FRAME_INVALID')) return this.#again(entry, error.message)
    if (isBridgeError(error, 'CALL_TIMEOUT')) {
      const heard = link.heardAt() > sentAt
      const silences = this.#silences?.sequence === entry.sequence ? this.#silences.count + 1 : 1
      this.#silences = { sequence: entry.sequence, count: silences }
      link.reconnect('a call was not answered')
      // A dead link is no failure to process (§3.7.1). It was alive if other frames came, or if a fresh connection was silent as well.
      if (heard || silences > 1) return this.#count(entry, 'no answer')
      this.#failedCall(entry, 'no answer')
      return
    }
    // The link went away: it is sent again when it is back, and not counted.
    if (!isBridgeError(error, 'LINK_CLOSED')) {
      this.#failedCall(entry, toBridgeError(error).message)
      this.#rest = { sequence: entry.sequence, until: this.#options.clock.monotonic() + LEDGER_REST_MS }
    }
  }

  /** It was answered, and not well: tried again on this connection it is another CALL, whose id is new (OCPP-J 1.6 §4.1.4). */
  #again(entry: OutboxEntry, reason: string): Promise<void> {
    this.#nextId = { sequence: entry.sequence, messageId: this.#options.newId() }
    return this.#count(entry, reason)
  }

  async #count(entry: OutboxEntry, reason: string): Promise<void> {
    const { ledger, settings, clock } = this.#options
    this.#failedCall(entry, reason)
    const attempts = await ledger.failed(entry.sequence)
    if (attempts >= settings.number('transactionMessageAttempts')) return this.#giveUp(entry, reason)
    const restMs = settings.number('transactionMessageRetryInterval') * 1000 * attempts
    this.#rest = { sequence: entry.sequence, until: clock.monotonic() + restMs }
  }

  #letGo(entry: OutboxEntry, reason: string): void {
    this.#failedCall(entry, reason)
    this.#settled(entry, null)
  }

  async #giveUp(entry: OutboxEntry, reason: string): Promise<void> {
    const { ledger, upstreamId, emit } = this.#options
    await ledger.deadLetter(entry.sequence, reason)
    // Others may have gone with it.
    this.#forgetWindow()
    this.#rest = null
    this.#silences = null
    emit({ kind: 'dead-letter', upstreamId, sequence: entry.sequence, reason })
  }

  #failedCall(entry: OutboxEntry, reason: string): void {
    const { emit, upstreamId } = this.#options
    emit({ kind: 'call-failed', upstreamId, message: entry.message.kind, reason })
  }

  async #sleep(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.clock.sleep(ms, signal)
    } catch {
      // Closing: the loop looks at the signal.
    }
  }
}
