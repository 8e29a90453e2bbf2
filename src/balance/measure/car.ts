/**
 * What is learned of a car by measuring it: its phases, what it takes at most, and whether it takes anything. Until measured, all phases
 * of the charger count. A charger that does not measure teaches nothing.
 */
import type { BalanceSettings } from '../../model/balance-input.ts'
import type { KnownOutlet } from '../known/known-outlet.ts'
import type { PhaseMask } from '../known/loading.ts'
import type { CarMemory } from '../state.ts'
import {
  AT_PILOT_AMPS,
  BELOW_PILOT_AMPS,
  BELOW_PILOT_MS,
  DONE_MS,
  GIVE_BACK_AMPS,
  GIVE_BACK_MS,
  IDLE_MS,
  PHASE_USED_AMPS,
  RETRY_CEILING_MS,
  RETRY_FULL_MS,
  TELLING_AMPS,
} from '../timing.ts'

export const UNKNOWN_CAR: CarMemory = {
  phases: 0,
  ceilingAmps: null,
  ceilingAt: 0,
  capAmps: null,
  capAt: 0,
  belowSince: null,
  belowAmps: 0,
  idleSince: null,
  charged: false,
  fullSince: null,
  seenAt: -Infinity,
  lastAmps: 0,
}

export function learn(
  car: CarMemory,
  outlet: KnownOutlet,
  pilotAmps: number,
  settings: BalanceSettings,
  at: number,
): CarMemory {
  const { highestAmps, measuredAt, confirmedAt } = outlet
  if (!outlet.online || highestAmps === null || measuredAt === null || measuredAt <= car.seenAt) return car
  const offered = outlet.confirmedAmps !== null && pilotAmps >= outlet.minAmps
  const settled = outlet.pendingAmps === null && measuredAt >= confirmedAt + settings.settleMs
  const seen = { ...car, seenAt: measuredAt, lastAmps: highestAmps }
  const phases = phasesSeen(car, outlet, highestAmps, pilotAmps, settled)
  if (!offered) {
    return { ...seen, phases, idleSince: null, charged: false, belowSince: null }
  }
  if (highestAmps < PHASE_USED_AMPS) return idle(seen, phases, confirmedAt, at)
  const drawing = { ...seen, phases, idleSince: null, fullSince: null, charged: true }
  if (!settled) return { ...drawing, belowSince: null }
  return appetite(drawing, outlet, highestAmps, pilotAmps, measuredAt)
}

/** More phases are believed at once; a first answer needs a current that tells, near the pilot or twice the same. */
function phasesSeen(car: CarMemory, outlet: KnownOutlet, highest: number, pilot: number, settled: boolean): PhaseMask {
  let used = 0
  for (let phase = 0; phase < 3; phase++) {
    const amps = outlet.measuredAmps[phase] ?? null
    // A phase that does not tell may carry anything.
    if (amps === null ? (outlet.wiredMask & (1 << phase)) !== 0 : amps > PHASE_USED_AMPS) used |= 1 << phase
  }
  if (car.phases !== 0) return (car.phases | used) & outlet.wiredMask
  if (!settled || highest < TELLING_AMPS) return 0
  const steady = highest >= 0.8 * pilot || Math.abs(highest - car.lastAmps) <= 0.5
  return steady ? used & outlet.wiredMask : 0
}

function idle(car: CarMemory, phases: PhaseMask, offeredAt: number, at: number): CarMemory {
  const idleSince = car.idleSince ?? Math.max(offeredAt, car.charged ? at : 0)
  const idleMs = at - idleSince
  // Having charged, and taking none now: nearly certainly done.
  const full = idleMs >= (car.charged ? DONE_MS : IDLE_MS)
  return { ...car, phases, idleSince, belowSince: null, fullSince: full ? (car.fullSince ?? at) : car.fullSince }
}

/** What the car takes at most, and what it takes now. */
function appetite(car: CarMemory, outlet: KnownOutlet, drawn: number, pilot: number, at: number): CarMemory {
  const below = drawn < pilot - BELOW_PILOT_AMPS && pilot > outlet.minAmps
  if (below) {
    if (car.belowSince === null) return { ...car, belowSince: at, belowAmps: drawn }
    const belowAmps = Math.max(car.belowAmps, drawn)
    if (at - car.belowSince < BELOW_PILOT_MS) return { ...car, belowAmps }
    const capAmps = Math.max(outlet.minAmps, roundUp(belowAmps))
    // The first time it shows what the car can; later, with a cap below that, it tapers.
    if (car.ceilingAmps === null || capAmps > car.ceilingAmps)
      return { ...car, ceilingAmps: capAmps, ceilingAt: at, capAmps, capAt: at, belowSince: null }
    return { ...car, capAmps: Math.min(car.ceilingAmps, capAmps + 1), capAt: at, belowSince: null }
  }
  const steady = { ...car, belowSince: null }
  if (car.capAmps === null || drawn < pilot - AT_PILOT_AMPS) return steady
  if (car.ceilingAmps !== null && at - car.ceilingAt >= RETRY_CEILING_MS)
    return { ...steady, ceilingAmps: null, capAmps: null }
  const ceiling = car.ceilingAmps ?? Infinity
  if (car.capAmps >= ceiling || pilot < car.capAmps || at - car.capAt < GIVE_BACK_MS) return steady
  return { ...steady, capAmps: Math.min(ceiling, car.capAmps + GIVE_BACK_AMPS), capAt: at }
}

/** To whole A; a measurement a little above one is that one. */
function roundUp(amps: number): number {
  return Math.ceil(amps - 0.3)
}

/** It took none for long, and it is not the time to ask again. */
export function isFull(car: CarMemory, at: number): boolean {
  return car.fullSince !== null && (at - car.fullSince) % (RETRY_FULL_MS + IDLE_MS) < RETRY_FULL_MS
}

/** Phases to reckon with. */
export function phasesOfCar(car: CarMemory | null, outlet: KnownOutlet): PhaseMask {
  if (car === null || car.phases === 0) return outlet.wiredMask
  return car.phases
}

/** Phases on which it may draw without drawing as much on all others: 0 for a car that loads all three. */
export function unevenPhasesOf(car: CarMemory | null, outlet: KnownOutlet): PhaseMask {
  if (car !== null && car.phases !== 0) return car.phases === 7 ? 0 : car.phases
  if (outlet.terminals.length < 3) return outlet.wiredMask
  // A car of one or two phases uses the first terminals.
  return (1 << (outlet.terminals[0] ?? 0)) | (1 << (outlet.terminals[1] ?? 0))
}
