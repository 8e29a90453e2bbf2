/**
 * The site of the scenarios: a house connection with a meter and a building, a feeder for the cars, two panels; a KEBA, ABB and Heidelberg
 * at each, served on real sockets. It knows what truly flows. The bridge sees only registers.
 */
import { SimulatedMeter, simulateDevice } from '../../../src/mapping/index.ts'
import type { DeviceServer, RegisterBank } from '../../../src/model/driver.ts'
import { BridgeError } from '../../../src/model/errors.ts'
import { everyPhase, type PhaseAmps, PHASES, type RotationName } from '../../../src/model/phase.ts'
import type { ManualClock } from '../../peers/manual-clock.ts'
import { registry, serve } from '../chain.ts'
import { Bay, type BayMapping, type BayPlan } from './bay.ts'
import type { Load } from './building.ts'

export interface YardPlan {
  /** The house connection; 0: the yard has one of its own without building and meter. */
  readonly houseAmps: number
  readonly feederAmps: number
  readonly panelAmps: number
  readonly unbalanceAmps: number | null
  readonly bays: readonly BayPlan[]
  /** What the cars may take while the meter is silent. */
  readonly failSafeAmps: number
  /** A relay of the grid operator lowers the cars to this; null: there is none. */
  readonly relayWatts: number | null
}

export type CircuitId = 'house' | 'feeder' | 'panel-1' | 'panel-2'

/** The grain at which everything happens and the truth is judged. */
export const GRAIN_MS = 10

const ROTATIONS: readonly [RotationName, RotationName, RotationName] = ['L1L2L3', 'L2L3L1', 'L3L1L2']
const MAPPINGS: readonly [BayMapping, ...BayMapping[]] = [
  'keba-p30',
  'abb-terra-ac',
  'keba-p30',
  'heidelberg-energy-control',
]
/** A meter that shows a new value so often. */
const METER_SHOWS_MS = 200
const FALLS_BACK = { amps: 6, afterSeconds: 30 } as const
const STOPS = { amps: 0, afterSeconds: 30 } as const

export class Yard {
  readonly plan: YardPlan
  readonly bays: readonly Bay[]
  building: Load = [0, 0, 0]
  /** Whether the grid operator's relay is closed. */
  relayIsClosed = false
  readonly #clock: ManualClock
  readonly #bus = new Map<number, RegisterBank>()
  /** A relay contact of the grid operator behind a Modbus input. */
  readonly #contact = new Map<number, RegisterBank>()
  readonly #meter: SimulatedMeter
  readonly #meterUnits = new Map<number, RegisterBank>()
  readonly #meterBanks: ReadonlyMap<number, RegisterBank>
  readonly #servers: DeviceServer[] = []
  readonly #urls = new Map<string, string>()
  #meterShowsAt = 0

  constructor(plan: YardPlan, clock: ManualClock) {
    this.plan = plan
    this.#clock = clock
    this.bays = plan.bays.map((bay) => new Bay(bay, clock, bay.unit === undefined ? new Map() : this.#bus))
    const meter = simulateDevice(registry.mappings.load('janitza-umg604'), { clock })
    this.#meterBanks = meter.units
    this.#meter = new SimulatedMeter(meter, { clock })
    this.meterIsSilent = false
    this.#contact.set(1, {
      read: ({ count }) => Array.from({ length: count }, () => Number(this.relayIsClosed)),
      write: () => {
        throw new BridgeError('DEVICE_EXCEPTION', 'an input', { details: { exceptionCode: 1 } })
      },
    })
  }

  set meterIsSilent(silent: boolean) {
    for (const [unit, bank] of this.#meterBanks) {
      if (silent) this.#meterUnits.delete(unit)
      else this.#meterUnits.set(unit, bank)
    }
  }

  get circuits(): readonly { readonly id: CircuitId; readonly limitAmps: number }[] {
    const { houseAmps, feederAmps, panelAmps } = this.plan
    return [
      ...(houseAmps > 0 ? [{ id: 'house' as const, limitAmps: houseAmps }] : []),
      { id: 'feeder', limitAmps: feederAmps },
      { id: 'panel-1', limitAmps: panelAmps },
      { id: 'panel-2', limitAmps: panelAmps },
    ]
  }

  bay(id: string): Bay {
    const bay = this.bays.find((one) => one.id === id)
    if (bay === undefined) throw new Error(`there is no ${id}`)
    return bay
  }

  below(circuit: CircuitId): readonly Bay[] {
    if (circuit === 'house' || circuit === 'feeder') return this.bays
    return this.bays.filter(({ plan }) => plan.circuit === circuit)
  }

  /** What all cars below a circuit draw now. */
  carsDraw(circuit: CircuitId): PhaseAmps {
    return sumOf(this.below(circuit), (bay, phase) => bay.draws(phase))
  }

  /** What they may draw at once without any further order. */
  carsMayDraw(circuit: CircuitId): PhaseAmps {
    return sumOf(this.below(circuit), (bay, phase) => bay.offers(phase))
  }

  async open(): Promise<void> {
    for (const bay of this.bays)
      if (bay.plan.unit === undefined) await this.#serve(bay.id, 'tcp://127.0.0.1:0', bay.units)
    await this.#serve('bus', 'rtu+tcp://127.0.0.1:0', this.#bus)
    await this.#serve('meter', 'tcp://127.0.0.1:0', this.#meterUnits)
    await this.#serve('contact', 'tcp://127.0.0.1:0', this.#contact)
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => server.close()))
  }

  step(): void {
    for (const bay of this.bays) bay.step(GRAIN_MS)
    const now = this.#clock.monotonic()
    if (now < this.#meterShowsAt || this.plan.houseAmps === 0) return
    this.#meterShowsAt = now + METER_SHOWS_MS
    const cars = this.carsDraw('house')
    this.#meter.setAmps(PHASES.map((phase, index) => cars[phase] + (this.building[index] ?? 0)))
  }

  siteFile(): string {
    const { houseAmps, feederAmps, panelAmps, failSafeAmps, unbalanceAmps, relayWatts } = this.plan
    const meter = `meters:\n  grid: {mapping: janitza-umg604, connect: "${this.#url('meter')}"}`
    const hasHouse = houseAmps > 0
    const unbalance = unbalanceAmps === null ? '' : `, unbalance: ${unbalanceAmps} A`
    return `site: {name: Yard, timezone: Europe/Zurich}
buses:
  cellar: {connect: "${this.#url('bus')}"}
circuits:
${hasHouse ? `  house: {limit: ${houseAmps} A, meter: grid, fail-safe: ${failSafeAmps} A}` : ''}
  feeder: {${hasHouse ? 'parent: house, ' : ''}limit: ${feederAmps} A${unbalance}}
  panel-1: {parent: feeder, limit: ${panelAmps} A}
  panel-2: {parent: feeder, limit: ${panelAmps} A}
${hasHouse ? meter : ''}
${relayWatts === null ? '' : this.#signals(relayWatts)}
stations:${this.bays.map(({ plan }) => this.#station(plan)).join('')}
`
  }

  #signals(watts: number): string {
    return `signals:
  ripple: {source: dso, circuit: feeder, connect: "${this.#url('contact')}", unit: 1, table: discrete, at: 0, power: ${watts / 1000} kW}
  energy-manager: {source: ems, circuit: feeder}`
  }

  #station({ id, mapping, circuit, phases, unit, failSafe }: BayPlan): string {
    const place = unit === undefined ? `connect: "${this.#url(id)}"` : `bus: cellar, unit: ${unit}`
    return `
  ${id}: {mapping: ${mapping}, ${place}, circuit: ${circuit}, phases: ${phases}, authorize: free, fail-safe: {current: ${failSafe.amps} A, after: ${failSafe.afterSeconds} s}}`
  }

  async #serve(name: string, url: string, units: ReadonlyMap<number, RegisterBank>): Promise<void> {
    const server = await serve(url, units, this.#clock)
    this.#servers.push(server)
    this.#urls.set(name, server.url)
  }

  #url(name: string): string {
    return this.#urls.get(name)?.split('?', 1)[0] ?? ''
  }
}

/** Half of them at each panel, their phases turned. */
export function mixedBays(count: number): readonly BayPlan[] {
  return Array.from({ length: count }, (_, index) => bayPlan(index, count))
}

export function bayName(index: number): string {
  return `CP-${String(index + 1).padStart(2, '0')}`
}

function bayPlan(index: number, count: number): BayPlan {
  const mapping = MAPPINGS[index % MAPPINGS.length] ?? MAPPINGS[0]
  return {
    id: bayName(index),
    circuit: index < count / 2 ? 'panel-1' : 'panel-2',
    mapping,
    phases: ROTATIONS[index % 3] ?? ROTATIONS[0],
    // ABB's boxes know no fail-safe of 0 A.
    failSafe: mapping === 'abb-terra-ac' || index === 0 ? FALLS_BACK : STOPS,
    ...(mapping === 'heidelberg-energy-control' ? { unit: index + 1 } : {}),
  }
}

function sumOf(bays: readonly Bay[], amps: (bay: Bay, phase: keyof PhaseAmps) => number): PhaseAmps {
  const sum = { ...everyPhase(0) }
  for (const bay of bays) {
    if (bay.car === null) continue
    for (const phase of PHASES) sum[phase] += amps(bay, phase)
  }
  return sum
}
