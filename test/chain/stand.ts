/** A charger of the library on a real socket: its mapping in reverse, a car, and every current that it was ever told. */
import { asInstalled, SimulatedCharger, simulateDevice } from '../../src/mapping/index.ts'
import type { Mapping, OptionValue, SimulatedConnector, SimulatedDevice } from '../../src/mapping/index.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { DeviceServer, DocumentBank, RegisterBank } from '../../src/model/driver.ts'
import { installedOptions } from '../mapping/installed-options.ts'
import { registry } from './chain.ts'

/** How often a device publishes or sends by itself. */
const TELL_MS = 500
/** The factory's own offer counts for nothing until the bridge has met the box. */
const FREE = Number.POSITIVE_INFINITY

export class Stand {
  readonly name: string
  readonly mapping: Mapping
  readonly connector: SimulatedConnector
  readonly charger: SimulatedCharger
  /** Where its socket is, for the site file. */
  readonly url: string
  readonly options: Readonly<Record<string, OptionValue>>
  readonly phases: 1 | 3
  /** Currents that it was offered by orders, in order, since it was paused first. */
  readonly offers: number[] = []
  /** Its further outlets. */
  readonly #empty: readonly SimulatedCharger[]
  readonly #server: DeviceServer
  #met = false
  #offered = FREE

  /** `variant`: which one of those that the mapping knows. */
  static async open(mapping: Mapping, variant: string | null, clock: Clock, broker: string | null): Promise<Stand> {
    const options = installedOptions(mapping, variant ?? undefined)
    const which = variant === null ? {} : { variant }
    const device = simulateDevice(asInstalled(mapping, { options }), { clock, wired: true, ...which })
    const [connector] = device.connectors
    if (connector === undefined) throw new Error(`${mapping.name} has no connector`)
    const watch: { look(): void } = { look: () => undefined }
    const server = await serve(device, clock, broker, () => watch.look())
    const stand = new Stand(standName(mapping, variant), mapping, device.connectors, connector, options, server, clock)
    watch.look = () => stand.#look()
    return stand
  }

  private constructor(
    name: string,
    mapping: Mapping,
    connectors: readonly SimulatedConnector[],
    connector: SimulatedConnector,
    options: Readonly<Record<string, OptionValue>>,
    server: DeviceServer,
    clock: Clock,
  ) {
    this.name = name
    this.mapping = mapping
    this.connector = connector
    this.options = options
    this.#server = server
    const { url } = server
    this.url = mapping.documents?.family === 'udp' ? `${url.split('?', 1)[0] ?? url}?local=0` : url
    const current = mapping.signals.get('current')
    this.phases = current?.kind === 'point' && current.point.addresses.length === 1 ? 1 : 3
    this.charger = new SimulatedCharger(connector, { clock, followDelayMs: 1000, energyWh: 1_200_000 })
    this.#empty = connectors.slice(1).map((other) => new SimulatedCharger(other, { clock }))
  }

  /** The site file's entry, without what all stations have alike. */
  get entry(): string {
    const options = Object.keys(this.options).length === 0 ? '' : `options: ${JSON.stringify(this.options)}, `
    return `mapping: ${this.mapping.name}, connect: "${this.url}", ${options}phases: ${this.phases === 1 ? 'L1' : 'L1L2L3'}`
  }

  tick(): void {
    for (const charger of [this.charger, ...this.#empty]) charger.tick()
    this.#look()
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  #look(): void {
    const { offeredAmps, paused } = this.connector.orders
    this.#met ||= paused
    if (!this.#met || offeredAmps === this.#offered) return
    this.#offered = offeredAmps
    this.offers.push(offeredAmps)
  }
}

/** Fit for a station id: letters, digits and dashes. */
export function standName(mapping: Mapping, variant: string | null): string {
  const at = mapping.variants.findIndex(({ name }) => name === variant)
  return at < 0 ? mapping.name : `${mapping.name}-v${at + 1}`
}

/** Every mapping that loads; one that does not is told of by its own test. */
export function shippedMappings(): readonly Mapping[] {
  return registry.mappings.list().flatMap(({ name }) => {
    try {
      return [registry.mappings.load(name)]
    } catch {
      return []
    }
  })
}

/** The scheme of the device's usual wire; a serial one runs over a gateway. */
export function schemeOf(mapping: Mapping): string {
  const family = mapping.documents?.family ?? null
  if (family !== null) return family
  const { tcpPort, serial } = mapping.transport
  return tcpPort !== null || serial === null ? 'tcp' : `${serial.mode}+tcp`
}

function serve(device: SimulatedDevice, clock: Clock, broker: string | null, look: () => void): Promise<DeviceServer> {
  const scheme = schemeOf(device.mapping)
  const { serial, clients } = device.mapping.transport
  const url = scheme === 'mqtt' && broker !== null ? broker : `${scheme}://127.0.0.1:0`
  if (device.documents !== null)
    return registry
      .documentServerOf(url)
      .serve(url, watchedDocuments(device.documents, look), { clock, serial, everyMs: TELL_MS })
  const units = new Map([...device.units].map(([unit, bank]) => [unit, watchedRegisters(bank, look)]))
  return registry
    .serverOf(url)
    .listen(url, units, { clock, serial: null, answerDelayMs: 0, ...(clients === null ? {} : { clients }) })
}

function watchedRegisters(bank: RegisterBank, look: () => void): RegisterBank {
  return {
    read: (request) => bank.read(request),
    write: (request) => {
      bank.write(request)
      look()
    },
  }
}

function watchedDocuments(bank: DocumentBank, look: () => void): DocumentBank {
  return {
    ...bank,
    answer: (request) => {
      const answer = bank.answer(request)
      look()
      return answer
    },
    hear: (topic, payload) => {
      bank.hear(topic, payload)
      look()
    },
  }
}
