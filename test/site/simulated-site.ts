/**
 * A whole site in a test's own time: the real mappings, actors, control loop and stations; chargers, meters and cars are simulated and
 * reached over wires that the test makes silent or cuts. The world knows the true currents, so it can say whether a fuse was
 * overloaded, whatever the bridge believed.
 */
import { onTestFinished } from 'vitest'
import type { DeviceAddress, MeterConfig, SiteConfig, StationConfig } from '../../src/config/site-config.ts'
import { SimulatedCharger, SimulatedMeter, simulateDevice, type SimulatedDevice } from '../../src/mapping/index.ts'
import type { Circuit } from '../../src/model/circuit.ts'
import type { Driver, Link, RegisterBank, RequestOptions } from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'
import { everyPhase, type Phase, type PhaseAmps, PHASES, rotation, type RotationName } from '../../src/model/phase.ts'
import { createRegistry } from '../../src/site/registry.ts'
import { type RunningSite, type SiteOptions, startSite } from '../../src/site/site.ts'
import type { AlarmSnapshot } from '../../src/site/snapshot.ts'
import { MemoryLedger } from '../ocpp/station/memory-ledger.ts'
import { ManualClock } from '../peers/manual-clock.ts'

const GRAIN_MS = 100
const ANSWER_MS = 10
const VOLTAGE = 230

export interface CircuitPlan {
  readonly id: string
  readonly parent?: string
  readonly limit: number
  readonly meter?: string
  readonly failSafe?: number
}

export interface ChargerPlan {
  readonly id: string
  readonly circuit: string
  readonly mapping?: string
  readonly phases?: RotationName
  readonly failSafe?: { readonly amps: number; readonly afterSeconds: number }
}

export interface CarPlan {
  readonly maxAmps: number
  /** How long it goes on as before when it is offered less; more it takes at once. */
  readonly reactionMs?: number
  /** Draws what it likes while it is offered anything at all. */
  readonly ignores?: boolean
}

/** A wire or what hangs on it. */
export interface Wire {
  state: 'up' | 'silent' | 'refused'
}

export interface Box extends Wire {
  readonly id: string
  readonly device: SimulatedDevice
  /** What the box does with an order that it has acknowledged or not. */
  setPoints: 'obeyed' | 'ignored' | 'refused'
  /** Register writes as they came, with their time. */
  readonly writes: { readonly at: number; readonly address: number; readonly words: readonly number[] }[]
  plug(car: CarPlan): void
  unplug(): void
  readonly drawnAmps: number
  readonly offeredAmps: number
}

export interface Meter extends Wire {
  readonly id: string
  readonly circuit: string
  /** Shows what it showed when this was set, and answers as if all were well. */
  frozen: boolean
  /** Added to the truth, A. */
  offsetAmps: number
}

export interface LogLine {
  readonly at: number
  readonly level: 'info' | 'warn' | 'error'
  readonly text: string
}

export interface Overload {
  readonly circuit: string
  readonly phase: Phase
  readonly from: number
  readonly forMs: number
  readonly amps: number
}

export interface SimulatedSite {
  readonly site: RunningSite
  readonly clock: ManualClock
  readonly ledger: MemoryLedger
  readonly log: readonly LogLine[]
  readonly box: (id: string) => Box
  readonly meter: (id: string) => Meter
  /** The building's own load below each circuit, per phase. */
  readonly building: Map<string, number>
  /** Every stretch of time in which a circuit truly carried more than its limit. */
  readonly overloads: readonly Overload[]
  /** The true current of a circuit now, on its fullest phase. */
  carried(circuit: string): number
  alarm(kind: string): AlarmSnapshot | undefined
  /** Lets the world and the bridge live on; `each` is called every 100 ms. */
  run(ms: number, each?: () => void): Promise<void>
}

export async function simulatedSite(
  circuits: readonly CircuitPlan[],
  chargers: readonly ChargerPlan[],
  over: Partial<SiteOptions> = {},
): Promise<SimulatedSite> {
  const clock = new ManualClock()
  const boxes = new Map(chargers.map((plan) => [plan.id, new TestBox(plan, clock)]))
  const meters = new Map(
    circuits.flatMap(({ id, meter }) =>
      meter === undefined ? [] : [[meter, new TestMeter(meter, id, clock)] as const],
    ),
  )
  const log: LogLine[] = []
  const note =
    (level: LogLine['level']) =>
    (_: object, text: string): void =>
      void log.push({ at: clock.monotonic(), level, text })
  const known = createRegistry()
  const driver = simulatedDriver(clock, new Map<string, TestBox | TestMeter>([...boxes, ...meters]))
  const ledger = new MemoryLedger()
  const site = await startSite(siteConfig(circuits, chargers), {
    registry: { ...known, driverOf: () => driver },
    stateFolder: '/nowhere',
    log: { info: note('info'), warn: note('warn'), error: note('error') },
    clock,
    random: () => 0.5,
    ledger: ledger.process().ledger,
    ...over,
  })
  onTestFinished(() => site.stop())

  const building = new Map<string, number>()
  const overloads: Overload[] = []
  const open = new Map<string, Overload>()
  const isBelow = (id: string, ancestor: string): boolean => {
    const parent = circuits.find((one) => one.id === id)?.parent
    return id === ancestor || (parent !== undefined && isBelow(parent, ancestor))
  }
  const amps = (circuit: string): PhaseAmps => {
    const sum = { ...everyPhase(0) }
    for (const { id } of circuits)
      if (isBelow(id, circuit)) for (const phase of PHASES) sum[phase] += building.get(id) ?? 0
    for (const one of boxes.values())
      if (isBelow(one.plan.circuit, circuit)) for (const phase of one.rotation) sum[phase] += one.drawnAmps
    return sum
  }
  const judge = (): void => {
    for (const { id, limit } of circuits) {
      const carried = amps(id)
      for (const phase of PHASES) {
        const key = `${id} ${phase}`
        const excess = carried[phase] - limit
        const before = open.get(key)
        if (excess <= 0.01) open.delete(key)
        else {
          const from = before?.from ?? clock.monotonic()
          const forMs = clock.monotonic() - from + GRAIN_MS
          const now = { circuit: id, phase, from, forMs, amps: Math.max(before?.amps ?? 0, excess) }
          if (before !== undefined) overloads.splice(overloads.indexOf(before), 1)
          overloads.push(now)
          open.set(key, now)
        }
      }
    }
  }
  return {
    site,
    clock,
    ledger,
    log,
    building,
    overloads,
    box: (id) => found(boxes, id),
    meter: (id) => found(meters, id),
    carried: (circuit) => Math.max(...Object.values(amps(circuit))),
    alarm: (kind) => site.snapshot().alarms.find((alarm) => alarm.kind === kind),
    async run(ms, each) {
      const until = clock.monotonic() + ms
      while (clock.monotonic() < until) {
        for (const box of boxes.values()) box.step()
        judge()
        for (const meter of meters.values()) meter.show(amps(meter.circuit))
        each?.()
        await clock.advance(GRAIN_MS)
      }
    },
  }
}

function found<Kind>(map: ReadonlyMap<string, Kind>, id: string): Kind {
  const one = map.get(id)
  if (one === undefined) throw new Error(`there is no ${id}`)
  return one
}

/** Warnings and errors that came more than once a minute, numbers aside (I6). */
export function repeatedLines(log: readonly LogLine[]): readonly string[] {
  const last = new Map<string, number>()
  const repeated = new Set<string>()
  for (const { at, level, text } of log) {
    if (level === 'info') continue
    // the first word names the device
    const [about = '', ...rest] = text.split(' ')
    const key = `${about} ${rest.join(' ').replaceAll(/\d+(\.\d+)?/g, '#')}`
    if (at - (last.get(key) ?? Number.NEGATIVE_INFINITY) < 60_000) repeated.add(text)
    last.set(key, at)
  }
  return [...repeated]
}

class TestBox implements Box {
  readonly plan: ChargerPlan
  readonly device: SimulatedDevice
  readonly rotation
  readonly writes: { at: number; address: number; words: readonly number[] }[] = []
  state: Wire['state'] = 'up'
  setPoints: Box['setPoints'] = 'obeyed'
  readonly #clock: ManualClock
  readonly #charger: SimulatedCharger
  #car: CarPlan | null = null
  /** What was offered before and is still followed. */
  #past: readonly { readonly amps: number; readonly until: number }[] = []
  #offered = 0
  #drawn = 0
  #energyWh = 1_000_000

  constructor(plan: ChargerPlan, clock: ManualClock) {
    this.plan = plan
    this.#clock = clock
    this.rotation = rotation(plan.phases ?? 'L1L2L3')
    this.device = simulateDevice(createRegistry().mappings.load(plan.mapping ?? 'keba-p30'), { clock })
    this.#charger = new SimulatedCharger(this.device.connectors[0]!, { clock })
    this.step()
  }

  get id(): string {
    return this.plan.id
  }

  get drawnAmps(): number {
    return this.#drawn
  }

  get offeredAmps(): number {
    return this.#offered
  }

  get bank(): RegisterBank {
    const [bank] = this.device.units.values()
    return {
      read: (request) => bank!.read(request),
      write: (request) => {
        this.writes.push({ at: this.#clock.monotonic(), address: request.address, words: request.words })
        if (this.setPoints === 'refused')
          throw new BridgeError('DEVICE_EXCEPTION', 'refused', { details: { exceptionCode: 4 } })
        if (this.setPoints === 'obeyed') bank!.write(request)
      },
    }
  }

  plug(car: CarPlan): void {
    this.#car = car
    this.step()
  }

  unplug(): void {
    this.#car = null
    this.step()
  }

  step(): void {
    const now = this.#clock.monotonic()
    const offered = this.#charger.offeredAmps
    const car = this.#car
    if (offered !== this.#offered) {
      this.#past = [...this.#past, { amps: this.#offered, until: now + (car?.reactionMs ?? 1000) }]
      this.#offered = offered
    }
    this.#past = this.#past.filter(({ until }) => until > now)
    const followed = Math.max(offered, ...this.#past.map(({ amps }) => amps))
    this.#drawn =
      car === null || followed < 6 ? 0 : car.ignores === true ? car.maxAmps : Math.min(followed, car.maxAmps)
    this.#energyWh += (this.#drawn * this.rotation.length * VOLTAGE * GRAIN_MS) / 3_600_000
    const current = [0, 1, 2].map((terminal) => (terminal < this.rotation.length ? this.#drawn : 0))
    const powers = current.map((amps) => amps * VOLTAGE)
    this.device.set({
      state: car === null ? 'A' : this.#drawn > 0 ? 'C' : 'B',
      enabled: offered >= 6,
      limit: offered,
      current,
      powers,
      power: powers.reduce((sum, watts) => sum + watts, 0),
      energy: Math.round(this.#energyWh),
    })
  }
}

class TestMeter implements Meter {
  readonly id: string
  readonly circuit: string
  readonly device: SimulatedDevice
  state: Wire['state'] = 'up'
  frozen = false
  offsetAmps = 0
  readonly #meter: SimulatedMeter

  constructor(id: string, circuit: string, clock: ManualClock) {
    this.id = id
    this.circuit = circuit
    this.device = simulateDevice(createRegistry().mappings.load('janitza-umg604'), { clock })
    this.#meter = new SimulatedMeter(this.device, { clock })
  }

  get bank(): RegisterBank {
    const [bank] = this.device.units.values()
    return bank!
  }

  show(amps: PhaseAmps): void {
    if (!this.frozen) this.#meter.setAmps(PHASES.map((phase) => amps[phase] + this.offsetAmps))
  }
}

/** One link per device; a request takes 10 ms, or its time-out where nobody answers. */
function simulatedDriver(clock: ManualClock, ends: ReadonlyMap<string, TestBox | TestMeter>): Driver {
  return {
    schemes: ['sim'],
    open: (url): Link => {
      const end = ends.get(url.slice('sim:'.length))
      if (end === undefined) throw new BridgeError('LINK_BAD_URL', url)
      const reach = async (unit: number, { signal, timing }: RequestOptions): Promise<void> => {
        signal.throwIfAborted()
        if (end.state === 'refused') throw new BridgeError('LINK_UNREACHABLE', `${url}: connection refused`)
        if (end.state === 'silent') {
          await clock.sleep(timing.timeoutMs * (timing.retries + 1), signal)
          throw new BridgeError('DEVICE_TIMEOUT', `${url}: unit ${unit} does not answer within ${timing.timeoutMs} ms`)
        }
        await clock.sleep(ANSWER_MS, signal)
      }
      return {
        url,
        state: 'open',
        counters: { requests: 0, timeouts: 0, exceptions: 0, badAnswers: 0, reconnects: 0 },
        read: async (request, options) => {
          await reach(request.unit, options)
          return end.bank.read(request)
        },
        write: async (request, options) => {
          await reach(request.unit, options)
          if (request.kind === 'mask') throw new BridgeError('REQUEST_INVALID', 'no mask writes here')
          end.bank.write(request)
        },
        trace: () => () => {},
        close: () => Promise.resolve(),
      }
    },
  }
}

function address(id: string): DeviceAddress {
  return { connect: `sim:${id}`, serial: null, echo: false, unit: null }
}

function siteConfig(circuits: readonly CircuitPlan[], chargers: readonly ChargerPlan[]): SiteConfig {
  return {
    name: 'Test',
    timezone: 'UTC',
    folder: '/nowhere',
    web: null,
    upstreams: [],
    circuits: circuits.map(({ id, parent, limit, meter, failSafe }): Circuit => ({
      id,
      parentId: parent ?? null,
      limitAmps: everyPhase(limit),
      meterId: meter ?? null,
      failSafeAmps: failSafe ?? 0,
    })),
    meters: circuits.flatMap(({ meter }): MeterConfig[] =>
      meter === undefined
        ? []
        : [
            {
              id: meter,
              mapping: 'janitza-umg604',
              address: address(meter),
              rotation: rotation('L1L2L3'),
              reverse: false,
            },
          ],
    ),
    stations: chargers.map((plan): StationConfig => ({
      id: plan.id,
      mapping: plan.mapping ?? 'keba-p30',
      address: address(plan.id),
      circuitId: plan.circuit,
      connectors: null,
      rotation: rotation(plan.phases ?? 'L1L2L3'),
      authorize: 'free',
      freeIdToken: 'FREE',
      upstreamIds: [],
      vendor: null,
      model: null,
      serial: null,
      firmware: null,
      maxAmps: null,
      failSafeAmps: plan.failSafe?.amps ?? 6,
      failSafeAfterSeconds: plan.failSafe?.afterSeconds ?? 30,
      startValues: {},
    })),
  }
}
