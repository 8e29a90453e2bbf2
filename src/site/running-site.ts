/** What a running site offers to those outside of it, and what it needs to run. */
import type { Ledger } from '../ledger/ledger.ts'
import type { BalanceSettings } from '../model/balance-input.ts'
import type { Clock } from '../model/clock.ts'
import type { StationListener } from '../model/event.ts'
import type { ParameterOperations } from './controller/parameter-operations.ts'
import type { Log } from './log.ts'
import type { SiteOperations } from './operations.ts'
import type { DecisionOperations } from './records/decision-operations.ts'
import type { Registry } from './registry.ts'
import type { LimitOperations } from './signals/limit-operations.ts'
import type { SiteSnapshot, SiteTrace } from './snapshot.ts'

export interface SiteOptions {
  readonly registry: Registry
  /** Holds the ledger; one bridge only. */
  readonly stateFolder: string
  readonly log: Log
  readonly clock?: Clock
  /** In [0, 1): jitter of reconnects. */
  readonly random?: () => number
  readonly pollMs?: number
  readonly fullPollMs?: number
  readonly tickMs?: number
  readonly balance?: Partial<BalanceSettings>
  /** One that is open already; it is closed with the site. Without it the state folder's is opened. */
  readonly ledger?: Ledger
}

export interface RunningSite {
  snapshot(): SiteSnapshot
  /** What may be done from here, for those who may. */
  readonly operations: SiteOperations
  /** What an operator sets while the site runs. */
  readonly parameters: ParameterOperations
  /** Limits from outside: what stands, what the API may set, what the log proves. */
  readonly limits: LimitOperations
  /** Why each outlet gets what it gets, now and at any past moment. */
  readonly decisions: DecisionOperations
  onEvent(listener: StationListener): () => void
  onTrace(listener: (trace: SiteTrace) => void): () => void
  /** Chargers keep their set-points and fall to their fail-safe by themselves; transactions stay open and are resumed. */
  stop(): Promise<void>
}
