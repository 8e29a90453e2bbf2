/**
 * Balancing 2.6, invariant 8. Nothing changes but noise on all that is measured: of meters 0.1 A, of each charger 0.02 A. That is below
 * the dead band and below the headroom of the smallest circuit here (2 % of 20 A): a building that seems to take more than the headroom
 * is a cause, and a limit that needs a cut gets it whatever the dead band. The inputs are
 * constant from when the start is over: every car has been offered what it gets, its appetite is learned (45 s each time), small rises
 * have had their minute of stillness each, the start window has passed (240 s where a meter is), and what one car learns frees room for the next of up to five: 17 minutes. From
 * 60 s after that no set-point changes any more.
 *
 * A turn is half an hour and a full car is asked again after 40 minutes: both are longer than what is played here.
 */
import { sitePlans } from './plan.ts'
import type { SitePlan } from './plan.ts'
import { amps, when } from './oracle.ts'
import { play } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

/** Ticks of 15 s: 18 minutes, and what is watched. */
const PLAIN = { restAt: 72, ticks: 82 }
const METERED = { restAt: 72, ticks: 82 }

function noise(tick: number, index: number): number {
  const mixed = Math.imul(tick * 31 + index * 17 + 7, 0x9e3779b1) >>> 8
  return ((mixed % 1000) / 1000 - 0.5) * 2 * (index < 10 ? 0.1 : 0.02)
}

function measuredEachTick(plan: SitePlan): SitePlan {
  return { ...plan, outlets: plan.outlets.map((one) => ({ ...one, poll: 1 })) }
}

invariant(
  'No cut without cause: if inputs are constant up to noise below the dead band, outputs become constant within 60 s and stay so (no limit cycle)',
  sitePlans({
    meters: true,
    watts: true,
    unbalance: true,
    parameters: true,
    strategies: true,
    priorities: true,
    profiles: true,
    tickMs: [15_000],
    maxOutlets: 5,
    limit: { min: 40, max: 100 },
  }).map(measuredEachTick),
  { tell: inWords },
  (plan) => {
    const { restAt, ticks } = plan.circuits.some((one) => one.meter) ? METERED : PLAIN
    let last: readonly number[] = []
    play(plan, { ticks, noise }, (world) => {
      const orders = world.chargers.map((one) => one.order)
      if (world.tick > restAt) {
        orders.forEach((order, index) => {
          if (order !== last[index])
            violated(
              `${when(world)}: ${world.chargers[index]!.id} goes from ${amps(last[index]!)} to ${amps(order)} A (${JSON.stringify(world.result.allocations[index]?.binding)}); constant since ${restAt * 15} s`,
            )
        })
      }
      last = orders
    })
  },
)
