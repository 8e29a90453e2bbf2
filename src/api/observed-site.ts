/** What the API needs of a running site; `RunningSite` of the facade is one. Read-only on purpose. */
import type { StationListener } from '../model/event.ts'
import type { DecisionOperations, LimitOperations, SiteSnapshot, SiteTrace } from '../site/facade.ts'

export interface ObservedSite {
  snapshot(): SiteSnapshot
  onTrace(listener: (trace: SiteTrace) => void): () => void
  onEvent(listener: StationListener): () => void
  /** Limits from outside, to be seen. */
  readonly limits?: Pick<LimitOperations, 'view' | 'proofs'>
  /** Why each connector gets what it gets. */
  readonly decisions?: DecisionOperations
}

/** The log as the API uses it; pino and the site's log fit. */
export interface ApiLog {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
  error(fields: object, text: string): void
}
