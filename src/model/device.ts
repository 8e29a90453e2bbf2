/** An executable device: what a mapping becomes when it is joined with a link. The site knows devices only by this. */
import type { DeviceReading, SignalName } from './signal.ts'

export type DeviceCommand =
  | { readonly kind: 'current'; readonly amps: number }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume'; readonly amps: number }
  | { readonly kind: 'phases'; readonly count: 1 | 3 }
  | { readonly kind: 'wake' }
  | { readonly kind: 'unlock' }
  /** Show on the charger's own display or lamp that it is reserved, or no longer. A show may end by itself: it is repeated. */
  | { readonly kind: 'reserved' | 'unreserved' }
  | { readonly kind: 'failsafe'; readonly amps: number; readonly timeoutSeconds: number }

export type DeviceCommandKind = DeviceCommand['kind']

/** A write that went out, for the trace and for `set`. */
export interface DeviceWrite {
  readonly unit: number
  /** `message`: a device that speaks in texts; `address` is then the number of the order in its mapping. */
  readonly table: 'holding' | 'coil' | 'message'
  readonly address: number
  readonly words: readonly number[]
  /** 0 for a message. */
  readonly functionCode: number
  /** What was said, where it was a text. */
  readonly message?: string
  /** What it was for: `current 13.5 A`, `keep-alive`, `start-up`, ... */
  readonly reason: string
}

export interface DeviceCapabilities {
  readonly kind: 'charger' | 'meter'
  readonly signals: readonly SignalName[]
  readonly commands: readonly DeviceCommandKind[]
  /** True: one card reader for all connectors; absent: each has its own, or there is none. */
  readonly sharedReader?: boolean
  /** Set-point range and grid in A; null on a meter or a charger that cannot be steered. */
  readonly current: { readonly minAmps: number; readonly maxAmps: number; readonly stepAmps: number } | null
  /** True: the charger's own fail-safe can be armed. */
  readonly failSafe: boolean
  /** True: any request, a read too, feeds the charger's watchdog; false: only certain writes do. */
  readonly fedByReads: boolean
  /** Longest time between a set-point write and its effect that the mapping grants, ms. */
  readonly settleMs: number
}

export interface DeviceIdentity {
  readonly vendor: string
  readonly model: string
  readonly serial: string | null
  readonly firmware: string | null
}

/**
 * One physical device. All calls are made one after another by its actor. Faults are those of `Link`, and
 * DEVICE_NOT_RECOGNISED (connect), DEVICE_COMMAND_UNKNOWN, DEVICE_VALUE_REFUSED (command).
 */
export interface Device {
  readonly connectors: number
  readonly capabilities: DeviceCapabilities
  /** Of vendor and model; serial and firmware are known after `connect`. */
  readonly identity: DeviceIdentity
  /** Settings of the device that should be different, read-backs that were not possible. Filled by `connect` and by arming the fail-safe. */
  readonly warnings: readonly string[]
  /** Recognises the device, checks required registers, makes the start-up writes. Call again after the link was lost. */
  connect(signal: AbortSignal): Promise<readonly DeviceWrite[]>
  /** Reads what is due (`fast`) or everything (`all`), one reading per connector. Refused or missing values are null. */
  poll(rate: 'fast' | 'all', signal: AbortSignal): Promise<readonly DeviceReading[]>
  command(connector: number, command: DeviceCommand, signal: AbortSignal): Promise<readonly DeviceWrite[]>
  /** Keep-alive and set-point rewrites that are due at the clock's monotonic time. */
  serve(signal: AbortSignal): Promise<readonly DeviceWrite[]>
  /** When `serve` is next needed (monotonic ms), or null. */
  nextServeAt(): number | null
  /** Gives remote control back where the mapping says how. */
  release(signal: AbortSignal): Promise<readonly DeviceWrite[]>
}
