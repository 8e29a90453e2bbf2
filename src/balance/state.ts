/** What the core carries from tick to tick. Plain data; what must survive a restart of ours is in `memory.ts`. */
import type { PhaseAmps } from '../model/phase.ts'
import type { PhaseMask } from './known/loading.ts'

export interface BalanceState {
  /** Time of the first tick after a start, or null before it. */
  readonly startedAt: number | null
  /** Time of the last tick. */
  readonly at: number
  readonly outlets: ReadonlyMap<string, OutletMemory>
  readonly circuits: ReadonlyMap<string, CircuitMemory>
  readonly meters: ReadonlyMap<string, MeterMemory>
  /** Sessions of an earlier run of ours, until their outlets are seen. */
  readonly restored: ReadonlyMap<string, SessionMemory>
}

export interface OutletMemory {
  readonly firstSeenAt: number
  /** Set-point of our last tick; null before the first. */
  readonly orderedAmps: number | null
  /** When our set-point last went up, and when it last changed; null: never. */
  readonly raisedAt: number | null
  readonly changedAt: number | null
  /** No new start before this time. */
  readonly restUntil: number
  /** The charger has allowed more than we ordered since, without coming down; null: it follows. */
  readonly unfollowedSince: number | null
  /** The car draws more than it may since; null: it obeys. Only a settled measurement that obeys ends it. */
  readonly disobeysSince: number | null
  /** Highest set-point that may have been in force at the last tick. */
  readonly inForceAmps: number
  /** Set-points that were in force and may still be followed, highest first, each lower one for longer. */
  readonly followed: readonly Followed[]
  /** Phases that it was ever seen to measure: where one of them goes missing, nothing is proven. */
  readonly measuredPhases: PhaseMask
  /** What one that draws too much was last seen to draw; 0: it obeys. */
  readonly drawnAmps: number
  readonly session: SessionMemory | null
  /** Wanted without a session of its own, or with one: what tells one car from the next. */
  readonly sessionId: string | null
}

export interface Followed {
  readonly amps: number
  readonly until: number
}

/** One car's visit: its turns, its pauses, and what was learned of it. */
export interface SessionMemory {
  readonly pauses: number
  /** Charging without a pause since; null while it waits. */
  readonly servedSince: number | null
  /** Wanting current and getting none since; null while served. */
  readonly waitingSince: number | null
  /** Delivered when it was last started. */
  readonly energyAtServiceWh: number
  readonly car: CarMemory
}

export interface CarMemory {
  /** Phases that it was seen to use; 0: not known yet. */
  readonly phases: PhaseMask
  /** What it was found to take at most, and when that was found; null: not known. */
  readonly ceilingAmps: number | null
  readonly ceilingAt: number
  /** What it takes now (it tapers, or its battery is cold); null: no limit known. */
  readonly capAmps: number | null
  readonly capAt: number
  /** It draws clearly less than it may since, and the highest draw of that time. */
  readonly belowSince: number | null
  readonly belowAmps: number
  /** It is offered current and takes none since. */
  readonly idleSince: number | null
  /** It has charged since it was last started. */
  readonly charged: boolean
  /** It took none although it was offered some for long, since; null: it takes. */
  readonly fullSince: number | null
  /** The last value that was looked at. */
  readonly seenAt: number
  readonly lastAmps: number
}

/** Memory of a circuit with a meter. */
export interface CircuitMemory {
  readonly buildingAmps: PhaseAmps
  /** Highest building estimate per stretch of time, oldest first. */
  readonly peaks: readonly Peak[]
  readonly longPeaks: readonly Peak[]
  /** Since when the meter contradicts the estimate, per phase; NaN: it does not. */
  readonly contradictedSince: PhaseAmps
  /** Since when the meter shows more than the limit, per phase; NaN: it does not. */
  readonly overSince: PhaseAmps
  /** Since when this circuit's meter is watched without a break. */
  readonly watchedSince: number
  /** Each charger below was measured since then: the estimate rests on values of one time. */
  readonly trusted: boolean
}

export interface Peak {
  readonly from: number
  readonly amps: PhaseAmps
}

export interface MeterMemory {
  readonly amps: PhaseAmps
  /** Of the last sound value. */
  readonly takenAt: number
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
  restored: new Map(),
}
