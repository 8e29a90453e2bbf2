/** What a mapping becomes when it is joined with a link: a `Device` with what only its mapping knows. */
import type { Clock } from '../../model/clock.ts'
import type { Device, DeviceWrite } from '../../model/device.ts'
import type { DeviceTiming } from '../../model/driver.ts'
import type { Mapping } from '../mapping.ts'
import type { Look } from './look.ts'
import type { OptionValue } from '../language/options.ts'
import type { Fingerprint } from '../language/variants.ts'
import type { Wear } from './wear.ts'

export interface DeviceOptions {
  readonly clock: Clock
  /** Unit id on the bus; the mapping's own when left out. */
  readonly unit?: number
  /** What the installer set; defaults of the mapping for the rest. */
  readonly options?: Readonly<Record<string, OptionValue>>
  /** Which of several meters in one device; the file as it stands when left out. */
  readonly meter?: string
  /** Number of connectors, when the site knows it and the mapping reads it from the device. */
  readonly connectors?: number
  /** Baud rate of the bus, for the cost of reading over holes. */
  readonly serialBaud?: number
  /** What the site knows better than the mapping. */
  readonly timing?: Partial<DeviceTiming>
}

/** A `Device` with what only its mapping knows. */
export interface MappedDevice extends Device {
  readonly mapping: Mapping
  /** For examples: the device's own period of silence, start-up writes and keep-alive, each alone. */
  startUp(signal: AbortSignal): Promise<readonly DeviceWrite[]>
  keepAlive(timeoutSeconds: number | null, signal: AbortSignal): Promise<readonly DeviceWrite[]>
  resumeAsIs(connector: number, signal: AbortSignal): Promise<readonly DeviceWrite[]>
  /** What stands at every place that the file reads for this connector, as of the last poll. */
  look(connector: number): Look
  /** How often registers in flash were written within 24 hours, since the bridge started. */
  readonly wear: readonly Wear[]
  /** What tells the variants of its mapping apart, read now: the firmware and these points. */
  fingerprint(names: Iterable<string>, signal: AbortSignal): Promise<Fingerprint>
  /** Registers outside the mapping's plan; null: the device does not have them. */
  readHolding(address: number, count: number, signal: AbortSignal): Promise<readonly number[] | null>
}
