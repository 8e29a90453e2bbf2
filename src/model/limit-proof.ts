/**
 * The log that proves a limit from outside: what came, when, from whom; when the set-points were there; what the power then was.
 * Entries are only ever added. Section 14a of the German energy act asks for it (BNetzA BK6-22-300, Anlage 1, 7.2: carried out, traceable
 * for a single case; 7.3: kept for two years).
 */
import type { PhaseAmps } from './phase.ts'
import type { LimitSource } from './site-limit.ts'

interface AboutCommand {
  /** Wall time, ms. */
  readonly at: number
  /** The same in all entries of one command: of its source, id and the time it came. */
  readonly commandId: string
  readonly source: LimitSource
}

export type LimitProof = LimitCame | LimitTakenUp | LimitSet | LimitReached | LimitMinute | LimitEnded

/** A limit was received, new or with another value. Told again with the same value it is the same command. */
export interface LimitCame extends AboutCommand {
  readonly kind: 'came'
  readonly limitId: string
  readonly circuitId: string
  readonly maxAmps: PhaseAmps | null
  readonly carsMaxWatts: number | null
  readonly priority: number
  /** Wall time, ms; null: until it is taken back. */
  readonly until: number | null
  /** Who told it, in words: `contact ripple`, `API key ems`, `MQTT topic site/limit`. */
  readonly by: string
  /** Power that section 14a guarantees to the cars of this circuit; null: no limit of the grid operator, or nothing controllable. */
  readonly guaranteedWatts: number | null
  /** What the cars of the circuit took when it came, W; null: not known. */
  readonly carsWatts: number | null
}

/** The bridge was restarted while the limit held; between this entry and the one before nobody measured. */
export interface LimitTakenUp extends AboutCommand {
  readonly kind: 'taken-up'
}

/** Every set-point that was ordered under the limit is in force, by the chargers' own account. */
export interface LimitSet extends AboutCommand {
  readonly kind: 'set'
  readonly reactionMs: number
  /** Chargers that do not answer: they are at what they fall back to by themselves. */
  readonly silentChargers: number
}

/** What flows was under the limit for the first time. */
export interface LimitReached extends AboutCommand {
  readonly kind: 'reached'
  readonly reactionMs: number
  /** Of the cars, W, and of the circuit, A; null: not known. */
  readonly carsWatts: number | null
  readonly circuitAmps: PhaseAmps | null
}

/** One minute while it held; shorter at its begin and end. */
export interface LimitMinute extends AboutCommand {
  readonly kind: 'minute'
  /** Seconds of it in which something was known. */
  readonly seconds: number
  readonly meanCarsWatts: number | null
  readonly highestCarsWatts: number | null
  readonly meanCircuitAmps: PhaseAmps | null
  /** Another limit of the same source came before this one all the minute. */
  readonly outranked: boolean
  /** The mean was over the limit after it had once been reached; null: it holds, but the meter was silent. */
  readonly exceeded: boolean | null
}

export interface LimitEnded extends AboutCommand {
  readonly kind: 'ended'
  /** In words: `taken back`, `its time is over`, `another value came`, ... */
  readonly reason: string
}
