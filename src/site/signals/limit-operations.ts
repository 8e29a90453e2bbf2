/** Limits as they are seen, set and taken back from outside the site: what the API may ask. Times are wall ms. */
import type { SignalConfig } from '../../config/site-config.ts'
import type { PhaseAmps } from '../../model/phase.ts'
import type { CircuitLimit, LimitSource } from '../../model/site-limit.ts'
import type { ProvenCommand } from './proof-report.ts'
import type { SaidLimit } from './told-limit.ts'

export interface LimitView {
  readonly id: string
  readonly source: CircuitLimit['source']
  readonly circuit: string
  readonly amps: PhaseAmps | null
  /** For the cars together. */
  readonly kW: number | null
  readonly priority: number
  /** Who told it. */
  readonly by: string
  /** Null: it is not known. */
  readonly since: number | null
  readonly until: number | null
  /** False: another limit of the same source comes before it in all that it says. */
  readonly inForce: boolean
  /** It is a command from outside, and the log proves what became of it. False: it only binds. */
  readonly proved: boolean
}

export interface SignalView {
  readonly id: string
  readonly source: LimitSource
  readonly circuit: string
  readonly way: SignalConfig['way']['kind']
  /** Of a contact; null: not read since the start, or no contact. `presumed`: it cannot be read and counts as active. */
  readonly contact: 'active' | 'idle' | 'presumed' | null
  /** What is wrong with it, in a sentence, or null. */
  readonly problem: string | null
}

export interface LimitsView {
  readonly limits: readonly LimitView[]
  readonly signals: readonly SignalView[]
}

export interface SaidApiLimit extends SaidLimit {
  /** Of the site file; may be missing where there is only one that the API may set. */
  readonly signal?: string | undefined
  /** The signal's circuit, or one below it. */
  readonly circuit?: string | undefined
  readonly priority?: number | undefined
}

export type SetLimit =
  /** `stored` false: it holds, but will not after a restart. */
  | { readonly outcome: 'set'; readonly limit: LimitView; readonly stored: boolean }
  | { readonly outcome: 'invalid' | 'taken' | 'too-many'; readonly reason: string }

export interface LimitOperations {
  view(): LimitsView
  /** `by`: who asks, in words. `mayUse`: signals that may be spoken for; missing or null: all that the API may set. */
  set(id: string, said: SaidApiLimit, by: string, mayUse?: readonly string[] | null): Promise<SetLimit>
  /**
   * `not-stored`: it ended, but comes back after a restart. `taken`: it belongs to a contact or topic, `not-allowed`: to a signal that
   * may not be spoken for.
   */
  end(
    id: string,
    by: string,
    mayUse?: readonly string[] | null,
  ): Promise<'ended' | 'not-stored' | 'unknown' | 'taken' | 'not-allowed'>
  /** What the log tells from `from` to `to`; the newest of it when it is too much for one answer. */
  proofs(from: number, to: number): Promise<{ readonly commands: readonly ProvenCommand[]; readonly complete: boolean }>
}
