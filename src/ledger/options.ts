/** What a site may choose about its ledger, and how the ledger speaks up while it runs. */
import type { Clock } from '../model/clock.ts'

export interface LedgerAlarm {
  readonly code: 'LEDGER_FULL' | 'LEDGER_FAILED' | 'LEDGER_DAMAGED'
  /** False when the reason is gone again. */
  readonly active: boolean
  readonly text: string
}

export interface LedgerLimits {
  /** The database never grows beyond this; reaching it is handled like a full disk. */
  readonly maxBytes: number
  /** Space kept in hand for transactions when everything else is full: a file of this size, and as much of `maxBytes`. */
  readonly ballastBytes: number
  /** Delivered messages kept behind the newest one; older ones are pruned in batches. */
  readonly keepDelivered: number
  readonly keepJournal: number
  readonly keepTransactions: number
  readonly keepDeadLetters: number
  readonly keepEvents: number
  readonly keepSecurityEvents: number
  /** 300 bytes each: 60 chargers of a busy garage make 12,000 a day (measured), so three weeks and 90 MB. */
  readonly keepDecisions: number
  /** 100 bytes each: a year of one metered circuit, four months of three; 50 MB. */
  readonly keepSiteSamples: number
  /** As many as transactions: 60 outlets with three cars a day fill nine months. */
  readonly keepVisits: number
  /** 290 bytes each, one per minute while a limit holds: two years of eleven hours a day (BK6-22-300 asks for two years). */
  readonly keepLimitProofs: number
  /** Calls that may wait for the disk before further ones are refused. */
  readonly maxWaiting: number
}

export interface LedgerOptions extends Partial<LedgerLimits> {
  readonly clock?: Clock
  /** Called on the caller's thread when the disk fills, fails, or damage shows while running. */
  readonly onAlarm?: (alarm: LedgerAlarm) => void
}

export const DEFAULT_LIMITS: LedgerLimits = {
  maxBytes: 1024 ** 3,
  ballastBytes: 1024 ** 2,
  keepDelivered: 10_000,
  keepJournal: 20_000,
  keepTransactions: 50_000,
  keepDeadLetters: 10_000,
  keepEvents: 20_000,
  keepSecurityEvents: 5_000,
  keepDecisions: 300_000,
  keepSiteSamples: 500_000,
  keepVisits: 50_000,
  keepLimitProofs: 500_000,
  maxWaiting: 20_000,
}
