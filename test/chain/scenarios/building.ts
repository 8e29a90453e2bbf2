/** What a building takes beside the cars, A per phase, second by second: a level, a slow wobble, and loads that are switched. */
import type { Chance } from './chance.ts'

export interface Switched {
  readonly perHour: number
  readonly amps: readonly [from: number, to: number]
  readonly seconds: readonly [from: number, to: number]
  readonly phases: 1 | 3
}

export interface BuildingPlan {
  readonly amps: number
  readonly switched?: readonly Switched[]
  /** Loads at times that the test chooses, on all phases. */
  readonly also?: readonly { readonly fromSecond: number; readonly untilSecond: number; readonly amps: number }[]
  /** Never more than this: its own fuse. */
  readonly mostAmps: number
}

export type Load = readonly [number, number, number]

export function buildingLoad(plan: BuildingPlan, seconds: number, chance: Chance): readonly Load[] {
  const phases = [0, 1, 2].map(() => level(plan.amps * chance.range(0.85, 1), seconds, chance))
  for (const load of plan.switched ?? []) {
    for (let at = wait(load, chance); at < seconds; at += wait(load, chance)) {
      const amps = chance.range(...load.amps)
      const end = at + chance.range(...load.seconds)
      const only = load.phases === 3 ? null : chance.whole(0, 2)
      for (const [phase, values] of phases.entries()) if (only === null || only === phase) raise(values, at, end, amps)
    }
  }
  const { also = [], mostAmps } = plan
  for (const { fromSecond, untilSecond, amps } of also)
    for (const values of phases) raise(values, fromSecond, untilSecond, amps)
  const amps = (phase: number, second: number): number => Math.min(mostAmps, Math.max(0, phases[phase]?.[second] ?? 0))
  return Array.from({ length: seconds + 1 }, (_, second) => [amps(0, second), amps(1, second), amps(2, second)])
}

function level(amps: number, seconds: number, chance: Chance): number[] {
  let wobble = 0
  return Array.from({ length: seconds + 1 }, (_, second) => {
    if (second % 15 === 0) wobble = 0.9 * wobble + chance.range(-1.7, 1.7)
    return amps + wobble
  })
}

/** Seconds to the next time that it is switched on. */
function wait({ perHour }: Switched, chance: Chance): number {
  return (-Math.log(1 - chance.next()) * 3600) / perHour
}

function raise(values: number[], from: number, until: number, amps: number): void {
  for (let second = Math.floor(from); second < Math.min(until, values.length); second++)
    values[second] = (values[second] ?? 0) + amps
}
