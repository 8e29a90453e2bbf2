/**
 * What must survive a power cut. Every promise resolves only when the rows are on disk (SQLite WAL, synchronous=FULL);
 * all of it runs off the loop's thread. Faults: LEDGER_FULL, LEDGER_FAILED.
 */
import type { ChargingProfile } from '../model/charging-profile.ts'
import type { StationMessage } from '../model/csms.ts'
import type { LocalListEntry } from '../model/csms-request.ts'
import type { Decision } from '../model/decision.ts'
import type { LimitProof } from '../model/limit-proof.ts'
import type { SecurityEventType } from '../model/security-event.ts'
import type { LimitSource, SiteLimit } from '../model/site-limit.ts'
import type { SiteSample, VisitRecord } from '../model/site-sample.ts'
import type { Transaction } from '../model/transaction.ts'

/** A message to be delivered in order to one upstream of one station. */
export interface OutboxDraft {
  readonly upstreamId: string
  readonly stationId: string
  /** Kept for all repetitions, so that a CSMS can tell a repetition from a new message. */
  readonly messageId: string
  readonly transactionId: string | null
  readonly message: StationMessage
}

export interface OutboxEntry extends OutboxDraft {
  /** Gap-free over the whole ledger. */
  readonly sequence: number
  readonly attempts: number
}

/** Monotone energy of one EVSE, so that a register that jumps back never makes a bill run backwards. */
export interface EnergyMeterState {
  readonly stationId: string
  readonly evse: number
  readonly lastRegisterWh: number | null
  /** Added to the register to get the billing meter. */
  readonly offsetWh: number
}

/** The CSMS has taken a message. */
export interface Delivery {
  readonly sequence: number
  /** What the CSMS calls the transaction that the message started; null for every other message. */
  readonly csmsTransactionId: string | null
}

/** A message whose turn comes. */
export interface QueuedMessage extends OutboxEntry {
  /** The upstream's name for the message's transaction, null while it has none. */
  readonly csmsTransactionId: string | null
}

export interface LedgerEvent {
  readonly at: number
  readonly stationId: string | null
  readonly kind: string
  readonly text: string
}

/** A CSMS's list of identifiers; version 0 with no entries: none was ever sent. Identifiers compare without case. */
export interface LocalList {
  readonly version: number
  readonly entries: readonly LocalListEntry[]
}

export interface SecurityLogEntry {
  /** Wall time, ms. */
  readonly at: number
  readonly stationId: string
  readonly type: SecurityEventType
  readonly techInfo: string | null
}

export interface DeadLetter {
  readonly sequence: number
  readonly reason: string
  readonly at: number
  readonly draft: OutboxDraft
}

export interface Ledger {
  /** Stores the transaction, the meter state and the messages about it in one commit. */
  beginTransaction(transaction: Transaction, meter: EnergyMeterState, outbox: readonly OutboxDraft[]): Promise<void>
  /** Stores samples' messages and the meter in one commit. */
  recordSamples(meter: EnergyMeterState | null, outbox: readonly OutboxDraft[]): Promise<void>
  /** Ends it once: resolves false and stores nothing when it had already ended. */
  endTransaction(transaction: Transaction, meter: EnergyMeterState, outbox: readonly OutboxDraft[]): Promise<boolean>
  /** Transactions of a station without an end. */
  openTransactions(stationId: string): Promise<readonly Transaction[]>
  transaction(id: string): Promise<Transaction | null>
  recentTransactions(limit: number): Promise<readonly Transaction[]>
  energyMeters(stationId: string): Promise<readonly EnergyMeterState[]>

  /**
   * Notes what the upstream has taken and hands out what comes next, oldest first and at most `limit`: one commit for many
   * messages. With a transaction's start its name at the CSMS is stored.
   */
  advance(
    upstreamId: string,
    stationId: string,
    deliveries: readonly Delivery[],
    limit: number,
  ): Promise<readonly QueuedMessage[]>
  /** A failure to process; resolves with the number of attempts so far. */
  failed(sequence: number): Promise<number>
  /** Gives a message up, with every later message of its transaction when it was the start (OCPP 1.6 §3.7.1). */
  deadLetter(sequence: number, reason: string): Promise<void>
  deadLetters(limit: number): Promise<readonly DeadLetter[]>
  backlog(upstreamId: string, stationId: string): Promise<number>
  /** The CSMS's id for our transaction, at one upstream. */
  csmsTransactionId(upstreamId: string, transactionId: string): Promise<string | null>

  settings(stationId: string): Promise<ReadonlyMap<string, string>>
  /** Key-value per station: OCPP settings, availability, authorisation cache and the like. Null deletes. */
  saveSetting(stationId: string, name: string, value: string | null): Promise<void>

  profiles(stationId: string): Promise<readonly ChargingProfile[]>
  saveProfile(stationId: string, profile: ChargingProfile): Promise<void>
  removeProfiles(stationId: string, ids: readonly number[]): Promise<void>

  /** In the order in which they came; at most `MAX_LOCAL_LIST_ENTRIES`. */
  localList(stationId: string): Promise<LocalList>
  /** All of the list anew, in one commit. Throws LEDGER_REFUSED for too many entries and for one without info. */
  replaceLocalList(stationId: string, version: number, entries: readonly LocalListEntry[]): Promise<void>
  /** Adds and changes entries and takes out those without info, in one commit. Throws LEDGER_REFUSED for too many. */
  changeLocalList(stationId: string, version: number, entries: readonly LocalListEntry[]): Promise<void>

  /** Kept apart from the site's events; the newest 5,000 of all stations. */
  recordSecurityEvent(event: SecurityLogEntry): Promise<void>
  /** The newest `limit` of a station from `from` to `to` (wall ms, both inclusive; null: no bound), oldest first. */
  securityLog(
    stationId: string,
    from: number | null,
    to: number | null,
    limit: number,
  ): Promise<readonly SecurityLogEntry[]>

  /** At most `MAX_DECISIONS_AT_ONCE`; the newest 300,000 are kept. Times are wall ms here and below. */
  recordDecisions(decisions: readonly Decision[]): Promise<void>
  /** The newest that is not after `at`. */
  decisionAt(stationId: string, evse: number, at: number): Promise<Decision | null>
  /** The newest `limit` from `from` to `to` (both inclusive), oldest first. */
  decisions(stationId: string, evse: number, from: number, to: number, limit: number): Promise<readonly Decision[]>

  /** What the balancing core remembers, as it worded it; null: nothing was ever saved. */
  balanceMemory(): Promise<string | null>
  saveBalanceMemory(text: string): Promise<void>

  /** The same minute of the same circuit replaces. At most `MAX_SAMPLES_AT_ONCE`; the newest 500,000 are kept. */
  recordSiteSamples(samples: readonly SiteSample[]): Promise<void>
  /** Those from `from` (inclusive) to `to` (exclusive), oldest first. */
  siteSamples(from: number, to: number): Promise<readonly SiteSample[]>
  /** The same session replaces; the newest 50,000 are kept. */
  saveVisit(visit: VisitRecord): Promise<void>
  /** Cars that were here at some time from `from` to `to`, in the order in which they came. */
  visits(from: number, to: number): Promise<readonly VisitRecord[]>

  /** Limits that must survive a restart, in wall ms; the same source and id replaces. Throws LEDGER_REFUSED beyond `MAX_LIMITS`. */
  saveLimit(limit: SiteLimit): Promise<void>
  removeLimit(source: LimitSource, id: string): Promise<void>
  limits(): Promise<readonly SiteLimit[]>
  /** The newest 500,000 are kept. */
  recordLimitProof(proof: LimitProof): Promise<void>
  /** The newest `limit` from `from` to `to` (both inclusive), oldest first. */
  limitProofs(from: number, to: number, limit: number): Promise<readonly LimitProof[]>

  recordEvent(event: LedgerEvent): Promise<void>
  events(limit: number): Promise<readonly LedgerEvent[]>

  /** Damage or gaps found when it was opened; empty when all is well. */
  readonly findings: readonly string[]
  close(): Promise<void>
}
