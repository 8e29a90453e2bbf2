/** The fixed names of what a device can tell (mapping language, rule 2), and one reading of them. */
import type { PilotState } from './pilot-state.ts'

export const SIGNALS = [
  'state',
  'enabled',
  'current',
  'voltage',
  'power',
  'powers',
  'energy',
  'export',
  'session',
  'frequency',
  'tag',
  'error',
  'soc',
  'evid',
  'temperature',
  'limit',
  'phases',
] as const
export type SignalName = (typeof SIGNALS)[number]

/** A vendor's fault as the device shows it. */
export interface DeviceFault {
  /** The vendor's own code, e.g. `0x0102` or `F9`. */
  readonly code: string
  /** One of `FAULT_KINDS`; `OtherError` where the mapping knows none. */
  readonly kind: string
  /** A sentence a person understands, or null. */
  readonly text: string | null
}

/** Values per device terminal: index 0 is the device's own L1 (or its only phase). A phase not given now is null. */
export type PerPhase = readonly (number | null)[]

/** Units: A, V, W, Wh, Hz, °C, %. `null` is "not available now" and never 0. */
export interface SignalValues {
  readonly state: PilotState | null
  readonly enabled: boolean | null
  readonly current: PerPhase | null
  readonly voltage: PerPhase | null
  readonly power: number | null
  readonly powers: PerPhase | null
  readonly energy: number | null
  readonly export: number | null
  readonly session: number | null
  readonly frequency: number | null
  readonly tag: string | null
  readonly error: DeviceFault | null
  readonly soc: number | null
  readonly evid: string | null
  readonly temperature: number | null
  /** The current limit that the device itself shows, in A. */
  readonly limit: number | null
  /** Number of phases in use or allowed, as the device shows it. */
  readonly phases: number | null
}

export const NO_SIGNALS: SignalValues = {
  state: null,
  enabled: null,
  current: null,
  voltage: null,
  power: null,
  powers: null,
  energy: null,
  export: null,
  session: null,
  frequency: null,
  tag: null,
  error: null,
  soc: null,
  evid: null,
  temperature: null,
  limit: null,
  phases: null,
}

/** One poll of one connector. `takenAt` holds, per signal that has a value, when it was read (monotonic ms). */
export interface DeviceReading {
  readonly connector: number
  readonly values: SignalValues
  readonly takenAt: Readonly<Partial<Record<SignalName, number>>>
}
