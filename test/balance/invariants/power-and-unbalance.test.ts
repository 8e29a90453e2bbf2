/**
 * Balancing 2.2, C2 and C3, as hard as the fuses in invariants 1 and 7: what the cars may take in W, and by how much the phases may differ
 * through them. Cars use one, two or three phases of their chargers, which the core finds out while they charge.
 *
 * Every car may follow any pilot of the last settle time, any order on its way, or the new one. The most W is where all follow the
 * highest; the most by which phase p exceeds q is where those on p alone follow the highest and those on q alone the lowest: so
 * each sum is the worst of all subsets of "followed / not followed". No rise may bring it above the limit, or further above.
 *
 * What one car draws evens out what others draw on the other phases. Where it leaves, or a profile or a limit takes its current away, no
 * order can be in time: then the cars themselves differ too much for no longer than it takes to measure it, to order less and to follow (one tick,
 * the slowest measurement and read-back of the site, and the settle time).
 */
import { PHASES } from '../../../src/model/phase.ts'
import { CIRCUIT_NAMES, sitePlans } from './plan.ts'
import { EPSILON, amps, when } from './oracle.ts'
import { drawOf, play } from './world.ts'
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

/** Without what this tick's order adds; a cut counts, a rise does not. */
function withoutRise(one: Charger, { at, settings }: World): Range {
  const queue = one.orderedAt === at ? one.queue.slice(0, -1) : one.queue
  const { high } = rangeOf({ ...one, queue }, at, settings.settleMs, null)
  return { one, low: rangeOf(one, at, settings.settleMs, one.order).low, high }
}

/** By how much the phases of a circuit differ now, and whose draw it is. */
function differsNow(world: World, place: number): number {
  const now = world.chargers.flatMap((one): readonly Range[] => {
    const amount = drawOf(one, world.at)
    return one.path.includes(place) ? [{ one, low: amount, high: amount }] : []
  })
  return Math.max(...[0, 1, 2].flatMap((p) => [0, 1, 2].map((q) => (p === q ? 0 : difference(now, p, q)))))
}

invariant(
  'W limits and unbalance: in no interleaving of command arrival and car delay does a rise bring the cars above either, and an excess that a car leaves behind ends at once',
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
    events: ['plug', 'limit', 'profile', 'share', 'watts'],
    maxEvents: 5,
    ticks: TICKS,
    limit: { min: 16, max: 80 },
  }),
  { tell: inWords },
  (plan) => {
    const late = Math.max(...plan.outlets.map((one) => one.latency + one.poll))
    const overSince = new Map<number, number>()
    play(plan, { ticks: TICKS }, (world) => {
      const { at, settings, chargers } = world
      const before = chargers.map((one) => withoutRise(one, world))
      const after = chargers.map((one) => rangeOf(one, at, settings.settleMs, one.order))
      holds(world, before, after)
      plan.circuits.forEach(({ unbalanceAmps }, place) => {
        const now = unbalanceAmps === null ? 0 : differsNow(world, place)
        if (now <= (unbalanceAmps ?? 0) + EPSILON) {
          overSince.delete(place)
          return
        }
        const since = overSince.get(place) ?? at
        overSince.set(place, since)
        if (at - since <= (1 + late) * plan.tickMs + settings.settleMs) return
        violated(
          `${when(world)}: phases of ${CIRCUIT_NAMES[place]} differ by ${amps(now)} A for ${(at - since) / 1000} s, allowed are ${unbalanceAmps} A`,
        )
      })
    })
  },
)
