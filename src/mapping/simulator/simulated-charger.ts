import type { Clock } from '../../model/clock.ts'
import type { DeviceFault } from '../../model/signal.ts'
import type { PilotState } from '../../model/pilot-state.ts'
import type { SimulatedConnector } from './simulated-connector.ts'

export interface SimulatedCar {
  readonly phases: 1 | 3
  readonly maxAmps: number
  /** What it still wants when it is plugged in, Wh. */
  readonly energyWantedWh: number
}

export interface SimulatedChargerOptions {
  readonly clock: Clock
  readonly voltage?: number
  /** Time from an order to the current that follows it; a real car may take 5 s (IEC 61851-1 A.4). */
  readonly followDelayMs?: number
  /** What the box has counted in its life, Wh. */
  readonly energyWh?: number
}

/** A wallbox with a contactor, a meter and a watchdog, behind the registers of one connector. Time moves with `tick`. */
export class SimulatedCharger {
  readonly #connector: SimulatedConnector
  readonly #clock: Clock
  readonly #voltage: number
  readonly #followDelayMs: number
  #car: SimulatedCar | null = null
  #missingWh = 0
  #sessionWh = 0
  #energyWh: number
  #tag: string | null = null
  #fault: DeviceFault | null = null
  #offeredAmps = 0
  #drawnAmps = 0
  #offeredSince: number
  #tickedAt: number

  constructor(connector: SimulatedConnector, options: SimulatedChargerOptions) {
    this.#connector = connector
    this.#clock = options.clock
    this.#voltage = options.voltage ?? 230
    this.#followDelayMs = options.followDelayMs ?? 1000
    this.#energyWh = options.energyWh ?? 1_284_000
    this.#tickedAt = options.clock.monotonic()
    this.#offeredSince = this.#tickedAt
    this.tick()
  }

  get energyWh(): number {
    return this.#energyWh
  }

  get drawnAmps(): number {
    return this.#drawnAmps
  }

  /** What the pilot offers now: the order, or the fail-safe current once the time-out ran out. */
  get offeredAmps(): number {
    const { offeredAmps, failSafeAmps } = this.#connector.orders
    return this.tripped ? Math.min(offeredAmps === 0 ? 0 : (failSafeAmps ?? 0), failSafeAmps ?? 0) : offeredAmps
  }

  /** The watchdog was not fed in time. */
  get tripped(): boolean {
    const { failSafeTimeoutSeconds, fedAt } = this.#connector.orders
    return (
      failSafeTimeoutSeconds !== null &&
      failSafeTimeoutSeconds > 0 &&
      this.#clock.monotonic() - fedAt > failSafeTimeoutSeconds * 1000
    )
  }

  plug(car: SimulatedCar): void {
    this.#car = car
    this.#missingWh = car.energyWantedWh
    this.#sessionWh = 0
    this.tick()
  }

  unplug(): void {
    this.#car = null
    this.#tag = null
    this.#drawnAmps = 0
    this.tick()
  }

  /** A card at the reader; null takes it away. */
  swipe(tag: string | null): void {
    this.#tag = tag
    this.tick()
  }

  fail(fault: DeviceFault | null): void {
    this.#fault = fault
    this.tick()
  }

  /** Lets time pass since the last tick and shows what is so now. */
  tick(): void {
    const now = this.#clock.monotonic()
    const hours = (now - this.#tickedAt) / 3_600_000
    this.#tickedAt = now
    const car = this.#car
    const phases = this.#phases()
    const usedWh = Math.min(this.#drawnAmps * phases * this.#voltage * hours, this.#missingWh)
    this.#energyWh += usedWh
    this.#sessionWh += usedWh
    this.#missingWh -= usedWh

    const offered = this.#fault === null ? this.offeredAmps : 0
    if (offered !== this.#offeredAmps) {
      this.#offeredAmps = offered
      this.#offeredSince = now
    }
    const wants = car !== null && this.#missingWh > 1e-6 && offered >= 6
    if (!wants) this.#drawnAmps = 0
    else if (now - this.#offeredSince >= this.#followDelayMs) this.#drawnAmps = Math.min(offered, car.maxAmps)
    this.#show(car, phases, offered)
  }

  #phases(): number {
    return Math.min(this.#car?.phases ?? 3, this.#connector.orders.phases)
  }

  #show(car: SimulatedCar | null, phases: number, offered: number): void {
    const amps = [0, 1, 2].map((phase) => (phase < phases ? this.#drawnAmps : 0))
    const watts = amps.map((current) => current * this.#voltage)
    this.#connector.set({
      state: this.#state(car),
      enabled: offered >= 6,
      current: amps,
      voltage: [this.#voltage, this.#voltage, this.#voltage],
      power: watts.reduce((sum, power) => sum + power, 0),
      powers: watts,
      energy: this.#energyWh,
      session: this.#sessionWh,
      frequency: 50,
      temperature: 25,
      tag: this.#tag,
      error: this.#fault,
      limit: offered,
      phases: this.#connector.orders.phases,
    })
  }

  #state(car: SimulatedCar | null): PilotState {
    if (this.#fault !== null) return 'F'
    if (car === null) return 'A'
    return this.#drawnAmps > 0 ? 'C' : 'B'
  }
}
