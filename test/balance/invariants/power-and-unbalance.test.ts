/**
 * Balancing 2.2, C2 and C3, as hard as the fuses in invariants 1 and 7: what the cars may take in W, and by how much the phases may differ
 * through them. Cars use one, two or three phases of their chargers, which the core finds out while they charge.
 *
 * Every car may follow any pilot of the last settle time, any order on its way, or the new one. The most W is where all follow the
 * highest; the most by which phase p exceeds q is where those on p alone follow the highest and those on q alone the lowest: so
 * each sum is the worst of all subsets of "followed / not followed". Where it is over before the orders (a limit fell, a car is full), no order may add to it.
 */
import { PHASES } from '../../../src/model/phase.ts'
import { CIRCUIT_NAMES, sitePlans } from './plan.ts'
import { EPSILON, amps, when } from './oracle.ts'
import { play } from './world.ts'
import type { Charger, World } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

const TICKS = 24

/** The lowest and the highest that a car may draw, of all pilots that it may be following. */
interface Range {
  readonly one: Charger
  readonly low: number
  readonly high: number
}

function rangeOf(one: Charger, at: number, settleMs: number, order: number | null): Range {
  if (!one.present) return { one, low: 0, high: 0 }
  const pilots = [one.pilot, ...one.queue.map((command) => command.amps)]
  for (const past of one.old) if (past.replaced + settleMs > at) pilots.push(past.amps)
  if (order !== null) pilots.push(order)
  const drawn = pilots.map((pilot) => (pilot < one.plan.minAmps ? 0 : Math.min(pilot, one.car.maxAmps)))
  return { one, low: Math.min(...drawn), high: Math.max(...drawn) }
}

function wattLimit(world: World, place: number): number {
  const { plan, input } = world
  const caps = input.limits
    .filter((one) => one.circuitId === input.circuits[place]!.id)
    .flatMap((one) => (one.carsMaxWatts === null ? [] : [one.carsMaxWatts]))
  return Math.min(plan.circuits[place]!.watts ?? Infinity, caps.at(-1) ?? Infinity)
}

function mostWatts(ranges: readonly Range[], voltage: number): number {
  return ranges.reduce((sum, { one, high }) => sum + high * one.carPhases.length * voltage, 0)
}

/** By how much `p` may exceed `q`. */
function difference(ranges: readonly Range[], p: number, q: number): number {
  let total = 0
  for (const { one, low, high } of ranges) {
    const onP = one.carPhases.includes(p)
    const onQ = one.carPhases.includes(q)
    if (onP && !onQ) total += high
    else if (onQ && !onP) total -= low
  }
  return total
}

function rangesInWords(ranges: readonly Range[]): string {
  return ranges
    .map(({ one, low, high }) => {
      const phases = one.carPhases.map((phase) => PHASES[phase]).join('')
      return `${one.id} on ${phases} ${amps(low)}${high > low ? ` to ${amps(high)}` : ''} A`
    })
    .join(', ')
}

function holds(world: World, before: readonly Range[], after: readonly Range[]): void {
  const { plan, settings } = world
  plan.circuits.forEach((circuit, place) => {
    const below = (ranges: readonly Range[]): readonly Range[] => ranges.filter(({ one }) => one.path.includes(place))
    const watts = wattLimit(world, place)
    const most = mostWatts(below(after), settings.voltage)
    if (most > Math.max(watts, mostWatts(below(before), settings.voltage)) + EPSILON)
      violated(
        `${when(world)}: cars of ${CIRCUIT_NAMES[place]} may take ${watts} W; possible after the orders: ${amps(most)} W (${rangesInWords(below(after))}); before: ${rangesInWords(below(before))}`,
      )
    if (circuit.unbalanceAmps === null) return
    for (const p of [0, 1, 2])
      for (const q of [0, 1, 2]) {
        if (p === q) continue
        const now = difference(below(after), p, q)
        if (now <= Math.max(circuit.unbalanceAmps, difference(below(before), p, q)) + EPSILON) continue
        violated(
          `${when(world)}: ${CIRCUIT_NAMES[place]} ${PHASES[p]} may exceed ${PHASES[q]} by ${circuit.unbalanceAmps} A; possible after the orders: ${amps(now)} A (${rangesInWords(below(after))}); before: ${rangesInWords(below(before))}`,
        )
      }
  })
}

invariant(
  'W limits and unbalance: in no interleaving of command arrival and car delay do the cars exceed either',
  sitePlans({
    meters: true,
    watts: true,
    unbalance: true,
    parameters: true,
    strategies: true,
    priorities: true,
    profiles: true,
    arrivals: true,
    minimums: true,
    tickMs: [1000, 5000],
    events: ['limit', 'profile', 'share', 'watts'],
    maxEvents: 5,
    ticks: TICKS,
    limit: { min: 16, max: 80 },
  }),
  { tell: inWords },
  (plan) => {
    play(plan, { ticks: TICKS }, (world) => {
      const { at, settings, chargers } = world
      // Orders are in the queue already; the last one is what this tick added, if it differs from what was there.
      const before = chargers.map((one) => rangeBefore(one, world))
      const after = chargers.map((one) => rangeOf(one, at, settings.settleMs, one.order))
      holds(world, before, after)
    })
  },
)

/** Without the order of this tick. */
function rangeBefore(one: Charger, { at, settings }: World): Range {
  const queue = one.orderedAt === at ? one.queue.slice(0, -1) : one.queue
  return rangeOf({ ...one, queue }, at, settings.settleMs, null)
}
