/**
 * A parking bay: a charger of the library behind its registers, with a car of the test's own. What is offered to the car is decided here,
 * from the orders that came over the wire, and by nothing that the bridge believes.
 */
import { simulateDevice, type SimulatedConnector, type SimulatedDevice } from '../../../src/mapping/index.ts'
import type { Clock } from '../../../src/model/clock.ts'
import type { RegisterBank, RegisterWrite } from '../../../src/model/driver.ts'
import { BridgeError } from '../../../src/model/errors.ts'
import { type Phase, rotation, type RotationName } from '../../../src/model/phase.ts'
import { registry } from '../chain.ts'
import { Car, type CarPlan, VOLTAGE } from './car.ts'

/** What may be wrong with a bay. */
export type BayFault =
  /** Its wire or radio is gone: it hears nothing and answers nothing. */
  | 'silent'
  /** It takes a lower set-point, shows it, and goes on offering the higher one. */
  | 'stuck'
  /** Set-points are refused with exception 4; reads go well. */
  | 'refuses'
  /** It acknowledges set-points and forgets them. */
  | 'forgets'
  /** Set-points arrive and are obeyed, their acknowledgements are lost. */
  | 'unanswered'
  /** Set-points do not arrive; reads go well. */
  | 'lost'

export interface BayPlan {
  readonly id: string
  readonly circuit: string
  readonly mapping: BayMapping
  readonly phases: RotationName
  readonly failSafe: { readonly amps: number; readonly afterSeconds: number }
  /** Where it shares a bus with others. */
  readonly unit?: number
}

export type BayMapping = keyof typeof ORDERS

/** Registers that make it obey; a second opinion beside the mapping's. */
const ORDERS = {
  'keba-p30': [5004, 5014],
  'abb-terra-ac': [0x4100],
  'heidelberg-energy-control': [261],
} as const

const MOST_AMPS: Readonly<Record<BayMapping, number>> = {
  'keba-p30': 32,
  'abb-terra-ac': 32,
  'heidelberg-energy-control': 16,
}

/** A box measures and shows that often; a plug or a pilot state is seen at once. */
const SHOW_MS = 500
/** From the register to the pilot's duty cycle. */
const PILOT_MS = 200

export interface OrderWrite {
  readonly at: number
  readonly bay: string
  /** What the box offers after it, as it understood it. */
  readonly amps: number
  readonly before: number
}

export class Bay {
  readonly plan: BayPlan
  readonly device: SimulatedDevice
  /** For a server; a bay that is silent is not in it. */
  readonly units: Map<number, RegisterBank>
  /** Changes of what it offers, oldest first. */
  readonly orders: OrderWrite[] = []
  readonly #clock: Clock
  readonly #connector: SimulatedConnector
  readonly #terminals: readonly Phase[]
  #car: Car | null = null
  #carPhases: readonly Phase[] = []
  #fault: BayFault | null = null
  #fellBack = false
  /** Ordered and not at the pilot yet. */
  #coming: { readonly at: number; readonly amps: number }[] = []
  #pilotAmps = 0
  #energyWh = 1_284_000
  #showAt = 0
  #shown = ''

  constructor(plan: BayPlan, clock: Clock, units: Map<number, RegisterBank> = new Map()) {
    this.plan = plan
    this.units = units
    this.#clock = clock
    this.#terminals = rotation(plan.phases)
    const mapping = registry.mappings.load(plan.mapping)
    this.device = simulateDevice(mapping, { clock, ...(plan.unit === undefined ? {} : { unit: plan.unit }) })
    const [connector] = this.device.connectors
    if (connector === undefined) throw new Error(`${plan.mapping} has no connector`)
    this.#connector = connector
    this.#connector.set({
      voltage: [VOLTAGE, VOLTAGE, VOLTAGE],
      frequency: 50,
      temperature: 25,
      error: null,
      tag: null,
    })
    this.fault = null
    this.step(0)
  }

  get id(): string {
    return this.plan.id
  }

  get fault(): BayFault | null {
    return this.#fault
  }

  set fault(fault: BayFault | null) {
    this.#fault = fault
    for (const [unit, bank] of this.device.units) {
      if (fault === 'silent') this.units.delete(unit)
      else this.units.set(unit, this.#watched(bank))
    }
  }

  /** The most that it may be set to. */
  get mostAmps(): number {
    return MOST_AMPS[this.plan.mapping]
  }

  get car(): Car | null {
    return this.#car
  }

  /** What the car is offered now. */
  get pilotAmps(): number {
    return this.#pilotAmps
  }

  /** The watchdog has run out since the last order. */
  get fellBack(): boolean {
    return this.#fellBack
  }

  /** It draws more than it was ordered, and cannot help it: no order would change that. */
  get disobeys(): boolean {
    return this.#fault === 'stuck' && this.#pilotAmps > this.#orderedAmps() + 0.01
  }

  /** Site phases that its car uses. */
  get carPhases(): readonly Phase[] {
    return this.#carPhases
  }

  draws(phase: Phase): number {
    return this.#carPhases.includes(phase) ? (this.#car?.drawnAmps ?? 0) : 0
  }

  /** What its car may draw without any further order: by the new pilot, or by the old one until it has followed. */
  offers(phase: Phase): number {
    const car = this.#car
    if (car === null || !this.#carPhases.includes(phase)) return 0
    return Math.max(car.drawnAmps, car.mayDrawAmps, Math.min(this.#pilotAmps, car.plan.maxAmps))
  }

  plug(plan: CarPlan): void {
    this.#car = new Car(plan)
    this.#carPhases = this.#terminals.slice(0, plan.phases)
    this.#showAt = 0
  }

  unplug(): Car | null {
    const car = this.#car
    this.#car = null
    this.#carPhases = []
    this.#showAt = 0
    return car
  }

  step(passedMs: number): void {
    const now = this.#clock.monotonic()
    this.#move(now)
    const car = this.#car
    const before = car?.gotWh ?? 0
    car?.step(now, passedMs, this.#pilotAmps)
    this.#energyWh += (car?.gotWh ?? 0) - before
    this.#show(now)
  }

  /** From orders and watchdog to the pilot. */
  #move(now: number): void {
    const { failSafeAmps, failSafeTimeoutSeconds, fedAt } = this.#connector.orders
    const armed = failSafeTimeoutSeconds !== null && failSafeTimeoutSeconds > 0
    if (armed && !this.#fellBack && now - fedAt > failSafeTimeoutSeconds * 1000) this.#fellBack = true
    const ordered = this.#orderedAmps()
    const wanted = this.#fellBack ? Math.min(ordered, failSafeAmps ?? 0) : ordered
    const last = this.#coming.at(-1)?.amps ?? this.#pilotAmps
    if (wanted !== last && !(this.#fault === 'stuck' && wanted < last))
      this.#coming.push({ at: now + PILOT_MS, amps: wanted })
    while ((this.#coming[0]?.at ?? Infinity) <= now) this.#pilotAmps = this.#coming.shift()?.amps ?? 0
  }

  #orderedAmps(): number {
    return this.#connector.orders.offeredAmps
  }

  /** Registers cost time: they are written when something in them changes, and not more often than the box does. */
  #show(now: number): void {
    if (now < this.#showAt) return
    this.#showAt = now + SHOW_MS
    const car = this.#car
    const amps = [0, 1, 2].map((terminal) => (terminal < (car?.plan.phases ?? 0) ? (car?.drawnAmps ?? 0) : 0))
    const shown = this.#fellBack ? this.#pilotAmps : this.#orderedAmps()
    const state = car === null ? 'A' : car.charging ? 'C' : 'B'
    const enabled = shown >= 6
    const told = `${state} ${enabled} ${shown} ${amps.map((one) => one.toFixed(2)).join()} ${Math.round(this.#energyWh)}`
    if (told === this.#shown) return
    const pilot = `${state} ${enabled}`
    const powers = amps.map((one) => one * VOLTAGE)
    this.#connector.set({
      ...(this.#shown.startsWith(`${pilot} `) ? {} : { state, enabled }),
      limit: shown,
      current: amps,
      powers,
      power: powers.reduce((sum, watts) => sum + watts, 0),
      energy: this.#energyWh,
      session: car?.gotWh ?? 0,
    })
    this.#shown = told
  }

  #watched(bank: RegisterBank): RegisterBank {
    return {
      read: (request) => bank.read(request),
      write: (request) => {
        const isOrder = ORDERS[this.plan.mapping].some((address) => address === request.address)
        if (!isOrder) return bank.write(request)
        if (this.#fault === 'refuses')
          throw new BridgeError('DEVICE_EXCEPTION', 'as the test says', { details: { exceptionCode: 4 } })
        if (this.#fault === 'lost') throw new BridgeError('DEVICE_TIMEOUT', 'as the test says')
        if (this.#fault === 'forgets') return
        this.#order(bank, request)
        if (this.#fault === 'unanswered') throw new BridgeError('DEVICE_TIMEOUT', 'as the test says')
      },
    }
  }

  #order(bank: RegisterBank, request: RegisterWrite): void {
    const before = this.#fellBack ? this.#pilotAmps : this.#orderedAmps()
    bank.write(request)
    this.#fellBack = false
    const amps = this.#orderedAmps()
    if (amps !== before) this.orders.push({ at: this.#clock.monotonic(), bay: this.id, amps, before })
    // What it offers is in its registers at once.
    this.#showAt = 0
  }
}
