/**
 * Balancing 2.6, invariant 5. A site in which nothing changes is played for longer than start window (240 s where a meter is, else none)
 * + settle time. Then nobody waits for whom there is room for its minimum beside all reserves.
 *
 * Beside the fuses: what the controller keeps free for arrivals and its site dead band are not room (the parameters are plain here; their
 * own tests are the controller's); on metered circuits neither is the headroom. One step of each charger there may be lost to rounding.
 * A car that rests after a pause (120 s) or that took nothing when it was offered some does not wait for room.
 */
import { PHASES } from '../../../src/model/phase.ts'
import { CIRCUIT_NAMES, sitePlans } from './plan.ts'
import { EPSILON, amps, sum, sumInWords } from './oracle.ts'
import { play } from './world.ts'
import type { Charger, World } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

const PLAIN_TICKS = 30
const METERED_TICKS = 80

function holds(world: World): void {
  const { plan, settings, chargers } = world
  for (const waiting of chargers) {
    const most = Math.min(waiting.plan.maxAmps, waiting.profile?.amps ?? Infinity)
    if (!waiting.present || waiting.order > 0 || most < waiting.plan.minAmps) continue
    let least = Infinity
    let why = ''
    for (const place of waiting.path) {
      const circuit = plan.circuits[place]!
      for (const phase of waiting.terminals) {
        const index = place * 3 + phase
        const limit = world.limit[index]! * (circuit.meter ? 1 - settings.headroomShare : 1)
        const others = chargers.filter((one) => one.path.includes(place) && one.carPhases.includes(phase))
        const free = limit - world.buildingTotal[index]! - sum(others, (one) => one.order + one.plan.stepAmps)
        if (free >= least) continue
        least = free
        why = `${CIRCUIT_NAMES[place]} ${PHASES[phase]}: ${amps(limit)} A, building ${amps(world.buildingTotal[index]!)} A, ${sumInWords(others, (one) => one.order)}`
      }
      if (circuit.watts !== null) {
        const below = chargers.filter((one) => one.path.includes(place))
        const used = (one: Charger): number => (one.order + one.plan.stepAmps) * one.carPhases.length
        const free = ((circuit.watts * 0.99) / settings.voltage - sum(below, used)) / waiting.terminals.length
        if (free < least) [least, why] = [free, `${CIRCUIT_NAMES[place]}: ${circuit.watts} W`]
      }
    }
    if (least >= waiting.plan.minAmps + EPSILON) {
      const answer = world.result.allocations.find((other) => other.outletId === waiting.id)
      violated(`after ${(world.tick * plan.tickMs) / 1000} s ${waiting.id} waits (${JSON.stringify(answer?.binding)}) although ${amps(least)} A are free for it; tightest: ${why}`)
    }
  }
}

invariant(
  'Work conservation: no waiting car fits at its minimum beside the current reserves for longer than start window + settle time',
  sitePlans({ meters: true, watts: true, strategies: true, priorities: true, profiles: true, minimums: true, arrivals: true, tickMs: [5000] }),
  { tell: inWords },
  (plan) => {
    holds(play(plan, { ticks: plan.circuits.some((one) => one.meter) ? METERED_TICKS : PLAIN_TICKS }))
  },
)
