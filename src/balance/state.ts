/** What the allocator carries from tick to tick. Plain data; losing it (a restart) is safe, because nothing rises until it is built again. */
import type { PhaseAmps } from '../model/phase.ts'

export interface BalanceState {
  /** Time of the first tick after a start, or null before it. */
  readonly startedAt: number | null
  /** Time of the last tick. */
  readonly at: number
  readonly outlets: ReadonlyMap<string, OutletMemory>
  readonly circuits: ReadonlyMap<string, CircuitMemory>
  readonly meters: ReadonlyMap<string, MeterMemory>
}

export interface OutletMemory {
  readonly firstSeenAt: number
  /** Set-point of our last tick; null before the first. */
  readonly orderedAmps: number | null
  /** When our set-point last went up; null: never. */
  readonly raisedAt: number | null
  /** Charging without a pause since; null while it waits. */
  readonly servedSince: number | null
  /** Wanting current and getting none since; null while served. */
  readonly waitingSince: number | null
  /** No new start before this time. */
  readonly restUntil: number
  /** The charger has allowed more than we ordered since, without coming down; null: it follows. */
  readonly unfollowedSince: number | null
  /** Highest set-point that may have been in force at the last tick. */
  readonly inForceAmps: number
}

/** Memory of a circuit with a meter. */
export interface CircuitMemory {
  readonly buildingAmps: PhaseAmps
  /** Highest building estimate per stretch of time, oldest first. */
  readonly peaks: readonly { readonly from: number; readonly amps: PhaseAmps }[]
  /** Since when the meter contradicts the estimate, per phase; NaN: it does not. */
  readonly contradictedSince: PhaseAmps
  /** Since when the meter shows more than the limit, per phase; NaN: it does not. */
  readonly overSince: PhaseAmps
  /** Since when this circuit's meter is watched without a break. */
  readonly watchedSince: number
  /** Each charger below was measured since then: the estimate rests on values of one time. */
  readonly trusted: boolean
}

export interface MeterMemory {
  readonly amps: PhaseAmps
  /** The value has been the same to the last bit since. */
  readonly sameSince: number
  /** Number of measured outlets below; the extremes are only comparable while it is the same. */
  readonly outlets: number
  /** Lowest and highest sum that our outlets below were measured at since then; null until all were measured anew. */
  readonly range: { readonly lowest: PhaseAmps; readonly highest: PhaseAmps } | null
  /** When they first lay so far apart that a working meter shows it; null: they do not. */
  readonly movedAt: number | null
  /** It is frozen; only another value ends that. */
  readonly proven: boolean
}

/** A start from nothing: every charger is assumed at its worst, and nothing rises until meters and chargers were seen. */
export const initialBalanceState: BalanceState = {
  startedAt: null,
  at: -Infinity,
  outlets: new Map(),
  circuits: new Map(),
  meters: new Map(),
}
