/** Sums of a site as anyone would write them down, apart from the code under test. */
import { PHASES } from '../../../src/model/phase.ts'
import { CIRCUIT_NAMES } from './plan.ts'
import type { Charger, World } from './world.ts'

/** Slack of sums of binary fractions. */
export const EPSILON = 1e-5

/** From a change that nobody ordered to relief: meter, tick, command, car (balancing: 11 s at a tick of 1 s, 15 s at 5 s). */
export function reactionMs(tickMs: number): number {
  return tickMs <= 1000 ? 11_000 : 15_000
}

export interface Slot {
  readonly place: number
  readonly phase: number
  readonly index: number
  /** Chargers whose car can load the slot. */
  readonly chargers: readonly Charger[]
  readonly name: string
}

const slotsOf = new WeakMap<readonly Charger[], readonly Slot[]>()

/** Every circuit and phase that somebody can load. */
export function slots({ plan, chargers }: World): readonly Slot[] {
  const known = slotsOf.get(chargers)
  if (known !== undefined) return known
  const all: Slot[] = []
  plan.circuits.forEach((_, place) => {
    for (let phase = 0; phase < 3; phase++) {
      const own = chargers.filter((one) => one.path.includes(place) && one.carPhases.includes(phase))
      if (own.length > 0)
        all.push({
          place,
          phase,
          index: place * 3 + phase,
          chargers: own,
          name: `${CIRCUIT_NAMES[place]} ${PHASES[phase]}`,
        })
    }
  })
  slotsOf.set(chargers, all)
  return all
}

/** What limits other than meters leave, less what the building takes. */
export function roomAmps(world: World, slot: Slot): number {
  return world.limit[slot.index]! - world.buildingTotal[slot.index]!
}

export function sum(chargers: readonly Charger[], of: (one: Charger) => number): number {
  let total = 0
  for (const one of chargers) total += of(one)
  return total
}

/** `ada 16 + bob 6 = 22 A` */
export function sumInWords(chargers: readonly Charger[], of: (one: Charger) => number): string {
  const parts = chargers.map((one) => `${one.id} ${amps(of(one))}`)
  return `${parts.join(' + ') || 'nobody'} = ${amps(sum(chargers, of))} A`
}

export function amps(value: number): string {
  return String(Number(value.toFixed(3)))
}

export function when(world: World): string {
  return `tick ${world.tick} (${(world.tick * world.plan.tickMs) / 1000} s)`
}
