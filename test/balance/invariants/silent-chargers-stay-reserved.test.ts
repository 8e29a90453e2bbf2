/**
 * Balancing 2.6, invariant 16. Each charger has a circuit of its own, so that the reserve of that circuit is the charger's. What a
 * charger may draw: the pilots in force, on their way or replaced less than a settle time ago, its fallback while it is away (its last
 * pilot too until it has fallen back for certain), and what a disobedient car is measured to take.
 *
 * Exception: what a disobedient car takes is not known before it was measured.
 */
import { PHASES } from '../../../src/model/phase.ts'
import { sitePlans } from './plan.ts'
import type { SitePlan } from './plan.ts'
import { EPSILON, amps, when } from './oracle.ts'
import { play } from './world.ts'
import type { World } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

const TICKS = 24

/** A wide circuit for each outlet below the one it was planned on. */
function alone(plan: SitePlan): SitePlan {
  const [root] = plan.circuits
  const outlets = plan.outlets.slice(0, 5)
  return {
    ...plan,
    circuits: [
      root!,
      ...outlets.map(() => ({
        parent: 0,
        limitAmps: [80, 80, 80] as const,
        meter: false,
        building: [0, 0, 0] as const,
        failSafeAmps: 0,
        watts: null,
        unbalanceAmps: null,
      })),
    ],
    outlets: outlets.map((one, index) => ({ ...one, circuit: index + 1 })),
  }
}

function holds(world: World): void {
  world.chargers.forEach((one, index) => {
    const load = world.result.loads.find((other) => other.circuitId === world.input.circuits[index + 1]!.id)
    const measured = one.measured === null || !one.online ? 0 : Math.max(...one.measured.map((value) => value ?? 0))
    const could = Math.max(one.couldBefore, measured)
    for (const phase of one.carPhases) {
      const reserved = load?.reservedAmps[PHASES[phase]!] ?? 0
      if (reserved >= could - EPSILON) continue
      violated(
        `${when(world)}: ${one.id} may draw ${amps(could)} A on ${PHASES[phase]}, reserved are ${amps(reserved)} A ` +
          `(pilot ${amps(one.pilot)}, ${one.online ? 'online' : 'offline'}, could after the order ${amps(one.couldAfter)})`,
      )
    }
  })
}

invariant(
  'Silent or disobedient chargers never reduce what is reserved for them below what they may draw',
  sitePlans({
    arrivals: true,
    tickMs: [1000, 5000],
    maxCircuits: 1,
    maxOutlets: 5,
    events: ['offline', 'stuck', 'greedy', 'plug', 'limit'],
    maxEvents: 6,
    ticks: TICKS,
    limit: { min: 6, max: 80 },
  }).map(alone),
  { tell: inWords },
  (plan) => {
    play(plan, { ticks: TICKS }, holds)
  },
)
