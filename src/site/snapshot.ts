/** The site as it is now, as plain data: what the API, the page, the command line and SCADA show. Amps per site phase. */
import type { ConnectorStatus } from '../model/csms.ts'
import type { ParameterName } from '../model/parameter-table.ts'
import type { PhaseAmps, PhaseRotation } from '../model/phase.ts'
import type { DeviceFault, PerPhase } from '../model/signal.ts'
import type { PilotState } from '../model/pilot-state.ts'
import type { Rank } from '../model/set-point.ts'
import type { Wish } from './wish.ts'

export interface SiteSnapshot {
  readonly name: string
  /** Wall time, ms. */
  readonly at: number
  readonly circuits: readonly CircuitSnapshot[]
  readonly meters: readonly MeterSnapshot[]
  readonly stations: readonly StationSnapshot[]
  readonly upstreams: readonly UpstreamSnapshot[]
  readonly alarms: readonly AlarmSnapshot[]
  readonly loop: LoopSnapshot
  readonly parameters: ParametersSnapshot
}

export interface CircuitSnapshot {
  readonly id: string
  readonly parentId: string | null
  readonly limitAmps: PhaseAmps
  readonly meterId: string | null
  /** What flows, per phase: the meter's value, or the sum of the chargers where there is no meter; null when unknown. */
  readonly measuredAmps: PhaseAmps | null
  readonly buildingAmps: PhaseAmps | null
  readonly reservedAmps: PhaseAmps
  readonly availableAmps: PhaseAmps
  readonly failSafe: boolean
}

export interface MeterSnapshot {
  readonly id: string
  readonly online: boolean
  readonly currentAmps: PhaseAmps | null
  readonly powerW: number | null
  /** Age of the current in s, or null. */
  readonly ageSeconds: number | null
  readonly problem: string | null
}

/** One charger. */
export interface StationSnapshot {
  readonly id: string
  /** The station as CSMSs know it: the charger itself, or the one whose member it is. */
  readonly stationId: string
  readonly vendor: string
  readonly model: string
  readonly circuitId: string
  readonly rotation: PhaseRotation
  readonly online: boolean
  /** What is wrong with the link or device, in a sentence, or null. */
  readonly problem: string | null
  readonly evses: readonly EvseSnapshot[]
  readonly upstreamIds: readonly string[]
}

export interface EvseSnapshot {
  /** Its number in the station `stationId`. */
  readonly evse: number
  readonly pilot: PilotState | null
  readonly status: ConnectorStatus
  readonly fault: DeviceFault | null
  readonly setAmps: number | null
  /** Ordered and not confirmed yet. */
  readonly pendingAmps: number | null
  /** Per terminal of the charger; `phasesAmps` is the same on the site's phases. */
  readonly measuredAmps: PerPhase | null
  readonly phasesAmps: Readonly<Partial<Record<'L1' | 'L2' | 'L3', number>>>
  readonly powerW: number | null
  readonly energyWh: number | null
  /** Who or what limits it, in a sentence. */
  readonly why: string
  /** Its place in the queue; null: no current is wanted. */
  readonly rank: Rank | null
  readonly transaction: {
    readonly id: string
    readonly csmsTransactionId: string | null
    readonly idToken: string
    readonly startedAt: number
    readonly energyWh: number
    /** What the driver wants; null: nothing was said. */
    readonly wish: Wish | null
  } | null
}

export interface UpstreamSnapshot {
  readonly id: string
  readonly stationId: string
  readonly state: 'connecting' | 'open' | 'accepted' | 'pending' | 'rejected' | 'down'
  readonly backlog: number
  readonly problem: string | null
}

export interface AlarmSnapshot {
  readonly since: number
  readonly kind: string
  readonly about: string
  readonly text: string
}

export interface LoopSnapshot {
  readonly ticks: number
  readonly missedTicks: number
  readonly lastTickMs: number
}

/** The station controller's parameters as they hold now. */
export interface ParametersSnapshot extends Readonly<Record<ParameterName, number>> {
  /** The site's own station at the CSMS; null: it has none. */
  readonly controllerId: string | null
  /** Where a person set one; stations and EVSEs as CSMSs know them. */
  readonly outletMaxima: readonly { readonly stationId: string; readonly evse: number; readonly amps: number }[]
  readonly circuitMaxima: readonly { readonly circuitId: string; readonly amps: number }[]
}

/** An OCPP frame or a register frame as it passed. */
export interface SiteTrace {
  readonly at: number
  readonly kind: 'ocpp' | 'registers'
  /** Station, or link URL for registers. */
  readonly about: string
  readonly upstreamId: string | null
  readonly direction: 'sent' | 'received'
  readonly text: string
}
