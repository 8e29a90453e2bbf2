/** The loop's side of the ledger: each call becomes a plain message to the ledger's thread, answered after the commit. */
import { chmod, mkdir } from 'node:fs/promises'
import { dirname, resolve as absolute } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { ChargingProfile } from '../model/charging-profile.ts'
import { systemClock } from '../model/clock.ts'
import { BridgeError } from '../model/errors.ts'
import type { StationMessage } from '../model/csms.ts'
import type { LocalListEntry } from '../model/csms-request.ts'
import type { Decision } from '../model/decision.ts'
import type { LimitProof } from '../model/limit-proof.ts'
import type { LimitSource, SiteLimit } from '../model/site-limit.ts'
import type { SiteSample, VisitRecord } from '../model/site-sample.ts'
import type {
  Delivery,
  EnergyMeterState,
  Ledger,
  LedgerEvent,
  LocalList,
  OutboxDraft,
  QueuedMessage,
  SecurityLogEntry,
} from './ledger.ts'
import type {
  FromWorker,
  Method,
  Operations,
  Portion,
  ProofPlace,
  Request,
  SamplePlace,
  StoredDraft,
  StoredQueued,
  ToWorker,
  WorkerStart,
} from './operations.ts'
import { DEFAULT_LIMITS } from './options.ts'
import type { LedgerLimits, LedgerOptions } from './options.ts'
import {
  checkLimit,
  checkLocalList,
  checkMeter,
  checkSamples,
  checkSecurityEvent,
  checkText,
  checkTransaction,
  checkVisit,
  decodeDecision,
  decodeProof,
  encodeDecisions,
  encodeDraft,
  encodeProfile,
  encodeProof,
  MAX_MEMORY_CHARACTERS,
  MAX_SETTING_CHARACTERS,
} from './records.ts'
import type { Transaction } from '../model/transaction.ts'

interface Pending {
  readonly settle: (value: Operations[Method]['result']) => void
  readonly reject: (error: Error) => void
}

function limitsOf(options: LedgerOptions): LedgerLimits {
  const { clock: _clock, onAlarm: _onAlarm, ...limits } = options
  return { ...DEFAULT_LIMITS, ...limits }
}

function decodeDraft(stored: StoredDraft): OutboxDraft {
  const { upstreamId, stationId, messageId, transactionId, body } = stored
  // our own text, guarded by a checksum
  return { upstreamId, stationId, messageId, transactionId, message: JSON.parse(body) as StationMessage }
}

/** Its contents are parsed when they are asked for: what is read ahead is kept small. */
class StoredMessage implements QueuedMessage {
  readonly #stored: StoredQueued
  #message: StationMessage | null = null

  constructor(stored: StoredQueued) {
    this.#stored = stored
  }

  get upstreamId() {
    return this.#stored.upstreamId
  }

  get stationId() {
    return this.#stored.stationId
  }

  get messageId() {
    return this.#stored.messageId
  }

  get transactionId() {
    return this.#stored.transactionId
  }

  get message() {
    return (this.#message ??= JSON.parse(this.#stored.body) as StationMessage)
  }

  get sequence() {
    return this.#stored.sequence
  }

  get attempts() {
    return this.#stored.attempts
  }

  get csmsTransactionId() {
    return this.#stored.csmsTransactionId
  }
}

function encodeDrafts(drafts: readonly OutboxDraft[]): StoredDraft[] {
  return drafts.map(encodeDraft)
}

class WorkerLedger implements Ledger {
  readonly findings: readonly string[]
  readonly #worker: Worker
  readonly #now: () => number
  readonly #maxWaiting: number
  readonly #pending = new Map<number, Pending>()
  #outgoing: Request[] = []
  #isFlushing = false
  /** Runs while only such calls wait that may wait for others. */
  #timer: NodeJS.Timeout | null = null
  #lastId = 0
  #ended: BridgeError | null = null
  #closed: Promise<void> | null = null

  constructor(worker: Worker, findings: readonly string[], options: LedgerOptions) {
    this.#worker = worker
    this.findings = findings
    this.#maxWaiting = limitsOf(options).maxWaiting
    const clock = options.clock ?? systemClock
    this.#now = () => clock.now()
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'replies') this.#answer(message)
    })
    worker.on('error', (error) => {
      const text = `the ledger's thread failed: ${error.message}`
      options.onAlarm?.({ code: 'LEDGER_FAILED', active: true, text })
      this.#end(text, error)
    })
    worker.on('exit', () => this.#end('the ledger is closed'))
  }

  async beginTransaction(
    transaction: Transaction,
    meter: EnergyMeterState,
    outbox: readonly OutboxDraft[],
  ): Promise<void> {
    checkTransaction(transaction)
    checkMeter(meter)
    await this.#call('beginTransaction', { transaction, meter, outbox: encodeDrafts(outbox) })
  }

  async recordSamples(meter: EnergyMeterState | null, outbox: readonly OutboxDraft[]): Promise<void> {
    if (meter !== null) checkMeter(meter)
    await this.#call('recordSamples', { meter, outbox: encodeDrafts(outbox) })
  }

  async endTransaction(
    transaction: Transaction,
    meter: EnergyMeterState,
    outbox: readonly OutboxDraft[],
  ): Promise<boolean> {
    checkTransaction(transaction)
    checkMeter(meter)
    if (transaction.endedAt === null || transaction.endWh === null) {
      throw new BridgeError('LEDGER_REFUSED', `transaction ${transaction.id} cannot end without a time and a meter`)
    }
    return this.#call('endTransaction', { transaction, meter, outbox: encodeDrafts(outbox) })
  }

  openTransactions(stationId: string): Promise<readonly Transaction[]> {
    return this.#call('openTransactions', { stationId })
  }

  transaction(id: string): Promise<Transaction | null> {
    return this.#call('transaction', { id })
  }

  recentTransactions(limit: number): Promise<readonly Transaction[]> {
    return this.#call('recentTransactions', { limit })
  }

  energyMeters(stationId: string): Promise<readonly EnergyMeterState[]> {
    return this.#call('energyMeters', { stationId })
  }

  async advance(upstreamId: string, stationId: string, deliveries: readonly Delivery[], limit: number) {
    for (const { csmsTransactionId } of deliveries) {
      if (csmsTransactionId !== null) checkText('csmsTransactionId', csmsTransactionId)
    }
    // To note a delivery is not urgent: until then the message would be sent again as it was. A start's name must not be lost.
    const isUrgent = deliveries.length === 0 || deliveries.some((delivery) => delivery.csmsTransactionId !== null)
    const wait = isUrgent || limit === 0 || deliveries.length >= limit ? 0 : NOTE_WITHIN_MS
    const entries = await this.#call('advance', { upstreamId, stationId, deliveries, limit }, wait)
    return entries.map((entry) => new StoredMessage(entry))
  }

  failed(sequence: number): Promise<number> {
    return this.#call('failed', { sequence })
  }

  async deadLetter(sequence: number, reason: string): Promise<void> {
    checkText('reason', reason)
    await this.#call('deadLetter', { sequence, reason })
  }

  async deadLetters(limit: number) {
    const letters = await this.#call('deadLetters', { limit })
    return letters.map((letter) => {
      const { sequence, reason, at } = letter
      return { sequence, reason, at, draft: decodeDraft(letter) }
    })
  }

  backlog(upstreamId: string, stationId: string): Promise<number> {
    return this.#call('backlog', { upstreamId, stationId })
  }

  csmsTransactionId(upstreamId: string, transactionId: string): Promise<string | null> {
    return this.#call('csmsTransactionId', { upstreamId, transactionId })
  }

  async settings(stationId: string): Promise<ReadonlyMap<string, string>> {
    return new Map(await this.#call('settings', { stationId }))
  }

  async saveSetting(stationId: string, name: string, value: string | null): Promise<void> {
    checkText('stationId', stationId)
    checkText('name', name)
    if (value !== null) checkText('value', value, MAX_SETTING_CHARACTERS)
    await this.#call('saveSetting', { stationId, name, value })
  }

  async profiles(stationId: string): Promise<readonly ChargingProfile[]> {
    const bodies = await this.#call('profiles', { stationId })
    return bodies.map((body) => JSON.parse(body) as ChargingProfile)
  }

  async saveProfile(stationId: string, profile: ChargingProfile): Promise<void> {
    checkText('stationId', stationId)
    await this.#call('saveProfile', { stationId, profileId: profile.id, body: encodeProfile(profile) })
  }

  async removeProfiles(stationId: string, ids: readonly number[]): Promise<void> {
    await this.#call('removeProfiles', { stationId, ids })
  }

  localList(stationId: string): Promise<LocalList> {
    return this.#call('localList', { stationId })
  }

  async replaceLocalList(stationId: string, version: number, entries: readonly LocalListEntry[]): Promise<void> {
    checkLocalList(stationId, version, entries)
    const nameless = entries.find(({ info }) => info === null)
    if (nameless !== undefined)
      throw new BridgeError('LEDGER_REFUSED', `${nameless.idToken} of a whole local list has no info`)
    await this.#call('replaceLocalList', { stationId, version, entries })
  }

  async changeLocalList(stationId: string, version: number, entries: readonly LocalListEntry[]): Promise<void> {
    checkLocalList(stationId, version, entries)
    await this.#call('changeLocalList', { stationId, version, entries })
  }

  async recordSecurityEvent(event: SecurityLogEntry): Promise<void> {
    checkSecurityEvent(event)
    const { at, stationId, type, techInfo } = event
    await this.#call('recordSecurityEvent', { at, stationId, type, techInfo })
  }

  securityLog(
    stationId: string,
    from: number | null,
    to: number | null,
    limit: number,
  ): Promise<readonly SecurityLogEntry[]> {
    return this.#call('securityLog', { stationId, from, to, limit })
  }

  async recordDecisions(decisions: readonly Decision[]): Promise<void> {
    await this.#call('recordDecisions', { decisions: encodeDecisions(decisions) })
  }

  async decisionAt(stationId: string, evse: number, at: number): Promise<Decision | null> {
    const stored = await this.#call('decisionAt', { stationId, evse, at })
    return stored === null ? null : decodeDecision(stored)
  }

  async decisions(stationId: string, evse: number, from: number, to: number, limit: number) {
    return (await this.#call('decisions', { stationId, evse, from, to, limit })).map(decodeDecision)
  }

  balanceMemory(): Promise<string | null> {
    return this.#call('balanceMemory', null)
  }

  async saveBalanceMemory(text: string): Promise<void> {
    checkText('the core’s memory', text, MAX_MEMORY_CHARACTERS)
    await this.#call('saveBalanceMemory', { text })
  }

  async recordSiteSamples(samples: readonly SiteSample[]): Promise<void> {
    checkSamples(samples)
    await this.#call('recordSiteSamples', { samples })
  }

  siteSamples(from: number, to: number): Promise<readonly SiteSample[]> {
    return portions((after: SamplePlace | null) => this.#call('siteSamples', { from, to, after }))
  }

  async saveVisit(visit: VisitRecord): Promise<void> {
    checkVisit(visit)
    await this.#call('saveVisit', visit)
  }

  visits(from: number, to: number): Promise<readonly VisitRecord[]> {
    return portions((after: number | null) => this.#call('visits', { from, to, after: after ?? 0 }))
  }

  async saveLimit(limit: SiteLimit): Promise<void> {
    checkLimit(limit)
    await this.#call('saveLimit', limit)
  }

  async removeLimit(source: LimitSource, id: string): Promise<void> {
    await this.#call('removeLimit', { source, id })
  }

  limits(): Promise<readonly SiteLimit[]> {
    return this.#call('limits', null)
  }

  async recordLimitProof(proof: LimitProof): Promise<void> {
    await this.#call('recordLimitProof', encodeProof(proof))
  }

  async limitProofs(from: number, to: number, limit: number): Promise<readonly LimitProof[]> {
    const stored = await portions(
      (before: ProofPlace | null, had) => this.#call('limitProofs', { from, to, limit: limit - had, before }),
      limit,
    )
    return stored.map(decodeProof).toReversed()
  }

  async recordEvent(event: LedgerEvent): Promise<void> {
    const { at, stationId, kind, text } = event
    await this.#call('recordEvent', { at, stationId, kind, text: text.slice(0, MAX_EVENT_CHARACTERS) })
  }

  events(limit: number): Promise<readonly LedgerEvent[]> {
    return this.#call('events', { limit })
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  #close(): Promise<void> {
    if (this.#ended !== null) return Promise.resolve()
    return new Promise((resolve) => {
      this.#worker.once('exit', () => resolve())
      this.#flush()
      this.#post({ kind: 'close' })
    })
  }

  /** `withinMs`: how long it may wait for others to go with, in one commit. */
  #call<M extends Method>(method: M, args: Operations[M]['args'], withinMs = 0): Promise<Operations[M]['result']> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    if (this.#closed !== null) return Promise.reject(new BridgeError('LEDGER_FAILED', 'the ledger is closed'))
    if (this.#pending.size >= this.#maxWaiting) {
      return Promise.reject(
        new BridgeError('LEDGER_FAILED', `the disk does not keep up: ${this.#pending.size} calls are waiting`),
      )
    }
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve, reject) => {
      // the thread answers a method with that method's result
      this.#pending.set(id, { settle: resolve, reject })
      if (withinMs > 0) this.#timer ??= setTimeout(() => this.#flush(), withinMs)
      else if (!this.#isFlushing) {
        this.#isFlushing = true
        queueMicrotask(() => this.#flush())
      }
      this.#outgoing.push({ id, at: this.#now(), method, args } as Request)
    })
  }

  /** All calls of one turn of the loop cross in one message. */
  #flush(): void {
    this.#isFlushing = false
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#outgoing.length === 0) return
    const requests = this.#outgoing
    this.#outgoing = []
    this.#post({ kind: 'requests', requests })
  }

  #post(message: ToWorker): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread has no origin
    this.#worker.postMessage(message)
  }

  #answer({ replies }: FromWorker & { kind: 'replies' }): void {
    for (const reply of replies) {
      const pending = this.#pending.get(reply.id)
      this.#pending.delete(reply.id)
      if ('value' in reply) pending?.settle(reply.value)
      else pending?.reject(new BridgeError(reply.fault.code, reply.fault.message))
    }
  }

  #end(text: string, cause?: Error): void {
    this.#ended ??= new BridgeError('LEDGER_FAILED', text, cause === undefined ? {} : { cause })
    for (const { reject } of this.#pending.values()) reject(this.#ended)
    this.#pending.clear()
  }
}

/** A long answer crosses in bounded parts, so that neither thread is held up for long. `ask` is told how many rows there are already. */
async function portions<Row, Place>(
  ask: (after: Place | null, had: number) => Promise<Portion<Row, Place>>,
  limit = Infinity,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (let place: Place | null = null; ;) {
    const portion: Portion<Row, Place> = await ask(place, rows.length)
    for (const row of portion.rows) rows.push(row)
    if (portion.next === null || rows.length >= limit) return rows
    place = portion.next
  }
}

const MAX_EVENT_CHARACTERS = 4096
const YOUNG_MB = 6
/** A message's delivery is noted within this time, with those of other stations. */
const NOTE_WITHIN_MS = 250

function startWorker(
  start: WorkerStart,
  onAlarm: LedgerOptions['onAlarm'],
): Promise<{ worker: Worker; findings: readonly string[] }> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: start,
    name: 'ledger',
    // the caller's flags (a debugger, a test runner's loader) are not for this thread
    // what passes through lives shortly: a small nursery is enough
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    execArgv: [],
  })
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(new BridgeError('LEDGER_FAILED', error.message, { cause: error }))
    const onExit = (): void => fail(new Error('the ledger thread ended before it was ready'))
    worker.once('error', fail)
    worker.once('exit', onExit)
    // an alarm may come before the ledger is ready: a disk that is full already
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'alarm') onAlarm?.(message.alarm)
      if (message.kind !== 'ready' && message.kind !== 'refused') return
      worker.off('error', fail)
      worker.off('exit', onExit)
      if (message.kind === 'ready') resolve({ worker, findings: message.findings })
      else reject(new BridgeError(message.fault.code, message.fault.message))
    })
  })
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/** As `mkdir -p`. Not Node's `recursive`, which never comes back where a folder cannot be made (/proc). */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    if (isCode(error, 'EEXIST')) return
    if (!isCode(error, 'ENOENT') || dirname(folder) === folder) throw error
    await makeFolder(dirname(folder))
    await mkdir(folder, { mode: 0o700 })
  }
}

/**
 * Opens the ledger in `folder` (made with mode 0700 when it is missing) and checks it; what was found is in `findings`.
 * Throws STATE_LOCKED when another process has it, LEDGER_FAILED, LEDGER_FULL.
 */
export async function openLedger(folder: string, options: LedgerOptions = {}): Promise<Ledger> {
  const path = absolute(folder)
  try {
    await makeFolder(path)
    await chmod(path, 0o700)
  } catch (error) {
    throw new BridgeError('LEDGER_FAILED', `the state folder ${folder} cannot be used: ${String(error)}`, {
      cause: error,
    })
  }
  const clock = options.clock ?? systemClock
  const { worker, findings } = await startWorker(
    { folder: path, limits: limitsOf(options), at: clock.now() },
    options.onAlarm,
  )
  return new WorkerLedger(worker, findings, options)
}
