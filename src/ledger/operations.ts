/** What crosses between the loop's thread and the ledger's thread: one entry per call of the contract, as plain data. */
import type { Decision } from '../model/decision.ts'
import type { ErrorCode } from '../model/errors.ts'
import type { LimitSource, SiteLimit } from '../model/site-limit.ts'
import type { SiteSample, VisitRecord } from '../model/site-sample.ts'
import type { Transaction } from '../model/transaction.ts'
import type { Delivery, EnergyMeterState, LedgerEvent, LocalList, SecurityLogEntry } from './ledger.ts'
import type { LedgerAlarm, LedgerLimits } from './options.ts'

/** An outbox draft as it is stored: the message as JSON text, so that it is worded and parsed on the loop's thread once. */
export interface StoredDraft {
  readonly upstreamId: string
  readonly stationId: string
  readonly messageId: string
  readonly transactionId: string | null
  readonly kind: string
  readonly body: string
}

export interface StoredQueued extends StoredDraft {
  readonly sequence: number
  readonly attempts: number
  readonly csmsTransactionId: string | null
}

export interface StoredDeadLetter extends StoredDraft {
  readonly sequence: number
  readonly reason: string
  readonly at: number
}

export interface Queue {
  readonly upstreamId: string
  readonly stationId: string
}

/** An outlet's decision as it is stored: binding and rank as JSON text. */
export interface StoredDecision extends Omit<Decision, 'binding' | 'rank'> {
  readonly body: string
}

/** An entry of the proof log as it is stored: as JSON text. */
export interface StoredProof {
  readonly at: number
  readonly body: string
}

/** Part of a long answer; `next` asks for what follows, null: that was all. */
export interface Portion<Row, Place> {
  readonly rows: readonly Row[]
  readonly next: Place | null
}

/** Behind which sample to go on. */
export interface SamplePlace {
  readonly at: number
  readonly circuitId: string
}

/** In front of which entry of the proof log to go on. */
export interface ProofPlace {
  readonly at: number
  readonly number: number
}

export interface Operations {
  beginTransaction: {
    args: { transaction: Transaction; meter: EnergyMeterState; outbox: readonly StoredDraft[] }
    result: null
  }
  recordSamples: { args: { meter: EnergyMeterState | null; outbox: readonly StoredDraft[] }; result: null }
  endTransaction: {
    args: { transaction: Transaction; meter: EnergyMeterState; outbox: readonly StoredDraft[] }
    result: boolean
  }
  openTransactions: { args: { stationId: string }; result: readonly Transaction[] }
  transaction: { args: { id: string }; result: Transaction | null }
  recentTransactions: { args: { limit: number }; result: readonly Transaction[] }
  energyMeters: { args: { stationId: string }; result: readonly EnergyMeterState[] }
  advance: {
    args: Queue & { deliveries: readonly Delivery[]; limit: number }
    result: readonly StoredQueued[]
  }
  failed: { args: { sequence: number }; result: number }
  deadLetter: { args: { sequence: number; reason: string }; result: null }
  deadLetters: { args: { limit: number }; result: readonly StoredDeadLetter[] }
  backlog: { args: Queue; result: number }
  csmsTransactionId: { args: { upstreamId: string; transactionId: string }; result: string | null }
  settings: { args: { stationId: string }; result: readonly (readonly [string, string])[] }
  saveSetting: { args: { stationId: string; name: string; value: string | null }; result: null }
  profiles: { args: { stationId: string }; result: readonly string[] }
  saveProfile: { args: { stationId: string; profileId: number; body: string }; result: null }
  removeProfiles: { args: { stationId: string; ids: readonly number[] }; result: null }
  localList: { args: { stationId: string }; result: LocalList }
  replaceLocalList: { args: { stationId: string } & LocalList; result: null }
  changeLocalList: { args: { stationId: string } & LocalList; result: null }
  recordSecurityEvent: { args: SecurityLogEntry; result: null }
  securityLog: {
    args: { stationId: string; from: number | null; to: number | null; limit: number }
    result: readonly SecurityLogEntry[]
  }
  recordDecisions: { args: { decisions: readonly StoredDecision[] }; result: null }
  decisionAt: { args: { stationId: string; evse: number; at: number }; result: StoredDecision | null }
  decisions: {
    args: { stationId: string; evse: number; from: number; to: number; limit: number }
    result: readonly StoredDecision[]
  }
  balanceMemory: { args: null; result: string | null }
  saveBalanceMemory: { args: { text: string }; result: null }
  recordSiteSamples: { args: { samples: readonly SiteSample[] }; result: null }
  siteSamples: {
    args: { from: number; to: number; after: SamplePlace | null }
    result: Portion<SiteSample, SamplePlace>
  }
  saveVisit: { args: VisitRecord; result: null }
  visits: { args: { from: number; to: number; after: number }; result: Portion<VisitRecord, number> }
  saveLimit: { args: SiteLimit; result: null }
  removeLimit: { args: { source: LimitSource; id: string }; result: null }
  limits: { args: null; result: readonly SiteLimit[] }
  recordLimitProof: { args: StoredProof; result: null }
  limitProofs: {
    args: { from: number; to: number; limit: number; before: ProofPlace | null }
    result: Portion<StoredProof, ProofPlace>
  }
  recordEvent: { args: LedgerEvent; result: null }
  events: { args: { limit: number }; result: readonly LedgerEvent[] }
}

export type Method = keyof Operations

/** One call on its way. `at`: wall time of the call, ms. */
export type Request = {
  [M in Method]: { readonly id: number; readonly at: number; readonly method: M; readonly args: Operations[M]['args'] }
}[Method]

export interface Fault {
  readonly code: ErrorCode
  readonly message: string
}

export type Reply =
  | { readonly id: number; readonly value: Operations[Method]['result'] }
  | { readonly id: number; readonly fault: Fault }

export interface WorkerStart {
  readonly folder: string
  readonly limits: LedgerLimits
  /** Wall time, ms. */
  readonly at: number
}

export type ToWorker = { readonly kind: 'requests'; readonly requests: readonly Request[] } | { readonly kind: 'close' }

export type FromWorker =
  | { readonly kind: 'ready'; readonly findings: readonly string[] }
  | { readonly kind: 'refused'; readonly fault: Fault }
  | { readonly kind: 'replies'; readonly replies: readonly Reply[] }
  | { readonly kind: 'alarm'; readonly alarm: LedgerAlarm }
  | { readonly kind: 'closed' }

/** A core whose memory is old starts as carefully as one without; limits and their proofs are few and are kept. */
const EXPENDABLE: readonly Method[] = [
  'recordEvent',
  'recordSecurityEvent',
  'replaceLocalList',
  'changeLocalList',
  'recordDecisions',
  'saveBalanceMemory',
  'recordSiteSamples',
  'saveVisit',
]

/** Given up first when space runs out, so that starts, ends and deliveries still fit. */
export function isExpendable(request: Request): boolean {
  if (request.method === 'recordSamples') return request.args.outbox.length > 0
  return EXPENDABLE.includes(request.method)
}
