/**
 * Balancing 2.6, invariant 15. The site is played twice; in the second run the bridge restarts once: what it knew of meters and chargers is
 * lost until they are read again, of the core's state only what is stored comes back. Long enough after it, who charges is the same and
 * each set-point too, up to a step; nobody was stopped by the restart.
 *
 * The delay: settle time and rises, and the start window of 240 s where a meter is. Cars take what they are offered; commands on the wire
 * at the restart still arrive. The restart falls on a site at rest: what was in flight or being learned would be so later.
 */
import { longEnough, sitePlans } from './plan.ts'
import { EPSILON, amps, when } from './oracle.ts'
import { play } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

/** The site is at rest from so long before the restart to the end of the undisturbed run. */
const STILL_TICKS = 4
const PLAIN = { restartAt: 16, ticks: 30 }
const METERED = { restartAt: 26, ticks: 52 }

invariant(
  'Restart equals no restart, apart from a delay, for identical measurements',
  sitePlans({
    watts: true,
    strategies: true,
    priorities: true,
    profiles: true,
    minimums: true,
    fewerPhases: true,
    meters: true,
    maxOutlets: 5,
  }).map(longEnough),
  {
    tell: (plan) =>
      `${inWords(plan)}\n  the bridge restarts at tick ${plan.circuits.some((one) => one.meter) ? METERED.restartAt : PLAIN.restartAt}`,
  },
  (plan) => {
    const metered = plan.circuits.some((one) => one.meter)
    const { restartAt, ticks } = metered ? METERED : PLAIN
    let still = true
    let last = ''
    const undisturbed = play(plan, { ticks }, (world) => {
      const orders = world.chargers.map((one) => one.order).join()
      if (world.tick > restartAt - STILL_TICKS && orders !== last) still = false
      last = orders
    })
    if (!still) return
    const stopped: string[] = []
    const charging = new Set<string>()
    const restarted = play(
      { ...plan, events: [{ tick: restartAt, which: 0, kind: 'restart' }] },
      { ticks },
      (world) => {
        for (const one of world.chargers) {
          if (one.order > 0) charging.add(one.id)
          else if (world.tick >= restartAt && charging.has(one.id)) stopped.push(`${one.id} at ${when(world)}`)
        }
      },
    )
    if (stopped.length > 0) violated(`the restart stopped ${stopped[0]}`)
    undisturbed.chargers.forEach((one, index) => {
      const other = restarted.chargers[index]!
      const alike =
        one.order > 0 === other.order > 0 && Math.abs(one.order - other.order) <= one.plan.stepAmps + EPSILON
      if (!alike)
        violated(
          `${when(restarted)}: ${one.id} gets ${amps(one.order)} A without and ${amps(other.order)} A with a restart`,
        )
    })
  },
)
