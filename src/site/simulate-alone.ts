/** A mapping in reverse behind a real server, for `simulate`: a charger with a car that charges when it may, or a meter with a load. */
import { asInstalled, optionsFromTexts, SimulatedCharger, SimulatedMeter, simulateDevice } from '../mapping/index.ts'
import type { Mapping, SimulatedDevice } from '../mapping/index.ts'
import { type Clock, systemClock } from '../model/clock.ts'
import { withoutSecrets } from '../model/address.ts'
import type { DeviceServer } from '../model/driver.ts'
import { BridgeError } from '../model/errors.ts'
import { openable, wayOf } from './address.ts'
import type { Registry } from './registry.ts'

export interface SimulateOptions {
  readonly registry: Registry
  /** Name in the library or path of a file. */
  readonly mapping: string
  /** Where relative paths start. */
  readonly folder: string
  readonly listen: string
  /** Null: the mapping's. */
  readonly unit: number | null
  /** Options of the mapping as written. */
  readonly options?: Readonly<Record<string, string>>
  readonly meter?: string
  /** Which variant of the mapping; the first that can be shown when left out. */
  readonly variant?: string
  readonly clock?: Clock
}

export interface SimulatedAlone {
  /** With the port that the system gave. */
  readonly url: string
  /** What it speaks: `modbus`, `http`, `mqtt`, `udp`, `dsmr`, ... */
  readonly speaks: string
  /** Null: it has none. */
  readonly unit: number | null
  close(): Promise<void>
}

const CAR = { phases: 3, maxAmps: 16, energyWantedWh: 40_000 } as const
const METER_AMPS = [5, 6, 7] as const
const TICK_MS = 250
/** How often a device tells by itself what has changed. */
const TELL_MS = 1000
/** A topic that changes is published soon. */
const PUBLISH_MS = 250

/** Throws MAPPING_UNKNOWN, MAPPING_INVALID, LINK_BAD_URL, LINK_UNREACHABLE. */
export async function simulateAlone(options: SimulateOptions): Promise<SimulatedAlone> {
  const { registry, listen } = options
  const clock = options.clock ?? systemClock
  const file = registry.mappings.load(options.mapping, options.folder)
  const { meter, variant } = options
  const mapping = asInstalled(file, {
    options: optionsFromTexts(file, options.options ?? {}),
    ...(meter === undefined ? {} : { meter }),
  })
  if (options.unit !== null && mapping.documents !== null)
    throw new BridgeError('CONFIG_INVALID', `${mapping.device} speaks ${wayOf(mapping)}, which knows no unit id`)
  const unit = options.unit ?? mapping.transport.unit
  const device = simulateDevice(mapping, { clock, unit, wired: true, ...(variant === undefined ? {} : { variant }) })
  const living =
    mapping.kind === 'meter' ? [meterOf(device, clock)] : device.connectors.map((one) => chargerOf(one, clock))
  const server = await serveDevice(registry, device, listen, clock)
  const stopping = new AbortController()
  const life = live(living, clock, stopping.signal)
  return {
    url: server.url,
    speaks: wayOf(mapping),
    unit: mapping.documents === null ? unit : null,
    close: async () => {
      stopping.abort()
      await life
      await server.close()
    },
  }
}

/** Puts a simulated device on a real wire. Throws LINK_BAD_URL for an address of another transport, LINK_UNREACHABLE. */
export function serveDevice(
  registry: Registry,
  device: SimulatedDevice,
  listen: string,
  clock: Clock,
): Promise<DeviceServer> {
  const { mapping } = device
  assertServed(registry, mapping, listen)
  const { url, serial } = openable(registry, mapping, listen)
  if (device.documents !== null)
    return registry.documentServerOf(url).serve(url, device.documents, {
      clock,
      serial,
      everyMs: device.mapping.documents?.family === 'mqtt' ? PUBLISH_MS : TELL_MS,
    })
  const { clients } = mapping.transport
  const limit = clients === null ? {} : { clients }
  return registry.serverOf(url).listen(url, device.units, { clock, serial, answerDelayMs: 0, ...limit })
}

function assertServed({ addresses, servedSchemes }: Registry, mapping: Mapping, listen: string): void {
  const way = wayOf(mapping)
  const names = addresses.flatMap(({ name, speaks }) => (speaks === way && servedSchemes.includes(name) ? [name] : []))
  if (names.some((name) => listen.startsWith(`${name}:`))) return
  const why = `${mapping.device} speaks ${way}; it is served at ${names.map((name) => `${name}:`).join(', ')}`
  throw new BridgeError('LINK_BAD_URL', `${withoutSecrets(listen).slice(0, 100)}: ${why}`)
}

function meterOf(device: ReturnType<typeof simulateDevice>, clock: Clock): SimulatedMeter {
  const meter = new SimulatedMeter(device, { clock })
  meter.setAmps(METER_AMPS)
  return meter
}

function chargerOf(connector: ConstructorParameters<typeof SimulatedCharger>[0], clock: Clock): SimulatedCharger {
  const charger = new SimulatedCharger(connector, { clock })
  charger.plug(CAR)
  return charger
}

async function live(living: readonly { tick(): void }[], clock: Clock, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    for (const one of living) one.tick()
    await clock.sleep(TICK_MS, stop).catch(() => {})
  }
}
