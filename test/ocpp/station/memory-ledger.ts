/** The ledger's contract in memory, for tests of rules: what it has acknowledged survives; the process that used it may be killed. */
import type {
  DeadLetter,
  EnergyMeterState,
  Ledger,
  LedgerEvent,
  LocalList,
  OutboxDraft,
  OutboxEntry,
  SecurityLogEntry,
} from '../../../src/ledger/ledger.ts'
import { MAX_LIMITS, MAX_LOCAL_LIST_ENTRIES } from '../../../src/ledger/records.ts'
import type { ChargingProfile } from '../../../src/model/charging-profile.ts'
import type { LocalListEntry } from '../../../src/model/csms-request.ts'
import type { Decision } from '../../../src/model/decision.ts'
import { BridgeError } from '../../../src/model/errors.ts'
import type { LimitProof } from '../../../src/model/limit-proof.ts'
import type { SiteLimit } from '../../../src/model/site-limit.ts'
import type { SiteSample, VisitRecord } from '../../../src/model/site-sample.ts'
import type { Transaction } from '../../../src/model/transaction.ts'

export class MemoryLedger {
  readonly transactions = new Map<string, Transaction>()
  readonly meters = new Map<string, EnergyMeterState>()
  outbox: OutboxEntry[] = []
  readonly dead: DeadLetter[] = []
  readonly csmsIds = new Map<string, string>()
  readonly settingsOf = new Map<string, Map<string, string>>()
  readonly profilesOf = new Map<string, Map<number, ChargingProfile>>()
  readonly eventLog: LedgerEvent[] = []
  readonly localLists = new Map<string, LocalList>()
  readonly securityEvents: SecurityLogEntry[] = []
  decisions: Decision[] = []
  memory: string | null = null
  readonly samples = new Map<string, SiteSample>()
  readonly visits = new Map<string, VisitRecord>()
  readonly limits = new Map<string, SiteLimit>()
  readonly proofs: LimitProof[] = []
  /** While set, writes fail with LEDGER_FULL. */
  full = false
  /** While set, writes wait for it: a disk that hangs. */
  hanging: Promise<void> | null = null
  /** How often outboxes went to the disk. */
  advances = 0
  #sequence = 0
  /** Messages by upstream, station and id: one that is handed in again is stored once. */
  readonly #stored = new Set<string>()
  /** Transactions whose start was given up, by upstream. */
  readonly #givenUp = new Set<string>()

  /** The ledger as one process sees it; after `kill` its calls never return, and what had not been acknowledged is not stored. */
  process(): { readonly ledger: Ledger; readonly kill: () => void } {
    let alive = true
    const act = async <Result>(work: () => Result): Promise<Result> => {
      await Promise.resolve()
      if (!alive) return new Promise<never>(() => {})
      const result = structuredClone(work())
      await Promise.resolve()
      return alive ? result : new Promise<never>(() => {})
    }
    const write = async <Result>(work: () => Result): Promise<Result> => {
      if (this.hanging !== null) await this.hanging
      return act(() => {
        if (this.full) throw new BridgeError('LEDGER_FULL', 'no space left')
        return work()
      })
    }
    return { ledger: this.#view(act, write), kill: () => (alive = false) }
  }

  #view(
    read: <Result>(work: () => Result) => Promise<Result>,
    write: <Result>(work: () => Result) => Promise<Result>,
  ): Ledger {
    return {
      findings: [],
      beginTransaction: (transaction, meter, drafts) =>
        write(() => {
          if (this.transactions.has(transaction.id)) return
          this.transactions.set(transaction.id, transaction)
          this.#save(meter, drafts)
        }),
      recordSamples: (meter, drafts) => write(() => this.#save(meter, drafts)),
      endTransaction: (transaction, meter, drafts) =>
        write(() => {
          const known = this.transactions.get(transaction.id)
          if (known !== undefined && known.endedAt !== null) return false
          this.transactions.set(transaction.id, transaction)
          this.#save(meter, drafts)
          return true
        }),
      openTransactions: (stationId) =>
        read(() =>
          [...this.transactions.values()].filter((known) => known.stationId === stationId && known.endedAt === null),
        ),
      transaction: (id) => read(() => this.transactions.get(id) ?? null),
      recentTransactions: (limit) => read(() => newest([...this.transactions.values()], limit)),
      energyMeters: (stationId) =>
        read(() => [...this.meters.values()].filter((meter) => meter.stationId === stationId)),
      advance: (upstreamId, stationId, deliveries, limit) =>
        (deliveries.length === 0 ? read : write)(() => {
          this.advances++
          for (const { sequence, csmsTransactionId } of deliveries) this.#deliver(sequence, csmsTransactionId)
          return this.outbox
            .filter((e) => e.upstreamId === upstreamId && e.stationId === stationId)
            .slice(0, limit)
            .map((e) => ({ ...e, csmsTransactionId: this.csmsIds.get(`${upstreamId} ${e.transactionId}`) ?? null }))
        }),
      failed: (sequence) =>
        write(() => {
          this.outbox = this.outbox.map((e) => (e.sequence === sequence ? { ...e, attempts: e.attempts + 1 } : e))
          return this.outbox.find((candidate) => candidate.sequence === sequence)?.attempts ?? 0
        }),
      deadLetter: (sequence, reason) => write(() => this.#bury(sequence, reason)),
      deadLetters: (limit) => read(() => newest(this.dead, limit)),
      backlog: (upstreamId, stationId) =>
        read(() => this.outbox.filter((e) => e.upstreamId === upstreamId && e.stationId === stationId).length),
      csmsTransactionId: (upstreamId, transactionId) =>
        read(() => this.csmsIds.get(`${upstreamId} ${transactionId}`) ?? null),
      settings: (stationId) => read(() => new Map(this.settingsOf.get(stationId) ?? [])),
      saveSetting: (stationId, name, value) =>
        write(() => {
          const settings = this.settingsOf.get(stationId) ?? new Map<string, string>()
          this.settingsOf.set(stationId, settings)
          if (value === null) settings.delete(name)
          else settings.set(name, value)
        }),
      profiles: (stationId) => read(() => [...(this.profilesOf.get(stationId)?.values() ?? [])]),
      saveProfile: (stationId, profile) =>
        write(() => {
          const profiles = this.profilesOf.get(stationId) ?? new Map<number, ChargingProfile>()
          this.profilesOf.set(stationId, profiles.set(profile.id, profile))
        }),
      removeProfiles: (stationId, ids) => write(() => ids.forEach((id) => this.profilesOf.get(stationId)?.delete(id))),
      localList: (stationId) => read(() => this.localLists.get(stationId) ?? { version: 0, entries: [] }),
      replaceLocalList: (stationId, version, entries) =>
        write(() => {
          if (entries.some(({ info }) => info === null)) throw new BridgeError('LEDGER_REFUSED', 'an entry has no info')
          this.localLists.set(stationId, { version, entries: changed([], entries) })
        }),
      changeLocalList: (stationId, version, entries) =>
        write(() => {
          const before = this.localLists.get(stationId)?.entries ?? []
          const after = changed(before, entries)
          if (after.length > MAX_LOCAL_LIST_ENTRIES) throw new BridgeError('LEDGER_REFUSED', 'too many entries')
          this.localLists.set(stationId, { version, entries: after })
        }),
      recordSecurityEvent: (event) => write(() => void this.securityEvents.push(event)),
      securityLog: (stationId, from, to, limit) =>
        read(() =>
          this.securityEvents
            .filter((event) => event.stationId === stationId)
            .filter(({ at }) => at >= (from ?? -Infinity) && at <= (to ?? Infinity))
            .slice(-limit),
        ),
      recordDecisions: (decisions) => write(() => void this.decisions.push(...decisions)),
      decisionAt: (stationId, evse, at) => read(() => this.#decisions(stationId, evse, -Infinity, at).at(-1) ?? null),
      decisions: (stationId, evse, from, to, limit) =>
        read(() => lastOf(this.#decisions(stationId, evse, from, to), limit)),
      balanceMemory: () => read(() => this.memory),
      saveBalanceMemory: (text) => write(() => void (this.memory = text)),
      recordSiteSamples: (samples) =>
        write(() => samples.forEach((sample) => this.samples.set(`${sample.at} ${sample.circuitId}`, sample))),
      siteSamples: (from, to) =>
        read(() =>
          [...this.samples.values()]
            .filter(({ at }) => at >= from && at < to)
            .toSorted((a, b) => a.at - b.at || (a.circuitId < b.circuitId ? -1 : 1)),
        ),
      saveVisit: (visit) => write(() => void this.visits.set(visit.sessionId, visit)),
      visits: (from, to) =>
        read(() => [...this.visits.values()].filter((v) => v.arrivedAt < to && (v.leftAt ?? Infinity) > from)),
      saveLimit: (limit) =>
        write(() => {
          const key = `${limit.source} ${limit.id}`
          if (!this.limits.has(key) && this.limits.size >= MAX_LIMITS)
            throw new BridgeError('LEDGER_REFUSED', 'too many limits')
          this.limits.set(key, limit)
        }),
      removeLimit: (source, id) => write(() => void this.limits.delete(`${source} ${id}`)),
      limits: () => read(() => [...this.limits.values()]),
      recordLimitProof: (proof) => write(() => void this.proofs.push(proof)),
      limitProofs: (from, to, limit) =>
        read(() =>
          lastOf(
            this.proofs.filter(({ at }) => at >= from && at <= to),
            limit,
          ),
        ),
      recordEvent: (event) => write(() => void this.eventLog.push(event)),
      events: (limit) => read(() => newest(this.eventLog, limit)),
      close: () => Promise.resolve(),
    }
  }

  #decisions(stationId: string, evse: number, from: number, to: number): Decision[] {
    return this.decisions
      .filter((made) => made.stationId === stationId && made.evse === evse && made.at >= from && made.at <= to)
      .toSorted((a, b) => a.at - b.at)
  }

  #save(meter: EnergyMeterState | null, drafts: readonly OutboxDraft[]): void {
    if (meter !== null) this.meters.set(`${meter.stationId}/${meter.evse}`, meter)
    for (const draft of drafts) {
      const key = `${draft.upstreamId} ${draft.stationId} ${draft.messageId}`
      if (this.#stored.has(key)) continue
      this.#stored.add(key)
      const sequence = ++this.#sequence
      if (this.#givenUp.has(`${draft.upstreamId} ${draft.transactionId}`))
        this.dead.push({ sequence, reason: 'its start was given up', at: 0, draft })
      else this.outbox.push({ ...draft, sequence, attempts: 0 })
    }
  }

  #deliver(sequence: number, csmsTransactionId: string | null): void {
    const entry = this.outbox.find((candidate) => candidate.sequence === sequence)
    if (entry === undefined) return
    this.outbox = this.outbox.filter((candidate) => candidate !== entry)
    if (csmsTransactionId !== null && entry.transactionId !== null)
      this.csmsIds.set(`${entry.upstreamId} ${entry.transactionId}`, csmsTransactionId)
    const transaction = this.transactions.get(entry.transactionId ?? '')
    // The first upstream that names it is the one whose name it shows.
    if (csmsTransactionId !== null && transaction?.csmsTransactionId === null)
      this.transactions.set(transaction.id, { ...transaction, csmsTransactionId })
  }

  #bury(sequence: number, reason: string): void {
    const entry = this.outbox.find((candidate) => candidate.sequence === sequence)
    if (entry === undefined) return
    const gone = this.outbox.filter(
      (e) =>
        e === entry ||
        (entry.message.kind === 'transaction-started' &&
          e.transactionId === entry.transactionId &&
          e.upstreamId === entry.upstreamId),
    )
    this.outbox = this.outbox.filter((candidate) => !gone.includes(candidate))
    if (entry.message.kind === 'transaction-started') this.#givenUp.add(`${entry.upstreamId} ${entry.transactionId}`)
    for (const { sequence: number, attempts: _, ...draft } of gone)
      this.dead.push({ sequence: number, reason, at: 0, draft })
  }
}

function lastOf<Row>(rows: readonly Row[], limit: number): readonly Row[] {
  return limit > 0 ? rows.slice(-limit) : []
}

function newest<Row>(rows: readonly Row[], limit: number): readonly Row[] {
  return rows.slice(-limit).toReversed()
}

function changed(before: readonly LocalListEntry[], changes: readonly LocalListEntry[]): readonly LocalListEntry[] {
  const entries = new Map(before.map((entry) => [entry.idToken.toLowerCase(), entry]))
  for (const entry of changes) {
    if (entry.info === null) entries.delete(entry.idToken.toLowerCase())
    else entries.set(entry.idToken.toLowerCase(), entry)
  }
  return [...entries.values()]
}
