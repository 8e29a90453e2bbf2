/** What the building above the car park takes, per phase. Pure and the same in every run. */
import type { PhaseAmps } from '../model/phase.ts'
import { unitNoise } from './cars.ts'

/** Amps at `seconds` of real time: a slow day's wave, the kitchen on L2 that comes and goes, a lift that is hardly felt. */
export function buildingAmps(seconds: number): PhaseAmps {
  const lift = liftRuns(seconds) ? 2 : 0
  return {
    L1: 15 + wave(seconds, 140) * 4 + lift + flicker(seconds, 1),
    L2: 20 + wave(seconds + 30, 170) * 3 + kitchen(seconds) + lift + flicker(seconds, 2),
    L3: 12 + wave(seconds + 60, 120) * 3 + lift + flicker(seconds, 3),
  }
}

/** Ovens and hobs, switched on one after the other: up to 14 A from second 35 to 130 of every 150. */
function kitchen(seconds: number): number {
  const at = seconds % 150
  return Math.max(0, Math.min(14, (at - 35) * 0.3, (130 - at) * 0.7))
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
