/** One device without a site, for `read` and `set`. */
import {
  asInstalled,
  createDevice,
  type Look,
  optionsFromTexts,
  type Recorded,
  recordExample,
} from '../mapping/index.ts'
import type { AddressLogin } from '../model/address.ts'
import { type Clock, systemClock } from '../model/clock.ts'
import type { DeviceCapabilities, DeviceCommand, DeviceWrite } from '../model/device.ts'
import { BridgeError } from '../model/errors.ts'
import type { DeviceReading } from '../model/signal.ts'
import { openable, wayOf } from './address.ts'
import type { Registry } from './registry.ts'

export interface DeviceAloneOptions {
  readonly registry: Registry
  /** Name in the library or path of a file. */
  readonly mapping: string
  /** Where relative paths start. */
  readonly folder: string
  readonly connect: string
  /** Who we are there; null: what `connect` says. */
  readonly login?: AddressLogin | null
  /** What a meter encrypts its telegrams with; null: what `connect` says. */
  readonly key?: string | null
  /** Null: the mapping's. */
  readonly unit: number | null
  readonly connector: number
  /** Options of the mapping as written. */
  readonly options?: Readonly<Record<string, string>>
  readonly meter?: string
  readonly clock?: Clock
}

export interface DeviceAlone {
  /** Where it is, without login and key. */
  readonly url: string
  /** `modbus`, `http`, `mqtt`, `udp`, `telegram` */
  readonly speaks: string
  readonly unit: number
  /** Whether the mapping's file says something else by now. Throws MAPPING_INVALID. */
  isChanged(): boolean
  /** An example for the mapping, as YAML, of what stands in the device now. */
  record(recorded: Recorded, signal: AbortSignal): Promise<string>
  readonly capabilities: DeviceCapabilities
  /** Reads everything once and writes nothing. */
  read(signal: AbortSignal): Promise<DeviceReading>
  /** Recognises the device and makes its start-up writes. */
  start(signal: AbortSignal): Promise<readonly DeviceWrite[]>
  /** Reads everything once and tells place by place what stood there. */
  look(signal: AbortSignal): Promise<{ readonly reading: DeviceReading; readonly look: Look; readonly now: number }>
  /** Writes what the mapping says under `stop`; call `start` before. */
  giveBack(signal: AbortSignal): Promise<readonly DeviceWrite[]>
  command(command: DeviceCommand, signal: AbortSignal): Promise<readonly DeviceWrite[]>
  /** Serves keep-alive and rewrites for `ms`. */
  hold(ms: number, onWrite: (write: DeviceWrite) => void, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Throws MAPPING_UNKNOWN, MAPPING_INVALID, CONFIG_INVALID (options), LINK_BAD_URL; the calls throw what a `Device` does. */
export function openDeviceAlone(options: DeviceAloneOptions): DeviceAlone {
  const { registry, connector, connect, unit } = options
  const clock = options.clock ?? systemClock
  const mapping = registry.mappings.load(options.mapping, options.folder)
  const settings = {
    options: optionsFromTexts(mapping, options.options ?? {}),
    ...(options.meter === undefined ? {} : { meter: options.meter }),
  }
  asInstalled(mapping, settings)
  if (unit !== null && mapping.documents !== null)
    throw new BridgeError('CONFIG_INVALID', `${mapping.device} speaks ${wayOf(mapping)}, which knows no unit id`)
  const { url, serial } = openable(registry, mapping, connect, options)
  const link = registry.driverOf(url).open(url, { clock, random: Math.random, serial, echo: false })
  const device = createDevice(mapping, link, { clock, ...settings, ...(unit === null ? {} : { unit }) })
  const read = async (signal: AbortSignal): Promise<DeviceReading> => {
    const readings = await device.poll('all', signal)
    const reading = readings.find((one) => one.connector === connector)
    if (reading !== undefined) return reading
    throw new BridgeError('REQUEST_INVALID', `there is no connector ${connector}; the device has ${device.connectors}`)
  }
  return {
    url: link.url,
    speaks: wayOf(mapping),
    unit: unit ?? mapping.transport.unit,
    isChanged: () => registry.mappings.load(options.mapping, options.folder) !== mapping,
    get capabilities() {
      return device.capabilities
    },
    read,
    look: async (signal) => {
      const reading = await read(signal)
      return { reading, look: device.look(connector), now: clock.monotonic() }
    },
    record: async (recorded, signal) => {
      const reading = await read(signal)
      return recordExample(device.mapping, device.look(connector), reading.values, recorded)
    },
    start: (signal) => device.connect(signal),
    giveBack: (signal) => device.release(signal),
    command: (command, signal) => device.command(connector, command, signal),
    hold: async (ms, onWrite, signal) => {
      const end = clock.monotonic() + ms
      while (!signal.aborted) {
        for (const write of await device.serve(signal)) onWrite(write)
        const next = Math.min(device.nextServeAt() ?? end, end)
        const wait = next - clock.monotonic()
        if (wait > 0) await clock.sleep(wait, signal)
        if (clock.monotonic() >= end) return
      }
    },
    close: () => link.close(),
  }
}
