/** What the policy is told, and what it answers. Plain data; all times are ms of one monotonic clock. */
import type { WaitReason } from '../../model/balance-input.ts'
import type { Circuit } from '../../model/circuit.ts'
import type { CircuitLimit } from '../../model/site-limit.ts'
import { UNKNOWN_FLEET } from './fleet.ts'
import type { Fleet } from './fleet.ts'

export interface PolicySession {
  readonly id: string
  readonly circuitId: string
  /** Site phases that the car may load (0: L1), in the order of the charger's terminals: all of them until it was measured. */
  readonly phases: readonly number[]
  /** Whether `phases` were measured; missing: they were if they are fewer than three, or if it has charged a little. */
  readonly isMeasured?: boolean
  readonly maxAmps: number
  readonly startedAt: number
  /** Delivered so far. */
  readonly energyWh: number
  /** What the driver wants in all; null: unknown. */
  readonly wantedWh: number | null
  readonly departsAt: number | null
  readonly commitment: { readonly energyWh: number; readonly byAt: number } | null
  /** 1: as everybody. A higher one waits only when it is known when it leaves. */
  readonly priority: number
  /** It is being served now: then it is not paused for a price. */
  readonly running: boolean
}

/** A price that holds from `from` until the next one. Any currency, per kWh. */
export interface PricedFrom {
  readonly from: number
  readonly price: number
}

export interface PolicyInput {
  readonly at: number
  readonly sessions: readonly PolicySession[]
  readonly circuits: readonly Circuit[]
  /** Sorted by `from`. Empty: every hour costs the same. */
  readonly tariff: readonly PricedFrom[]
  /** Of a car of which nothing is known. */
  readonly usualStayMs: number
  readonly usualWh: number
  /** The 15-minute mean of a metered circuit to stay under. */
  readonly demand?: DemandNow
  /** Phase to neutral. */
  readonly voltage: number
  /** What the building takes of a circuit (L1, L2, L3), as far as meters see it; missing: nothing is known of it. */
  readonly building?: readonly BuildingLoad[]
  /** Limits from outside that hold now. */
  readonly limits?: readonly CircuitLimit[]
}

export interface DemandNow {
  readonly circuitId: string
  readonly watts: number
  /** What the running quarter hour is heading for, cars and building; null: nobody knows, then nobody waits for it. */
  readonly meanWatts15: number | null
  /** The cars are throttled to it as well, so that a new one adds no more than its minimum. */
  readonly throttles?: boolean
}

export interface BuildingLoad {
  readonly circuitId: string
  readonly amps: readonly [number, number, number]
  /** What it took at each quarter hour of the day (of the input's clock), 96 of them; null where it was not seen yet. */
  readonly day?: readonly (readonly [number, number, number] | null)[]
}

export interface Wait {
  readonly until: number
  readonly reason: WaitReason
}

export interface PolicyResult {
  /** By session id; who is missing need not wait. */
  readonly mayWait: ReadonlyMap<string, Wait>
  readonly state: PolicyState
}

/** Small and plain; with an empty one the policy is only more careful. */
export interface PolicyState {
  readonly fleet: Fleet
}

export const INITIAL_POLICY_STATE: PolicyState = { fleet: UNKNOWN_FLEET }
