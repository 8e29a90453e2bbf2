/**
 * Balancing 2.6, invariant 8. Nothing changes but noise on all that is measured: of meters 0.1 A, of each charger 0.02 A. That is below
 * the dead band and below the headroom of the smallest circuit here (2 % of 20 A): a building that seems to take more than the headroom
 * is a cause, and a limit that needs a cut gets it whatever the dead band. The noise repeats each minute, so that a hair of room that it
 * leaves for a start is found in the first minute or never; delivered energies stand still, so that nobody's rank changes.
 *
 * The inputs are constant from the last thing that was learned of a car (its phases, what it takes, that it takes none: what is learned
 * of one frees room for another) and from the end of the start window where a meter is. From then on set-points come to rest within a
 * minute, and stay. To that minute comes one more that a small rise waits for stillness, and the read-back of the slowest charger. Of five
 * cars all is learned within 15 minutes.
 *
 * Under an unbalance limit what one car gains evens out what another one may have: they climb past each other, a step a minute. There
 * nobody is cut after that time, and the climb ends within 18 minutes. Until then others may make room for a car
 * whose phases are not known and that the limit keeps waiting.
 *
 * A turn is half an hour and a full car is asked again after 40 minutes: both are longer than what is played here.
 */
import { sitePlans } from './plan.ts'
import type { SitePlan } from './plan.ts'
import { amps, when } from './oracle.ts'
import { play } from './world.ts'
import type { World } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

const TICK_MS = 15_000
const TICKS = 80
/** All is learned, and climbed. */
const SETTLED_MS = 15 * 60_000
/** The same where cars make room for each other, one after another, to show their phases. */
const UNBALANCED_SETTLED_MS = 18 * 60_000
/** 240 s, and the first tick after it. */
const START_WINDOW_MS = 255_000
const REST_MS = 60_000
const STILL_MS = 60_000

function noise(tick: number, index: number): number {
  const mixed = Math.imul((tick % 4) * 31 + index * 17 + 7, 0x9e3779b1) >>> 8
  return ((mixed % 1000) / 1000 - 0.5) * 2 * (index < 10 ? 0.1 : 0.02)
}

function measuredEachTick(plan: SitePlan): SitePlan {
  return { ...plan, outlets: plan.outlets.map((one) => ({ ...one, poll: 1 })) }
}

/** What the core has found out about the cars. */
function learned({ result }: World): string {
  const cars = [...result.state.outlets.values()].map(({ session }) => {
    if (session === null) return null
    const { phases, capAmps, ceilingAmps, fullSince, charged } = session.car
    return [phases, capAmps, ceilingAmps, fullSince !== null, charged]
  })
  return JSON.stringify(cars)
}

function someAreUnknown({ chargers, result }: World): boolean {
  return chargers.some(({ id }) => result.state.outlets.get(id)?.session?.car.phases === 0)
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
    tickMs: [TICK_MS],
    maxOutlets: 5,
    limit: { min: 40, max: 100 },
  }).map(measuredEachTick),
  { tell: inWords },
  (plan) => {
    const slowest = Math.max(...plan.outlets.map((one) => one.latency))
    const startMs = plan.circuits.some((one) => one.meter) ? START_WINDOW_MS : 0
    const climbs = plan.circuits.some((one) => one.unbalanceAmps !== null)
    const settledMs = climbs ? UNBALANCED_SETTLED_MS : SETTLED_MS
    let last: readonly number[] = []
    let known = ''
    let constantMs = startMs
    play(plan, { ticks: TICKS, noise, facts: () => ({ energyWh: 0 }) }, (world) => {
      const nowMs = world.tick * TICK_MS
      const knows = learned(world)
      if (knows !== known) {
        if (nowMs > settledMs) violated(`${when(world)}: still learning: ${known}, now ${knows}`)
        constantMs = Math.max(startMs, nowMs)
      }
      known = knows
      const orders = world.chargers.map((one) => one.order)
      const restless = nowMs > constantMs + REST_MS + STILL_MS + slowest * TICK_MS
      orders.forEach((order, index) => {
        const isClimb = climbs && nowMs <= settledMs && order > last[index]!
        if (!restless || order === last[index] || isClimb) return
        if (climbs && nowMs <= settledMs && someAreUnknown(world)) return
        violated(
          `${when(world)}: ${world.chargers[index]!.id} goes from ${amps(last[index]!)} to ${amps(order)} A (${JSON.stringify(world.result.allocations[index]?.binding)}); constant since ${constantMs / 1000} s`,
        )
      })
      last = orders
    })
  },
)
