/** What the building above the car park takes, per phase. Pure and the same in every run. */
import type { PhaseAmps } from '../model/phase.ts'
import { unitNoise } from './cars.ts'

/** Amps at `seconds` of real time: a slow day's wave, the kitchen on L2, and the lift now and then on all phases. */
export function buildingAmps(seconds: number): PhaseAmps {
  const lift = liftRuns(seconds) ? 7 : 0
  const kitchen = seconds % 100 > 38 && seconds % 100 < 78 ? 13 : 0
  return {
    L1: 15 + wave(seconds, 140) * 4 + lift + flicker(seconds, 1),
    L2: 20 + wave(seconds + 30, 170) * 4 + kitchen + lift + flicker(seconds, 2),
    L3: 12 + wave(seconds + 60, 120) * 3 + lift + flicker(seconds, 3),
  }
}

function wave(seconds: number, period: number): number {
  return Math.sin((2 * Math.PI * seconds) / period)
}

/** Seven seconds of lift in about every third half minute. */
function liftRuns(seconds: number): boolean {
  const trip = Math.floor(seconds / 30)
  return unitNoise(trip * 31 + 5) < 0.35 && seconds % 30 < 7
}

function flicker(seconds: number, phase: number): number {
  return unitNoise(Math.floor(seconds * 2) * 13 + phase) * 0.4
}
