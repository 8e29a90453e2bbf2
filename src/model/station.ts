/** Charging stations as the site knows them. The inside speaks OCPP 2.x and IEC 61851; OCPP 1.6 is a projection of it. */
import type { PhaseRotation } from './phase.ts'
import type { PilotState } from './pilot-state.ts'
import type { DeviceFault, PerPhase } from './signal.ts'

/** Who may start a session: anyone who plugs in, a card at the charger's reader, or only the CSMS. */
export type AuthorizationWay = 'free' | 'card' | 'remote'

export interface StationIdentity {
  readonly vendor: string
  readonly model: string
  readonly serial: string | null
  readonly firmware: string | null
  /** Of the energy meter inside, where it is known. */
  readonly meterType: string | null
  readonly meterSerial: string | null
}

export interface EvseDescription {
  /** 1, 2, ... (EVSE n is connector n in OCPP 1.6). */
  readonly evse: number
  /** Phases wired to the charger. */
  readonly phases: 1 | 3
  /** Site phases on its terminals; absent: as they are named. */
  readonly rotation?: PhaseRotation
  readonly minAmps: number
  readonly maxAmps: number
  readonly stepAmps: number
  readonly canUnlock: boolean
  readonly hasReader: boolean
  /** EVSEs with the same number share one card reader; absent: the reader is its own. */
  readonly reader?: number
}

export interface StationDescription {
  readonly id: string
  readonly identity: StationIdentity
  readonly evses: readonly EvseDescription[]
}

/** What the device actor tells the station after each poll. Offline: `online` false, the rest is the last known, `quality` stale. */
export interface EvseState {
  readonly evse: number
  readonly online: boolean
  readonly quality: 'good' | 'stale'
  readonly pilot: PilotState | null
  readonly fault: DeviceFault | null
  /** The identifier that the charger's own reader shows now, or null. */
  readonly tag: string | null
  /** What we offer the car now in A (0 = paused), as confirmed by the device; null when unknown. */
  readonly offeredAmps: number | null
  readonly measuredAmps: PerPhase | null
  readonly voltage: PerPhase | null
  readonly powerW: number | null
  readonly powersW: PerPhase | null
  /** The charger's import register; never smoothed here. */
  readonly energyWh: number | null
  readonly sessionWh: number | null
  readonly frequencyHz: number | null
  readonly temperatureC: number | null
  readonly socPercent: number | null
  /** Wall time of the reading, ms. */
  readonly at: number
}
