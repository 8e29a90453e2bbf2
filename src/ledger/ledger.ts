/**
 * What must survive a power cut. Every promise resolves only when the rows are on disk (SQLite WAL, synchronous=FULL);
 * all of it runs off the loop's thread. Faults: LEDGER_FULL, LEDGER_FAILED.
 */
import type { ChargingProfile } from '../model/charging-profile.ts'
import type { StationMessage } from '../model/csms.ts'
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

export interface LedgerEvent {
  readonly at: number
  readonly stationId: string | null
  readonly kind: string
  readonly text: string
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

  /** The oldest message not delivered to this upstream for this station, or null. */
  nextMessage(upstreamId: string, stationId: string): Promise<OutboxEntry | null>
  /** The CSMS has it. For a start, the CSMS's transaction id is stored in the same commit. */
  delivered(sequence: number, csmsTransactionId: string | null): Promise<void>
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

  recordEvent(event: LedgerEvent): Promise<void>
  events(limit: number): Promise<readonly LedgerEvent[]>

  /** Damage or gaps found when it was opened; empty when all is well. */
  readonly findings: readonly string[]
  close(): Promise<void>
}
