/** One parking bay: an empty place, or a car on its charger. Pure; the charger's registers say what is offered. */
import { carPlan } from './cars.ts'
import type { CarPlan } from './cars.ts'

export interface Bay {
  readonly number: number
  /** Which car it is in this bay, or which comes next. */
  readonly carIndex: number
  readonly car: ParkedCar | null
  /** World seconds until the next car. */
  readonly emptySeconds: number
  /** What the charger's own meter has counted for ever. */
  readonly registerWh: number
}

export interface ParkedCar {
  readonly plan: CarPlan
  /** What it still wants, Wh. */
  readonly missingWh: number
  readonly sessionWh: number
  /** The offer that it follows now, and the newest one that it has not followed yet. */
  readonly followedAmps: number
  readonly heardAmps: number
  /** Real seconds since the offer changed. */
  readonly heardSeconds: number
  readonly drawnAmps: number
  /** Real seconds since it was plugged in. */
  readonly pluggedSeconds: number
  /** World seconds since it became full. */
  readonly fullSeconds: number
}

/** What happened to a bay in a step. */
export type BayNews = 'arrived' | 'full' | 'left'

export interface BayStep {
  /** Real seconds that passed. */
  readonly seconds: number
  /** World seconds per real second. */
  readonly speed: number
  /** What the charger offers now: 0, or 6 A and more. */
  readonly offerAmps: number
}

export const VOLTAGE = 230
/** Under 6 A there is no charging (IEC 61851-1 A.2.1). */
const MIN_AMPS = 6
const RISE_AMPS_PER_SECOND = 4
const FALL_AMPS_PER_SECOND = 20

export function emptyBay(number: number): Bay {
  return {
    number,
    carIndex: 0,
    car: null,
    emptySeconds: carPlan(number, 0).emptySeconds,
    registerWh: 1_284_000 + number * 731_000,
  }
}

export function stepBay(bay: Bay, step: BayStep): { readonly bay: Bay; readonly news: BayNews | null } {
  if (bay.car === null) return wait(bay, step)
  const car = stepCar(bay.car, step)
  const wh = car.sessionWh - bay.car.sessionWh
  const next = { ...bay, car, registerWh: bay.registerWh + wh }
  if (car.fullSeconds > car.plan.lingerSeconds) {
    const carIndex = bay.carIndex + 1
    const { emptySeconds } = carPlan(bay.number, carIndex)
    return { bay: { ...next, car: null, carIndex, emptySeconds }, news: 'left' }
  }
  return { bay: next, news: car.missingWh === 0 && bay.car.missingWh > 0 ? 'full' : null }
}

/** It wants current and is given some. */
export function takesCurrent(car: ParkedCar): boolean {
  return car.missingWh > 0 && car.followedAmps >= MIN_AMPS
}

/** Per terminal of the charger, A. */
export function terminalAmps(car: ParkedCar | null): readonly [number, number, number] {
  if (car === null) return [0, 0, 0]
  return car.plan.phases === 1 ? [car.drawnAmps, 0, 0] : [car.drawnAmps, car.drawnAmps, car.drawnAmps]
}

export function powerW(car: ParkedCar | null): number {
  return terminalAmps(car).reduce((sum, amps) => sum + amps * VOLTAGE, 0)
}

function wait(bay: Bay, { seconds, speed }: BayStep): { readonly bay: Bay; readonly news: BayNews | null } {
  const emptySeconds = bay.emptySeconds - seconds * speed
  if (emptySeconds > 0) return { bay: { ...bay, emptySeconds }, news: null }
  const plan = carPlan(bay.number, bay.carIndex)
  const car: ParkedCar = {
    plan,
    // A faster world has cars that lack less, so that power and energy still fit each other.
    missingWh: plan.energyWh / speed,
    sessionWh: 0,
    followedAmps: 0,
    heardAmps: 0,
    heardSeconds: 0,
    drawnAmps: 0,
    pluggedSeconds: 0,
    fullSeconds: 0,
  }
  return { bay: { ...bay, car, emptySeconds: 0 }, news: 'arrived' }
}

function stepCar(car: ParkedCar, { seconds, speed, offerAmps }: BayStep): ParkedCar {
  const changed = offerAmps !== car.heardAmps
  const heardSeconds = changed ? 0 : car.heardSeconds + seconds
  // A pilot that goes off ends the current at once; a new duty cycle is followed when the car gets to it.
  const follows = offerAmps < MIN_AMPS || heardSeconds >= car.plan.reactionSeconds
  const followedAmps = follows ? offerAmps : car.followedAmps
  const wanted =
    car.missingWh > 0 && followedAmps >= MIN_AMPS ? Math.min(followedAmps, car.plan.maxAmps, taper(car)) : 0
  const drawnAmps = approach(car.drawnAmps, wanted, seconds, followedAmps < MIN_AMPS)
  const wh = Math.min((drawnAmps * car.plan.phases * VOLTAGE * seconds) / 3600, car.missingWh)
  const missingWh = car.missingWh - wh < 0.05 ? 0 : car.missingWh - wh
  return {
    ...car,
    heardAmps: offerAmps,
    heardSeconds,
    followedAmps,
    drawnAmps: missingWh === 0 ? 0 : drawnAmps,
    missingWh,
    sessionWh: car.sessionWh + wh,
    pluggedSeconds: car.pluggedSeconds + seconds,
    fullSeconds: missingWh === 0 ? car.fullSeconds + seconds * speed : 0,
  }
}

/** The last tenth of a battery is filled more and more slowly. */
function taper({ missingWh, sessionWh, plan }: ParkedCar): number {
  const whole = missingWh + sessionWh
  const left = missingWh / (whole * 0.1)
  return left >= 1 ? plan.maxAmps : MIN_AMPS + (plan.maxAmps - MIN_AMPS) * left
}

function approach(now: number, wanted: number, seconds: number, contactorOpens: boolean): number {
  if (contactorOpens) return 0
  if (wanted > now) return Math.min(wanted, now + RISE_AMPS_PER_SECOND * seconds)
  return Math.max(wanted, now - FALL_AMPS_PER_SECOND * seconds)
}
