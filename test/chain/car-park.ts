/**
 * A simulated car park behind real Modbus sockets: a KEBA P30 and an ABB Terra AC on TCP, two Heidelbergs and the SDM630 grid meter on one
 * RTU-over-TCP bus; with cars, a building, and the truth of what flows, sampled finely. The bridge sees only registers.
 */
import { SimulatedMeter, simulateDevice } from '../../src/mapping/index.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { DeviceServer, RegisterBank } from '../../src/model/driver.ts'
import { PHASES, rotation, type RotationName } from '../../src/model/phase.ts'
import { Box } from './box.ts'
import { every, registry, serve } from './chain.ts'

export const HOUSE_AMPS = 63
export const GARAGE_AMPS = 40
export const FAIL_SAFE = { amps: 6, afterSeconds: 20 }
/** The cars' share while the meter is silent: their fail-safe currents fit in it. */
const SILENT_SHARE_AMPS = 24
/** With this much the building leaves room for the cars' share. */
const BUILDING_LIMIT_AMPS = HOUSE_AMPS - SILENT_SHARE_AMPS

const BAYS: readonly {
  readonly id: string
  readonly mapping: string
  readonly wired: RotationName
  readonly unit?: number
  readonly followMs: number
}[] = [
  { id: 'CP-1', mapping: 'keba-p30', wired: 'L1L2L3', followMs: 900 },
  { id: 'CP-2', mapping: 'abb-terra-ac', wired: 'L2L3L1', followMs: 4500 },
  { id: 'CP-3', mapping: 'heidelberg-energy-control', wired: 'L3L1L2', unit: 1, followMs: 2000 },
  { id: 'CP-4', mapping: 'heidelberg-energy-control', wired: 'L2L3L1', unit: 2, followMs: 3500 },
]
const METER_UNIT = 3
const STEP_MS = 250

export type MeterFault = 'silent' | 'frozen'

export class CarPark {
  readonly boxes: readonly Box[]
  /** Per phase; the meter sees it together with the cars. */
  building: readonly [number, number, number] = [5, 5, 5]
  /** Looks at the truth after each step of the world. */
  onStep: () => void = () => {}
  readonly #clock: Clock
  readonly #meter: SimulatedMeter
  readonly #meterBank: RegisterBank
  readonly #bus = new Map<number, RegisterBank>()
  #meterFault: MeterFault | null = null
  readonly #urls = ['tcp://127.0.0.1:0', 'tcp://127.0.0.1:0', 'rtu+tcp://127.0.0.1:0']
  readonly #servers: DeviceServer[] = []
  #stopTime: () => Promise<void> = () => Promise.resolve()

  constructor(clock: Clock) {
    this.#clock = clock
    this.boxes = BAYS.map(
      ({ id, mapping, wired, unit, followMs }) =>
        new Box({
          id,
          mapping,
          registry,
          clock,
          rotation: rotation(wired),
          followDelayMs: followMs,
          ...(unit === undefined ? {} : { unit, units: this.#bus }),
        }),
    )
    const meter = simulateDevice(registry.mappings.load('eastron-sdm630'), { clock, unit: METER_UNIT })
    const bank = meter.units.get(METER_UNIT)
    if (bank === undefined) throw new Error('the meter has no registers')
    this.#meterBank = bank
    this.#meter = new SimulatedMeter(meter, { clock })
    this.meterFault = null
  }

  get meterFault(): MeterFault | null {
    return this.#meterFault
  }

  set meterFault(fault: MeterFault | null) {
    this.#meterFault = fault
    if (fault === 'silent') this.#bus.delete(METER_UNIT)
    else this.#bus.set(METER_UNIT, this.#meterBank)
  }

  /** What flows in the house connection and in the garage's feeder now, per phase. */
  truth(): { readonly house: readonly number[]; readonly garage: readonly number[] } {
    const garage = PHASES.map((phase) => this.boxes.reduce((sum, box) => sum + box.draws(phase), 0))
    return { garage, house: garage.map((amps, index) => amps + (this.building[index] ?? 0)) }
  }

  /** Never more than leaves the cars their share. */
  limitBuilding(): void {
    const [one, two, three] = this.building
    this.building = [
      Math.min(one, BUILDING_LIMIT_AMPS),
      Math.min(two, BUILDING_LIMIT_AMPS),
      Math.min(three, BUILDING_LIMIT_AMPS),
    ]
  }

  async open(): Promise<void> {
    await this.plugNetwork()
    this.#stopTime = every(this.#clock, STEP_MS, () => this.#step())
  }

  async close(): Promise<void> {
    await this.#stopTime()
    await this.unplugNetwork()
  }

  /** All connections end, and new ones are refused. */
  async unplugNetwork(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => server.close()))
  }

  /** At the addresses of before. */
  async plugNetwork(): Promise<void> {
    if (this.#servers.length > 0) return
    const lines = [this.#box('CP-1').units, this.#box('CP-2').units, this.#bus]
    for (const [index, units] of lines.entries()) {
      const server = await serve(this.#urls[index] ?? '', units, this.#clock)
      this.#servers.push(server)
      this.#urls[index] = server.url
    }
  }

  siteFile(csms: string): string {
    const [keba = '', abb = '', bus = ''] = this.#urls
    return `site: {name: Car park, timezone: Europe/Zurich}
buses:
  cellar: {connect: "${bus.split('?', 1)[0]}", baud: 19200, format: 8E1}
circuits:
  house:  {limit: ${HOUSE_AMPS} A, meter: grid, fail-safe: ${SILENT_SHARE_AMPS} A}
  garage: {parent: house, limit: ${GARAGE_AMPS} A}
meters:
  grid: {mapping: eastron-sdm630, bus: cellar, unit: ${METER_UNIT}}
stations:${BAYS.map(({ id, mapping, wired, unit }) => {
      const url = id === 'CP-1' ? keba : abb
      return stationEntry(id, mapping, unit === undefined ? `connect: ${url}` : `bus: cellar\n    unit: ${unit}`, wired)
    }).join('')}
upstreams:
  operator: {url: "${csms}", ocpp: "1.6", security-profile: 0}
`
  }

  #box(id: string): Box {
    const box = this.boxes.find((one) => one.id === id)
    if (box === undefined) throw new Error(`there is no ${id}`)
    return box
  }

  #step(): void {
    for (const box of this.boxes) box.tick()
    if (this.#meterFault !== 'frozen') this.#meter.setAmps(this.truth().house)
    this.onStep()
  }
}

function stationEntry(id: string, mapping: string, place: string, wired: string): string {
  return `
  ${id}:
    mapping: ${mapping}
    ${place}
    circuit: garage
    phases: ${wired}
    authorize: free
    fail-safe: {current: ${FAIL_SAFE.amps} A, after: ${FAIL_SAFE.afterSeconds} s}
    upstream: operator
    start-values: {MeterValueSampleInterval: 30}`
}
