/**
 * Balancing 2.6, invariant 5. Nobody waits for whom there has been room for its minimum, beside all that the others may draw, for longer
 * than start window (240 s where a meter is, else none) + settle time and two ticks.
 *
 * Beside the fuses: what the controller keeps free for arrivals and its site dead band are not room (the parameters are plain here; their
 * own tests are the controller's); on metered circuits neither is the headroom. One step of each charger there may be lost to rounding.
 * A car that rests after a pause (120 s) or that took nothing when it was offered some does not wait for room.
 */
import { PHASES } from '../../../src/model/phase.ts'
import { CIRCUIT_NAMES, longEnough, sitePlans } from './plan.ts'
import { EPSILON, amps, sum, sumInWords, when } from './oracle.ts'
import { play } from './world.ts'
import type { Charger, World } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

const TICKS = 28
const START_WINDOW_MS = 240_000

/** All of its terminals until what its car uses can be known: it has charged for a settle time and was measured twice since. */
function phasesCounted(one: Charger, world: World): readonly number[] {
  const needed = world.settings.settleMs + 3 * one.plan.poll * world.plan.tickMs
  return one.chargingMs >= needed ? one.carPhases : one.terminals
}

function reserve(one: Charger): number {
  return one.couldAfter + one.plan.stepAmps
}

/** The most that is free for it on all it may load, and where. */
function roomFor(world: World, waiting: Charger): readonly [number, string] {
  const { plan, settings, chargers } = world
  let least = Infinity
  let why = ''
  for (const place of waiting.path) {
    const circuit = plan.circuits[place]!
    for (const phase of waiting.terminals) {
      const index = place * 3 + phase
      const limit = world.limit[index]! * (circuit.meter ? 1 - settings.headroomShare : 1)
      const others = chargers.filter(
        (one) => one !== waiting && one.path.includes(place) && phasesCounted(one, world).includes(phase),
      )
      const free = limit - world.buildingTotal[index]! - sum(others, reserve)
      if (free >= least) continue
      least = free
      why = `${CIRCUIT_NAMES[place]} ${PHASES[phase]}: ${amps(limit)} A, building ${amps(world.buildingTotal[index]!)} A, ${sumInWords(others, (one) => one.couldAfter)}`
    }
    if (circuit.watts === null) continue
    const below = chargers.filter((one) => one !== waiting && one.path.includes(place))
    const free =
      ((circuit.watts * 0.99) / settings.voltage -
        sum(below, (one) => reserve(one) * phasesCounted(one, world).length)) /
      waiting.terminals.length
    if (free < least) [least, why] = [free, `${CIRCUIT_NAMES[place]}: ${circuit.watts} W`]
  }
  return [least, why]
}

function watch(since: Map<string, number>): (world: World) => void {
  return (world) => {
    const { plan, settings, at } = world
    for (const waiting of world.chargers) {
      const most = Math.min(waiting.plan.maxAmps, waiting.profile?.amps ?? Infinity)
      const waits = waiting.present && waiting.order === 0 && most >= waiting.plan.minAmps
      const [least, why] = waits ? roomFor(world, waiting) : [0, '']
      if (least < waiting.plan.minAmps + EPSILON) {
        since.delete(waiting.id)
        continue
      }
      const from = since.get(waiting.id) ?? at
      since.set(waiting.id, from)
      const metered = waiting.path.some((place) => plan.circuits[place]!.meter)
      if (at - from <= settings.settleMs + (metered ? START_WINDOW_MS : 0) + 2 * plan.tickMs) continue
      const answer = world.result.allocations.find((other) => other.outletId === waiting.id)
      violated(
        `${when(world)}: ${waiting.id} waits (${JSON.stringify(answer?.binding)}) although for ${(at - from) / 1000} s room for it is free, now ${amps(least)} A; tightest: ${why}`,
      )
    }
  }
}

invariant(
  'Work conservation: no waiting car fits at its minimum beside the current reserves for longer than start window + settle time',
  sitePlans({
    meters: true,
    watts: true,
    strategies: true,
    priorities: true,
    profiles: true,
    minimums: true,
    arrivals: true,
  }).map(longEnough),
  { tell: inWords },
  (plan) => {
    play(plan, { ticks: TICKS }, watch(new Map()))
  },
)
