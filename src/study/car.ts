/**
 * A car as its charger sees it, second by second: late to follow (IEC 61851-1 A.4), with a ramp, a taper and losses of its own, slow to
 * wake, and tired of pauses. All currents are A per phase, one voltage on all phases.
 */
import { between, oneOf, type Chance } from './chance.ts'

export interface CarModel {
  readonly phases: 1 | 2 | 3
  /** The on-board charger's most. */
  readonly maxAmps: number
  /** What the battery lacks when it comes. */
  readonly needWh: number
  /** From here on it takes less and less. */
  readonly taperWh: number
  /** Whole seconds until a changed pilot shows: IEC 61851-1 allows 5. */
  readonly deadSeconds: number
  readonly rampAmpsPerSecond: number
  /** It draws this much less than the pilot allows. */
  readonly shyAmps: number
  /** From the first current offered to the first drawn. */
  readonly wakeSeconds: number
  /** The same after a pause. */
  readonly resumeSeconds: number
  /** The pause after which it never charges again; null: it always comes back. */
  readonly givesUpAtPause: number | null
  /** Its own timer: it draws nothing before (wall ms); null: it has none. */
  readonly timerAt: number | null
}

/** Of the AC power this share reaches the battery, less what the car itself needs while it charges (orders of magnitude of ADAC's measurements). */
const EFFICIENCY = 0.94
const OWN_WATTS = 250
/** Near the end it takes no less than this share of its most. */
const LAST_SHARE = 0.25
const FALL_AMPS_PER_SECOND = 12

/** Battery energy of an AC energy that is taken at `watts`. */
export function batteryWh(acWh: number, watts: number): number {
  return Math.max(0, acWh * (EFFICIENCY - OWN_WATTS / Math.max(watts, 1)))
}

/** How cars behave that nobody has measured: the spread of the field. */
export function character(
  next: Chance,
): Pick<
  CarModel,
  'deadSeconds' | 'rampAmpsPerSecond' | 'shyAmps' | 'wakeSeconds' | 'resumeSeconds' | 'givesUpAtPause'
> {
  return {
    deadSeconds: 1 + Math.floor(next() * 5),
    rampAmpsPerSecond: between(next, 1, 6),
    shyAmps: between(next, 0, 0.6),
    wakeSeconds: between(next, 3, 12),
    resumeSeconds: between(next, 5, 40),
    givesUpAtPause: oneOf<{ readonly weight: number; readonly pause: number | null }>(next, [
      { weight: 0.7, pause: null },
      { weight: 0.15, pause: 10 },
      { weight: 0.15, pause: 3 },
    ]).pause,
  }
}

export class Car {
  readonly #model: CarModel
  readonly #voltage: number
  /** Pilots of the last seconds: index 0 is what the car knows now. */
  readonly #pilots: number[]
  #readyAt: number | null = null
  #everServed = false
  #amps = 0
  #batteryWh = 0
  #acWh = 0
  #pauses = 0

  constructor(model: CarModel, voltage: number) {
    this.#model = model
    this.#voltage = voltage
    this.#pilots = Array.from({ length: model.deadSeconds }, () => 0)
  }

  /** One second with this pilot (0: the charger offers nothing). Returns what it draws now on each of its phases. */
  step(at: number, pilotAmps: number): number {
    this.#pilots.push(pilotAmps)
    const pilot = this.#pilots.shift() ?? 0
    this.#notePause(at, pilot)
    const target = this.#target(at, pilot)
    const change = target - this.#amps
    const { phases, rampAmpsPerSecond } = this.#model
    this.#amps += change > 0 ? Math.min(change, rampAmpsPerSecond) : Math.max(change, -FALL_AMPS_PER_SECOND)
    if (this.#amps < NOTHING_AMPS) return (this.#amps = 0)
    this.#everServed = true
    const watts = this.#amps * phases * this.#voltage
    this.#acWh += watts / 3600
    this.#batteryWh += Math.max(0, EFFICIENCY * watts - OWN_WATTS) / 3600
    return this.#amps
  }

  get phases(): number {
    return this.#model.phases
  }

  get acWh(): number {
    return this.#acWh
  }

  get batteryWh(): number {
    return this.#batteryWh
  }

  get isFull(): boolean {
    return this.#batteryWh >= this.#model.needWh
  }

  /** Interruptions while it charged. */
  get pauses(): number {
    return this.#pauses
  }

  get gaveUp(): boolean {
    const { givesUpAtPause } = this.#model
    return givesUpAtPause !== null && this.#pauses >= givesUpAtPause
  }

  /** Its own timer holds it back, whatever it is offered. */
  sleeps(at: number): boolean {
    const { timerAt } = this.#model
    return timerAt !== null && at < timerAt
  }

  #notePause(at: number, pilot: number): void {
    if (pilot >= MIN_PILOT_AMPS) {
      this.#readyAt ??= at + 1000 * (this.#everServed ? this.#model.resumeSeconds : this.#model.wakeSeconds)
      return
    }
    if (this.#readyAt !== null && this.#amps > 0 && !this.isFull) this.#pauses += 1
    this.#readyAt = null
  }

  #target(at: number, pilot: number): number {
    if (this.#readyAt === null || at < this.#readyAt || this.isFull || this.gaveUp || this.sleeps(at)) return 0
    const { maxAmps, shyAmps, needWh, taperWh } = this.#model
    const lackingWh = needWh - this.#batteryWh
    const share = lackingWh >= taperWh ? 1 : Math.max(LAST_SHARE, lackingWh / taperWh)
    return Math.min(pilot - shyAmps, maxAmps * share)
  }
}

/** IEC 61851-1: a duty cycle below 10 % offers no current. */
const MIN_PILOT_AMPS = 6
const NOTHING_AMPS = 0.01

/** What the car would have drawn (Wh AC) from `from` to `until`, had it been alone with `amps` all the time. */
export function aloneWh(model: CarModel, amps: number, voltage: number, from: number, until: number): number {
  const car = new Car({ ...model, givesUpAtPause: null }, voltage)
  for (let at = from; at < until && !car.isFull; at += 1000) car.step(at, amps)
  return car.acWh
}
