/**
 * The copper behind a test: chargers and meters that are their mappings run in reverse, cars that follow late or not at all, a building.
 * It knows the true currents, so it can say whether a fuse was overloaded, whatever the bridge believed. Time moves with `step`.
 */
import { SimulatedCharger, SimulatedMeter, simulateDevice, type SimulatedDevice } from '../../src/mapping/index.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { RegisterBank } from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'
import {
  everyPhase,
  type Phase,
  type PhaseAmps,
  type PhaseRotation,
  PHASES,
  rotation,
  type RotationName,
} from '../../src/model/phase.ts'
import { createRegistry } from '../../src/site/registry.ts'

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

interface CarPlan {
  readonly maxAmps: number
  /** How long it goes on as before when it is offered less; more it takes at once. */
  readonly reactionMs?: number
  /** Draws what it likes while it is offered anything at all. */
  readonly ignores?: boolean
}

interface Overload {
  readonly circuit: string
  readonly phase: Phase
  readonly from: number
  readonly forMs: number
  readonly amps: number
}

export class SimulatedWorld {
  readonly boxes: ReadonlyMap<string, WorldBox>
  readonly meters: ReadonlyMap<string, WorldMeter>
  /** The building's own load on each circuit, per phase. */
  readonly building = new Map<string, number>()
  readonly #circuits: readonly CircuitPlan[]
  readonly #clock: Clock
  readonly #over = new Map<string, Overload>()
  readonly #past: Overload[] = []
  #steppedAt: number

  constructor(circuits: readonly CircuitPlan[], chargers: readonly ChargerPlan[], clock: Clock) {
    this.#circuits = circuits
    this.#clock = clock
    this.#steppedAt = clock.monotonic()
    this.boxes = new Map(chargers.map((plan) => [plan.id, new WorldBox(plan, clock)]))
    this.meters = new Map(
      circuits.flatMap(({ id, meter }) =>
        meter === undefined ? [] : [[meter, new WorldMeter(meter, id, clock)] as const],
      ),
    )
  }

  box(id: string): WorldBox {
    return found(this.boxes, id)
  }

  meter(id: string): WorldMeter {
    return found(this.meters, id)
  }

  /** Every stretch of time in which a circuit truly carried more than its limit. */
  get overloads(): readonly Overload[] {
    return [...this.#past, ...this.#over.values()]
  }

  /** The longest of them, ms. */
  get longestOverloadMs(): number {
    return Math.max(0, ...this.overloads.map(({ forMs }) => forMs))
  }

  /** The true current of a circuit now, on its fullest phase. */
  carried(circuit: string): number {
    return Math.max(...Object.values(this.#amps(circuit)))
  }

  step(): void {
    const at = this.#clock.monotonic()
    const passedMs = at - this.#steppedAt
    this.#steppedAt = at
    for (const box of this.boxes.values()) box.step(passedMs)
    for (const circuit of this.#circuits) this.#judge(circuit, at)
    for (const meter of this.meters.values()) meter.show(this.#amps(meter.circuit))
  }

  #judge({ id, limit }: CircuitPlan, at: number): void {
    const carried = this.#amps(id)
    for (const phase of PHASES) {
      const key = `${id} ${phase}`
      const excess = carried[phase] - limit
      const before = this.#over.get(key)
      if (excess > 0.01) {
        const from = before?.from ?? at
        const amps = Math.max(before?.amps ?? 0, excess)
        this.#over.set(key, { circuit: id, phase, from, forMs: at - from, amps })
      } else if (before !== undefined) {
        this.#past.push({ ...before, forMs: at - before.from })
        this.#over.delete(key)
      }
    }
  }

  #amps(circuit: string): PhaseAmps {
    const sum = { ...everyPhase(0) }
    for (const { id } of this.#circuits)
      if (this.#isBelow(id, circuit)) for (const phase of PHASES) sum[phase] += this.building.get(id) ?? 0
    for (const box of this.boxes.values())
      if (this.#isBelow(box.plan.circuit, circuit)) for (const phase of box.rotation) sum[phase] += box.drawnAmps
    return sum
  }

  #isBelow(id: string, ancestor: string): boolean {
    const parent = this.#circuits.find((one) => one.id === id)?.parent
    return id === ancestor || (parent !== undefined && this.#isBelow(parent, ancestor))
  }
}

function found<Kind>(map: ReadonlyMap<string, Kind>, id: string): Kind {
  const one = map.get(id)
  if (one === undefined) throw new Error(`there is no ${id}`)
  return one
}

interface SeenWrite {
  readonly at: number
  readonly address: number
  readonly words: readonly number[]
}

export class WorldBox {
  readonly plan: ChargerPlan
  readonly device: SimulatedDevice
  readonly rotation: PhaseRotation
  /** Register writes as they came, monotonic ms. */
  readonly writes: SeenWrite[] = []
  /** Of its wire, where the test plays the wire. */
  /** `unheard`: it hears every request and obeys, but its answers are lost. */
  state: 'up' | 'silent' | 'unheard' | 'refused' = 'up'
  /** What the box does with an order; `ignored` acknowledges it all the same. */
  setPoints: 'obeyed' | 'ignored' | 'refused' = 'obeyed'
  readonly #clock: Clock
  readonly #charger: SimulatedCharger
  #car: CarPlan | null = null
  /** What was offered before and is still followed. */
  #past: readonly { readonly amps: number; readonly until: number }[] = []
  #offered = 0
  #drawn = 0
  #energyWh = 1_000_000

  constructor(plan: ChargerPlan, clock: Clock) {
    this.plan = plan
    this.#clock = clock
    this.rotation = rotation(plan.phases ?? 'L1L2L3')
    this.device = simulateDevice(createRegistry().mappings.load(plan.mapping ?? 'keba-p30'), { clock })
    this.#charger = new SimulatedCharger(this.device.connectors[0]!, { clock })
    this.step(0)
  }

  get drawnAmps(): number {
    return this.#drawn
  }

  get offeredAmps(): number {
    return this.#offered
  }

  /** What its own register says. */
  get energyWh(): number {
    return this.#energyWh
  }

  /** Its watchdog was not fed in time. */
  get tripped(): boolean {
    return this.#charger.tripped
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
    this.step(0)
  }

  unplug(): void {
    this.#car = null
    this.step(0)
  }

  step(passedMs: number): void {
    const now = this.#clock.monotonic()
    const car = this.#car
    this.#energyWh += (this.#drawn * this.rotation.length * VOLTAGE * passedMs) / 3_600_000
    const offered = this.#charger.offeredAmps
    if (offered !== this.#offered) {
      this.#past = [...this.#past, { amps: this.#offered, until: now + (car?.reactionMs ?? 1000) }]
      this.#offered = offered
    }
    this.#past = this.#past.filter(({ until }) => until > now)
    const followed = Math.max(offered, ...this.#past.map(({ amps }) => amps))
    this.#drawn =
      car === null || followed < 6 ? 0 : car.ignores === true ? car.maxAmps : Math.min(followed, car.maxAmps)
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

export class WorldMeter {
  readonly id: string
  readonly circuit: string
  readonly device: SimulatedDevice
  state: WorldBox['state'] = 'up'
  /** Shows what it showed when this was set, and answers as if all were well. */
  frozen = false
  /** Added to the truth, A. */
  offsetAmps = 0
  readonly #meter: SimulatedMeter

  constructor(id: string, circuit: string, clock: Clock) {
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
