/**
 * A charger with its place, and what the site's bridge knows of it: a set-point takes a second or two to get there and is confirmed when the
 * next poll shows it; the charger's own meter is some seconds old. Told to the balancing core exactly as the running site tells it.
 */
import type { ChargingSession, Outlet } from '../model/balance-input.ts'
import { Car } from './car.ts'
import { between, type Chance } from './chance.ts'
import type { StudyStation, StudyVisit } from './study-site.ts'

/** A set-point on its way. */
interface Order {
  readonly amps: number
  readonly arrivesAt: number
  /** The poll after its arrival. */
  readonly shownAt: number
}

export interface ChargerOptions {
  readonly at: number
  readonly voltage: number
  /** Until a car has followed a set-point for certain. */
  readonly followMs: number
  readonly next: Chance
}

const POLL_MS = 1000

export class Charger {
  readonly station: StudyStation
  readonly #next: Chance
  readonly #voltage: number
  readonly #meterMs: number
  /** Until a car has followed a set-point for certain. */
  readonly #followMs: number
  /** What the car is offered. */
  #offeredAmps = 0
  #order: Order | null = null
  #confirmedAmps = 0
  #confirmedAt: number
  #previousAmps = 0
  /** Set-points before that one, in force until `at`: a car that has not followed yet may still draw by them. */
  #older: readonly { readonly amps: number; readonly at: number }[] = []
  #visit: StudyVisit | null = null
  #car: Car | null = null
  #amps = 0
  #measured: readonly number[]
  #measuredAt: number
  #measuredWh = 0

  constructor(station: StudyStation, options: ChargerOptions) {
    this.station = station
    this.#next = options.next
    this.#voltage = options.voltage
    this.#followMs = options.followMs
    this.#meterMs = 1000 * Math.round(between(options.next, 2, 6))
    this.#confirmedAt = options.at
    this.#measuredAt = options.at
    this.#measured = station.rotation.map(() => 0)
  }

  get visit(): StudyVisit | null {
    return this.#visit
  }

  get car(): Car | null {
    return this.#car
  }

  /** What flows now on each of `drawingPhases` of its terminals. */
  get amps(): number {
    return this.#amps
  }

  get offeredAmps(): number {
    return this.#offeredAmps
  }

  get drawingPhases(): number {
    return Math.min(this.#car?.phases ?? 0, this.station.rotation.length)
  }

  arrive(visit: StudyVisit): void {
    this.#visit = visit
    const phases = Math.min(visit.car.phases, this.station.rotation.length)
    this.#car = new Car({ ...visit.car, phases: phases === 3 ? 3 : phases === 2 ? 2 : 1 }, this.#voltage)
    this.#measuredWh = 0
  }

  leave(): void {
    this.#visit = null
    this.#car = null
    this.#amps = 0
  }

  /** Sends a set-point when it differs from what is in force or on its way. Returns whether one was sent. */
  send(amps: number, at: number): boolean {
    if (this.#order !== null || amps === this.#confirmedAmps) return false
    const arrivesAt = at + between(this.#next, 1000, 2000)
    this.#order = { amps, arrivesAt, shownAt: Math.ceil(arrivesAt / POLL_MS) * POLL_MS }
    return true
  }

  /** One second. */
  step(at: number): void {
    const order = this.#order
    if (order !== null && at >= order.arrivesAt) this.#offeredAmps = order.amps
    if (order !== null && at >= order.shownAt) {
      this.#older = [...this.#mayFollow(at), { amps: this.#previousAmps, at: this.#confirmedAt }]
      this.#previousAmps = Math.max(this.#confirmedAmps, order.amps)
      this.#confirmedAmps = order.amps
      this.#confirmedAt = order.shownAt
      this.#order = null
    }
    this.#amps = this.#car?.step(at, this.#offeredAmps) ?? 0
    if (at % this.#meterMs !== 0) return
    this.#measured = this.station.rotation.map((_, terminal) => (terminal < this.drawingPhases ? this.#amps : 0))
    this.#measuredAt = at
    this.#measuredWh = this.#car?.acWh ?? 0
  }

  /** What the balancing core is told. */
  outlet(at: number): Outlet {
    const { outletId, circuitId, rotation, minAmps, maxAmps, stepAmps, fallbackAmps, softMinAmps } = this.station
    return {
      id: outletId,
      circuitId,
      rotation,
      minAmps,
      maxAmps,
      stepAmps,
      wanted: this.#visit !== null,
      refusal: this.#visit === null ? 'no-vehicle' : null,
      profile: null,
      online: true,
      fallbackAmps,
      fallbackSureAt: null,
      confirmedAmps: this.#confirmedAmps,
      pendingAmps: this.#order?.amps ?? null,
      confirmedAt: this.#confirmedAt,
      previousAmps: Math.max(this.#previousAmps, ...this.#mayFollow(at).map(({ amps }) => amps)),
      measuredAmps: this.#measured,
      measuredAt: this.#measuredAt,
      session: sessionOf(this.#visit, this.#measuredWh),
      softMinAmps,
    }
  }

  #mayFollow(now: number): readonly { readonly amps: number; readonly at: number }[] {
    return this.#older.filter(({ at }) => now < at + this.#followMs)
  }
}

function sessionOf(visit: StudyVisit | null, energyWh: number): ChargingSession | null {
  if (visit === null) return null
  const { id, arrivesAt, wantedWh, departsAt, commitment, priority } = visit
  return { id, startedAt: arrivesAt, energyWh, wantedWh, departsAt, commitment, priority, mayWait: null }
}
