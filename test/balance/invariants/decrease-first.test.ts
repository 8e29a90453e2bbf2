/**
 * Balancing 2.6, invariant 7. The sum over all chargers of the highest pilot each may still follow is the maximum over all subsets of
 * "followed / not followed", so every interleaving is checked by one sum. A replaced pilot may be followed until `settleMs` after its
 * replacement reached the charger, a command in flight from the moment it was sent.
 *
 * Where a limit fell, or a charger fell back to more than it had, the sum may be over: then no order may add to it. The building stays
 * as it is: what it does unseen is invariant 1's matter.
 */
import { sitePlans } from './plan.ts'
import { EPSILON, amps, roomAmps, slots, sum, sumInWords, when } from './oracle.ts'
import { play } from './world.ts'
import type { Charger, World } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

const TICKS = 24

function most(one: Charger): number {
  return one.couldAfter
}

function before(one: Charger): number {
  return one.couldBefore
}

function holds(world: World): void {
  for (const one of world.chargers) if (one.couldAfter > one.couldBefore) return check()

  /** Only where somebody may draw more than before. */
  function check(): void {
    for (const slot of slots(world)) {
      const room = roomAmps(world, slot)
      if (sum(slot.chargers, most) <= Math.max(room, sum(slot.chargers, before)) + EPSILON) continue
      violated(
        `${when(world)}: ${slot.name} has room for ${amps(room)} A; possible after the orders: ${sumInWords(slot.chargers, most)}; before: ${sumInWords(slot.chargers, before)}`,
      )
    }
  }
}

invariant(
  'Decrease first: in no interleaving of command arrival and car delay within settleMs does the sum of possible draws exceed capacity',
  sitePlans({
    meters: true,
    watts: true,
    parameters: true,
    strategies: true,
    profiles: true,
    arrivals: true,
    tickMs: [1000, 5000],
    events: ['plug', 'limit', 'profile', 'offline', 'stuck', 'share', 'watts'],
    maxEvents: 6,
    ticks: TICKS,
    limit: { min: 6, max: 60 },
  }),
  { tell: inWords },
  (plan) => {
    play(plan, { ticks: TICKS }, holds)
  },
)
