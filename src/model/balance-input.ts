/** What the balancing core is given each tick, and what it answers. Plain data: no clock, no I/O. All times are monotonic ms. */
import type { Circuit } from './circuit.ts'
import type { ControllerParameters } from './controller-parameters.ts'
import type { PhaseAmps, PhaseRotation } from './phase.ts'
import type { Binding, LimitOrigin, Rank } from './set-point.ts'
import type { CircuitLimit } from './site-limit.ts'

/** One controlled outlet and what is known of it now. */
export interface Outlet {
  /** `STATION/EVSE`, unique on the site; ties are broken by it. */
  readonly id: string
  readonly circuitId: string
  /** Site phases of the charger's terminals. */
  readonly rotation: PhaseRotation
  readonly minAmps: number
  readonly maxAmps: number
  readonly stepAmps: number
  /** A vehicle is there, the session is authorised, the station is operative: current is wanted. */
  readonly wanted: boolean
  /** Why not, when `wanted` is false. */
  readonly refusal: 'no-vehicle' | 'not-authorised' | 'unavailable' | null
  /** Limit by charging profiles now, with its source; null: none. */
  readonly profile: { readonly amps: number; readonly source: string } | null
  /** The bridge talks with the charger. False: `fallbackAmps` counts as drawn, and nothing is sent. */
  readonly online: boolean
  /** What the charger allows the car by itself when we are silent (per phase). */
  readonly fallbackAmps: number
  /**
   * From when a charger that is offline has fallen back to `fallbackAmps` for certain (last contact + its own time-out + margin);
   * null or missing: not certain, the last set-point counts too.
   */
  readonly fallbackSureAt?: number | null
  /** The last set-point read back or acknowledged; null: never known (counts as `maxAmps`). */
  readonly confirmedAmps: number | null
  /** A set-point sent and not yet confirmed (the highest, if several may be on their way), or null. The higher of it and the confirmed one counts as drawn. */
  readonly pendingAmps: number | null
  /** Since when `confirmedAmps` is in force; a car may take 5 s to follow (IEC 61851-1 A.4). */
  readonly confirmedAt: number
  /** Confirmed set-point that was in force before, until the car has followed. */
  readonly previousAmps: number
  /** Measured per terminal (as `rotation`), null where unknown; and when. */
  readonly measuredAmps: readonly (number | null)[] | null
  readonly measuredAt: number
  /** What is known of the session that wants the current; null: no session. */
  readonly session: ChargingSession | null
  /** Where charging is still efficient: rather than below it, fewer cars charge. Null: by the number of phases. */
  readonly softMinAmps: number | null
}

/** A session as the scheduler sees it. Times are monotonic ms; they may lie before the bridge's start. */
export interface ChargingSession {
  /** Stable over restarts: turns, pauses and what was learned of the car are remembered by it. */
  readonly id: string
  readonly startedAt: number
  /** Delivered so far. */
  readonly energyWh: number
  /** What the driver wants in all; null: unknown. */
  readonly wantedWh: number | null
  /** When the driver means to leave; null: unknown. It may be wrong. */
  readonly departsAt: number | null
  /** Energy that was promised by a time; null: none. */
  readonly commitment: { readonly energyWh: number; readonly byAt: number } | null
  /** 1: as everybody; higher goes first. */
  readonly priority: number
  /** Policy lets it wait for a better hour, if its commitment and others allow; null: it need not wait. */
  readonly mayWait: { readonly until: number; readonly reason: WaitReason } | null
}

export type WaitReason = 'tariff' | 'peak' | 'plan'

/** Last value of a meter. Missing is null and never zero. */
export interface MeterCurrent {
  readonly meterId: string
  readonly amps: PhaseAmps | null
  readonly takenAt: number
}

export interface BalanceInput {
  readonly at: number
  readonly circuits: readonly Circuit[]
  readonly outlets: readonly Outlet[]
  readonly meters: readonly MeterCurrent[]
  /** Limits from outside that hold now; each names its source. They only ever lower. */
  readonly limits: readonly CircuitLimit[]
  readonly parameters: ControllerParameters
  readonly settings: BalanceSettings
}

/**
 * fair: who got least energy goes first. commitments: promised energy by its time goes first, then who needs it most urgently.
 * first-come: who came first charges first. priority: by priority, then as `fair`.
 */
export const STRATEGIES = ['fair', 'commitments', 'first-come', 'priority'] as const
export type Strategy = (typeof STRATEGIES)[number]

export interface BalanceSettings {
  /** Age after which a meter counts as silent. */
  readonly meterStaleMs: number
  /** Time a car may take to follow a changed set-point; old and new both count until then. */
  readonly settleMs: number
  /** Changes of less are not sent unless a limit needs them. */
  readonly deadBandAmps: number
  /** Shortest time between two increases of one outlet. */
  readonly riseIntervalMs: number
  /** Rest after a pause before the outlet may start again. */
  readonly restMs: number
  /** Share of a metered circuit's limit that is left free: a building load that creeps up is there before the cars have followed. */
  readonly headroomShare: number
  readonly strategy: Strategy
  /** A car that has got this much since it was started gives way to one that waits. */
  readonly quantumWh: number
  /** Phase to neutral, V: from A to W and back. */
  readonly voltage: number
  /** Of a car that tells nothing: how long it stays, and what it needs. */
  readonly usualStayMs: number
  readonly usualWh: number
}

export interface Allocation {
  readonly outletId: string
  /** 0 or within [min, max] on the step grid. */
  readonly amps: number
  readonly binding: Binding
  /** Its place in the queue; null where no current is wanted. */
  readonly rank: Rank | null
}

export interface CircuitLoad {
  readonly circuitId: string
  /** What counts as taken by the building (and all that is not ours), per phase; null where no meter sees it. */
  readonly buildingAmps: PhaseAmps | null
  /** Sum of what counts as drawn by the outlets below. */
  readonly reservedAmps: PhaseAmps
  /** What the outlets below may take together. */
  readonly availableAmps: PhaseAmps
  readonly failSafe: boolean
  /** Limit that counts now per phase: the fuse, or a tighter one from outside; and who set it. */
  readonly limitAmps: PhaseAmps
  readonly limitSource: LimitOrigin
}

export interface BalanceResult<State> {
  readonly allocations: readonly Allocation[]
  readonly loads: readonly CircuitLoad[]
  /** Meters that are frozen, circuits over their limit without us, chargers that do not obey: for alarms. */
  readonly alarms: readonly BalanceAlarm[]
  readonly state: State
}

export interface BalanceAlarm {
  readonly kind: 'meter-silent' | 'meter-frozen' | 'meters-disagree' | 'over-limit' | 'outlet-disobeys'
  readonly id: string
  readonly text: string
}
