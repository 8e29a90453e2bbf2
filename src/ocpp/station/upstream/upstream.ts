/**
 * One station's conversation with one CSMS: registration (OCPP 1.6 §4.2), heartbeats, statuses, the outbox, and the CSMS's requests.
 * Until the CSMS has accepted the station nothing is sent of our own accord, queued messages included.
 */
import type { Ledger, OutboxEntry } from '../../../ledger/ledger.ts'
import type { Clock } from '../../../model/clock.ts'
import type { StationAnswer, StationMessage } from '../../../model/csms.ts'
import type { CsmsRequest } from '../../../model/csms-request.ts'
import { BridgeError } from '../../../model/errors.ts'
import type { StationHappening } from '../../../model/event.ts'
import type { OcppVersion, WireCall } from '../../../model/ocpp-version.ts'
import type { SecurityEventType } from '../../../model/security-event.ts'
import type { StationIdentity } from '../../../model/station.ts'
import type { UpstreamAccess } from '../../../model/upstream-access.ts'
import type { FrameTrace, RpcConnection, RpcHandlers, RpcNotice } from '../../rpc/connection.ts'
import { type BootAnswer, BootNotifications, type Registration } from './boot-notifications.ts'
import { Heartbeats } from './heartbeats.ts'
import { type Answered, IncomingCalls, type Later } from './incoming-calls.ts'
import { Outbox } from './outbox.ts'
import { restamped } from '../restamp.ts'
import { StatusQueue } from '../status/status-queue.ts'
import type { StationSettings } from '../settings.ts'

export interface UpstreamOptions {
  readonly id: string
  readonly version: OcppVersion
  /** Opens the connection, e.g. with `connectRpc`. */
  readonly connect: (handlers: RpcHandlers) => RpcConnection
  /** What the CSMS may change of how the station reaches it and whom it believes; without it, nothing. After a change: `reconnect`. */
  readonly access?: UpstreamAccess
  /** Time the CSMS has for an answer; a slow line (30 s latency) must still work. Standard: 60 s. */
  readonly callTimeoutMs?: number
}

/** What the station gives its upstreams. */
export interface UpstreamShell {
  readonly stationId: string
  identify(): Promise<StationIdentity>
  readonly ledger: Ledger
  readonly clock: Clock
  readonly random: () => number
  readonly settings: StationSettings
  readonly newId: () => string
  readonly emit: (happening: StationHappening) => void
  readonly onRequest: (request: CsmsRequest, upstream: Upstream) => Promise<Answered | Later>
  readonly onRegistered: (upstream: Upstream) => void
  readonly onCsmsTime: (upstream: Upstream, currentTime: number, sentAt: number, receivedAt: number) => void
  /** Puts stamps of before the machine's clock was set right; null: it was set from the start. */
  readonly trueTime: ((at: number) => number) | null
  readonly onSecurityEvent: (type: SecurityEventType, techInfo: string) => void
  readonly onDelivered: (upstream: Upstream, entry: OutboxEntry, answer: StationAnswer | null) => void
}

const CALL_TIMEOUT_MS = 60_000

export class Upstream {
  readonly id: string
  readonly #options: UpstreamOptions
  readonly #shell: UpstreamShell
  readonly #outbox: Outbox
  readonly #statuses: StatusQueue
  readonly #closing = new AbortController()
  #connection: RpcConnection | null = null
  #running: Promise<void> = Promise.resolve()
  #heardAt = 0
  /** Aborts when the socket goes; null while there is none. */
  #link: AbortController | null = null
  readonly #boots: BootNotifications
  readonly #heartbeats: Heartbeats
  readonly #incoming: IncomingCalls

  constructor(options: UpstreamOptions, shell: UpstreamShell) {
    this.id = options.id
    this.#options = options
    this.#shell = shell
    this.#outbox = new Outbox({
      upstreamId: options.id,
      stationId: shell.stationId,
      version: options.version,
      ledger: shell.ledger,
      clock: shell.clock,
      settings: shell.settings,
      newId: shell.newId,
      trueTime: shell.trueTime,
      link: {
        isReady: () => this.isReady,
        heardAt: () => this.#heardAt,
        call: (call, messageId, signal) => this.#callWire(call, messageId, signal),
        reconnect: (reason) => this.#connection?.reconnect(reason),
      },
      emit: (happening) => shell.emit(happening),
      onDelivered: (entry, answer) => shell.onDelivered(this, entry, answer),
    })
    this.#boots = new BootNotifications({
      clock: shell.clock,
      random: shell.random,
      identify: () => shell.identify(),
      send: (identity, signal) => this.#tell('boot', this.#send({ kind: 'boot', identity }, signal)),
      onAnswer: (answer, sentAt) => this.#onBootAnswer(answer, sentAt),
      onRegistration: (answer, intervalSeconds) => this.#onRegistration(answer, intervalSeconds),
    })
    this.#heartbeats = new Heartbeats(shell.clock, shell.settings, () => this.#heartbeat())
    this.#incoming = new IncomingCalls(options.version, {
      registration: () => this.registration,
      answer: (request) => this.#answer(request),
      onFault: (fault, action) =>
        shell.emit({ kind: 'station-fault', code: fault.code, text: `${action}: ${fault.message}` }),
    })
    this.#statuses = new StatusQueue((message) => this.#send(message, this.#closing.signal), shell.emit, options.id)
  }

  get registration(): Registration {
    return this.#boots.registration
  }

  get isOpen(): boolean {
    return this.#link !== null
  }

  /** Registered and connected: messages of our own accord may go. */
  get isReady(): boolean {
    // A socket that we cut is of no use from that moment on, though its end is told later.
    return this.registration === 'accepted' && this.#link !== null && this.#connection?.isOpen === true
  }

  get version(): OcppVersion {
    return this.#options.version
  }

  get access(): UpstreamAccess | null {
    return this.#options.access ?? null
  }

  start(): void {
    this.#running = this.#outbox.run(this.#closing.signal)
    this.#connection = this.#options.connect({
      onOpen: () => this.#onOpen(),
      onDown: (error) => this.#onDown(error),
      onCall: (action, payload) => this.#incoming.take(action, payload),
      onFrame: (frame) => this.#onFrame(frame),
      onNotice: (notice) => this.#onNotice(notice),
    })
    this.#followSettings()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#link?.abort()
    this.#heartbeats.stop()
    this.#incoming.release('the station is stopping')
    await this.#connection?.close()
    await this.#running
  }

  /** There are new stored messages. */
  wake(): void {
    this.#outbox.wake()
  }

  /** Resolves when nothing is left to deliver. */
  drained(signal: AbortSignal): Promise<void> {
    return this.#outbox.drained(signal)
  }

  /** Only the newest status of a connector is kept while it cannot be sent. */
  reportStatus(message: Extract<StationMessage, { kind: 'status' }>): void {
    this.#statuses.put(message)
    if (this.isReady) this.#statuses.pump()
  }

  /** A call of our own accord. Throws CSMS_UNREACHABLE when not registered or not connected, else as `RpcConnection.call`. */
  request(message: StationMessage, signal: AbortSignal): Promise<StationAnswer> {
    if (!this.isReady)
      return Promise.reject(new BridgeError('CSMS_UNREACHABLE', `${this.id}: not connected or not registered`))
    return this.#send(message, signal)
  }

  /** Whether this version of OCPP can carry the message at all. */
  canWord(message: StationMessage): boolean {
    try {
      this.#options.version.encode(message, { csmsTransactionId: () => null })
      return true
    } catch {
      return false
    }
  }

  /** A message that the CSMS asked for with a trigger: allowed while it keeps us pending. */
  triggered(message: StationMessage): void {
    if (this.#link === null || this.registration === 'rejected') return
    if (message.kind === 'boot') void this.#boots.send(this.#link.signal)
    else if (message.kind === 'heartbeat') void this.#heartbeat()
    else void this.#tell(message.kind, this.#send(message, this.#closing.signal))
  }

  /** A setting has changed that this upstream follows. */
  retime(): void {
    this.#followSettings()
    if (this.isReady) this.#heartbeats.start()
  }

  /** The connection is made anew, with what `access` holds now; the registration stays. Call it once the answer is on its way. */
  reconnect(reason: string): void {
    this.#connection?.reconnect(reason)
  }

  #followSettings(): void {
    const { settings } = this.#shell
    this.#connection?.setPingInterval(settings.number('webSocketPingInterval'))
    this.#connection?.setBackOff({
      waitMinimumMs: settings.number('retryBackOffWaitMinimum') * 1000,
      randomRangeMs: settings.number('retryBackOffRandomRange') * 1000,
      repeatTimes: settings.number('retryBackOffRepeatTimes'),
    })
  }

  /** The station starts anew: registration is forgotten, the next connection begins with a BootNotification. */
  reset(): void {
    this.#boots.forget()
    this.#connection?.reconnect('the station was reset')
  }

  /** An answer goes first, then what it changed: that is how a CSMS (and each test case) reads it. */
  async #answer(request: CsmsRequest): Promise<Answered> {
    this.#statuses.hold()
    let answered: Answered | Later
    try {
      answered = await this.#shell.onRequest(request, this)
    } finally {
      setImmediate(() => {
        this.#statuses.release()
        if (this.isReady) this.#statuses.pump()
      })
    }
    // What moves slowly does not keep the station's news back.
    return 'later' in answered ? answered.later() : answered
  }

  #onOpen(): void {
    this.#link?.abort()
    this.#link = new AbortController()
    this.#shell.emit({ kind: 'csms-open', upstreamId: this.id })
    // No BootNotification after a mere reconnect.
    if (this.registration === 'accepted') this.#ready()
    else void this.#boots.ask(this.#link.signal)
  }

  #onDown(error: Error): void {
    const wasOpen = this.#link !== null
    this.#link?.abort()
    this.#link = null
    this.#heartbeats.stop()
    this.#incoming.release('the connection was lost')
    if (wasOpen || this.registration !== 'accepted')
      this.#shell.emit({ kind: 'csms-down', upstreamId: this.id, reason: error.message })
  }

  #onNotice({ kind, message }: RpcNotice): void {
    this.#shell.emit({ kind: 'station-fault', code: 'FRAME_INVALID', text: `${this.id}: ${message}` })
    if (kind === 'unreadable-frame') this.#shell.onSecurityEvent('InvalidMessages', message)
  }

  #onFrame(frame: FrameTrace): void {
    if (frame.direction === 'received') this.#heardAt = this.#shell.clock.monotonic()
    this.#shell.emit({ kind: 'frame', upstreamId: this.id, direction: frame.direction, text: frame.text })
  }

  #onBootAnswer({ status, currentTime }: BootAnswer, sentAt: number): void {
    this.#shell.onCsmsTime(this, currentTime, sentAt, this.#shell.clock.now())
    // Statuses are put in line before the line opens, so that each goes once.
    if (status === 'accepted') this.#shell.onRegistered(this)
  }

  #onRegistration({ status, intervalSeconds }: BootAnswer, heartbeatSeconds: number): void {
    if (status !== 'rejected') this.#incoming.release('the station was not registered')
    this.#shell.emit({ kind: 'csms-registration', upstreamId: this.id, status, intervalSeconds })
    if (status === 'accepted') {
      if (heartbeatSeconds > 0) this.#shell.settings.set('heartbeatInterval', String(Math.floor(heartbeatSeconds)))
      this.#ready()
    } else {
      this.#heartbeats.stop()
    }
  }

  #ready(): void {
    this.#heartbeats.start()
    this.#statuses.pump()
    this.#outbox.wake()
  }

  async #heartbeat(): Promise<void> {
    const { clock } = this.#shell
    const sentAt = clock.now()
    const answer = await this.#tell('heartbeat', this.#send({ kind: 'heartbeat' }, this.#closing.signal))
    if (answer?.kind === 'heartbeat') this.#shell.onCsmsTime(this, answer.currentTime, sentAt, clock.now())
  }

  async #send(message: StationMessage, signal: AbortSignal): Promise<StationAnswer> {
    const { ledger, newId, trueTime } = this.#shell
    const { version } = this.#options
    const transactionId = message.kind === 'meter-values' ? message.transactionId : null
    const csmsId = transactionId === null ? null : await ledger.csmsTransactionId(this.id, transactionId)
    const call = version.encode(restamped(message, trueTime), {
      csmsTransactionId: (id) => (id === transactionId ? csmsId : null),
      // Whose error codes a status carries.
      vendor: this.#boots.vendor,
    })
    return version.decodeAnswer(message, await this.#callWire(call, newId(), signal))
  }

  #callWire(call: WireCall, messageId: string, signal: AbortSignal): Promise<unknown> {
    const connection = this.#connection
    if (connection === null) return Promise.reject(new BridgeError('LINK_CLOSED', `${this.id}: not connected`))
    const timeoutMs = this.#options.callTimeoutMs ?? CALL_TIMEOUT_MS
    return connection.call(call.action, call.payload, { messageId, timeoutMs, signal })
  }

  /** Waits for a call whose failure is news but no reason to stop. */
  async #tell(what: string, call: Promise<StationAnswer>): Promise<StationAnswer | null> {
    try {
      return await call
    } catch (error) {
      if (!this.#closing.signal.aborted) {
        const reason = error instanceof Error ? error.message : String(error)
        this.#shell.emit({ kind: 'call-failed', upstreamId: this.id, message: what, reason })
      }
      return null
    }
  }
}
