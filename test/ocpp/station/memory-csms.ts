/** A CSMS in memory that speaks OCPP 1.6 payloads, records every call and can be scripted; with the connection to it. */
import type { Clock } from '../../../src/model/clock.ts'
import { BridgeError } from '../../../src/model/errors.ts'
import {
  type CallOptions,
  RpcCallError,
  type RpcConnection,
  type RpcHandlers,
  type RpcNotice,
} from '../../../src/ocpp/rpc/connection.ts'

export interface RecordedCall {
  readonly action: string
  // Payloads have passed the official schema on their way out; tests look into them freely.
  readonly payload: Readonly<Record<string, unknown>>
  readonly messageId: string
  /** Monotonic ms. */
  readonly at: number
}

/** An answer, an error, or: `silence` takes it and never answers; `cut` takes it and drops the line before answering. */
export type Reaction = object | RpcCallError | 'silence' | 'cut'

export interface RecordedTransaction {
  readonly id: number
  readonly start: RecordedCall
  readonly stops: RecordedCall[]
  readonly values: RecordedCall[]
}

const RECONNECT_MS = 2_000

export class MemoryCsms {
  readonly calls: RecordedCall[] = []
  readonly transactions = new Map<number, RecordedTransaction>()
  /** `undefined`: the friendly answer. */
  react: (action: string, payload: Readonly<Record<string, unknown>>) => Reaction | undefined = () => undefined
  readonly #clock: Clock
  readonly #taken = new Map<string, { readonly call: RecordedCall; readonly answer: object }>()
  #online = true
  #connection: MemoryConnection | null = null
  #transactionId = 1000

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get online(): boolean {
    return this.#online
  }

  connect = (handlers: RpcHandlers): RpcConnection => {
    this.#connection = new MemoryConnection(this, this.#clock, handlers)
    return this.#connection
  }

  goDown(): void {
    this.#online = false
    this.#connection?.drop('the line is down')
  }

  goUp(): void {
    this.#online = true
    this.#connection?.open()
  }

  /** A CALL of the CSMS. Rejects with RpcCallError for a CALLERROR; undefined while the station does not answer. */
  send(action: string, payload: object): Promise<object> {
    if (this.#connection === null) throw new Error('no station is connected')
    return this.#connection.handlers.onCall(action, payload, `csms-${this.calls.length}`)
  }

  /** What the connection tells of oddities on the wire. */
  notice(notice: RpcNotice): void {
    this.#connection?.handlers.onNotice?.(notice)
  }

  of(action: string): readonly RecordedCall[] {
    return this.calls.filter((call) => call.action === action)
  }

  actions(): readonly string[] {
    return this.calls.map(({ action }) => action)
  }

  statuses(connectorId: number): readonly unknown[] {
    return this.of('StatusNotification')
      .filter(({ payload }) => payload['connectorId'] === connectorId)
      .map(({ payload }) => payload['status'])
  }

  take(action: string, payload: object, messageId: string): Reaction {
    const call: RecordedCall = { action, payload: { ...payload }, messageId, at: this.#clock.monotonic() }
    this.calls.push(call)
    const reaction = this.react(action, call.payload)
    if (reaction instanceof RpcCallError || reaction === 'silence') return reaction
    const answer = this.#store(call, reaction === 'cut' ? undefined : reaction)
    return reaction === 'cut' ? 'cut' : answer
  }

  /** Stores a message once; a repetition (same id) must be the same message and gets the same answer. */
  #store(call: RecordedCall, scripted: object | undefined): object {
    const before = this.#taken.get(call.messageId)
    if (before !== undefined) {
      const same =
        before.call.action === call.action && JSON.stringify(before.call.payload) === JSON.stringify(call.payload)
      if (!same) throw new Error(`message ${call.messageId} was repeated with another content`)
      return before.answer
    }
    const answer = scripted ?? this.#friendly(call)
    this.#taken.set(call.messageId, { call, answer })
    this.#record(call, answer)
    return answer
  }

  #record(call: RecordedCall, answer: object): void {
    const ids = { ...call.payload, ...answer } as { readonly transactionId?: number }
    if (ids.transactionId === undefined) return
    if (call.action === 'StartTransaction')
      this.transactions.set(ids.transactionId, { id: ids.transactionId, start: call, stops: [], values: [] })
    else if (call.action === 'StopTransaction') this.transactions.get(ids.transactionId)?.stops.push(call)
    else if (call.action === 'MeterValues') this.transactions.get(ids.transactionId)?.values.push(call)
  }

  #friendly(call: RecordedCall): object {
    const currentTime = new Date(this.#clock.now()).toISOString()
    switch (call.action) {
      case 'BootNotification':
        return { status: 'Accepted', interval: 86_400, currentTime }
      case 'Heartbeat':
        return { currentTime }
      case 'Authorize':
        return { idTagInfo: { status: 'Accepted' } }
      case 'StartTransaction':
        return { transactionId: ++this.#transactionId, idTagInfo: { status: 'Accepted' } }
      default:
        return {}
    }
  }
}

class MemoryConnection implements RpcConnection {
  readonly handlers: RpcHandlers
  readonly #csms: MemoryCsms
  readonly #clock: Clock
  #open = false
  #closed = false
  #fail: ((error: Error) => void) | null = null
  #tail: Promise<unknown> = Promise.resolve()
  #epoch = 0

  constructor(csms: MemoryCsms, clock: Clock, handlers: RpcHandlers) {
    this.#csms = csms
    this.#clock = clock
    this.handlers = handlers
    queueMicrotask(() => this.open())
  }

  get isOpen(): boolean {
    return this.#open
  }

  open(): void {
    if (this.#open || this.#closed || !this.#csms.online) return
    this.#open = true
    this.#epoch++
    this.handlers.onOpen()
  }

  drop(reason: string): void {
    if (!this.#open) return
    this.#open = false
    const error = new BridgeError('LINK_CLOSED', reason)
    this.#fail?.(error)
    this.handlers.onDown(error)
  }

  reconnect(reason: string): void {
    this.drop(reason)
    this.#clock.sleep(RECONNECT_MS, new AbortController().signal).then(
      () => this.open(),
      () => {},
    )
  }

  setPingInterval(): void {}

  setBackOff(): void {}

  close(): Promise<void> {
    this.#closed = true
    this.#open = false
    this.#fail?.(new BridgeError('LINK_CLOSED', 'closed by us'))
    return Promise.resolve()
  }

  /** One call in flight. */
  call(action: string, payload: object, options: CallOptions): Promise<unknown> {
    const epoch = this.#epoch
    const result = this.#tail.then(() => {
      if (!this.#open || epoch !== this.#epoch) throw new BridgeError('LINK_CLOSED', `${action}: no connection`)
      options.signal.throwIfAborted()
      return this.#exchange(action, payload, options)
    })
    this.#tail = result.catch(() => {})
    return result
  }

  async #exchange(action: string, payload: object, options: CallOptions): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const done = new AbortController()
    this.#fail = reject
    const onAbort = (): void => reject(options.signal.reason)
    options.signal.addEventListener('abort', onAbort, { once: true })
    this.#clock.sleep(options.timeoutMs, done.signal).then(
      () => reject(new BridgeError('CALL_TIMEOUT', `${action} was not answered`)),
      () => {},
    )
    this.#trace('sent', action)
    const reaction = this.#csms.take(action, payload, options.messageId)
    if (reaction === 'cut') queueMicrotask(() => this.#cut())
    else if (reaction instanceof RpcCallError) queueMicrotask(() => this.#answer(() => reject(reaction), action))
    else if (reaction !== 'silence')
      queueMicrotask(() => this.#answer(() => resolve(structuredClone(reaction)), action))
    try {
      return await promise
    } finally {
      this.#fail = null
      done.abort()
      options.signal.removeEventListener('abort', onAbort)
    }
  }

  #answer(settle: () => void, action: string): void {
    if (!this.#open) return
    this.#trace('received', action)
    settle()
  }

  #cut(): void {
    this.reconnect('the line was cut')
  }

  #trace(direction: 'sent' | 'received', text: string): void {
    this.handlers.onFrame({ at: this.#clock.now(), direction, text })
  }
}
