/**
 * Balancing 2.6, invariant 10. More cars than fit for as long as it is played. Everybody who could charge alone gets its first turn within
 * (waiting cars / served cars + 1) quanta; "served" is the smallest number that charged at once after the start.
 *
 * A quantum of one car is the longer of half an hour and the time that the quantum's energy takes it at its minimum. Between two turns
 * lie a stop, its rest and a start: three ticks are allowed for each, and twice the read-back of the slowest charger. A three-phase car that fits only when several others pause keeps
 * its place free after it has waited an hour, so its first turn may come up to an hour later. Strategies `fair` and `priority` without
 * priorities: first come, first served is meant to starve.
 */
import { sitePlans } from './plan.ts'
import { when } from './oracle.ts'
import { play } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

const TICK_MS = 240_000
const QUANTUM_MS = 30 * 60_000
const TICKS = 60

invariant(
  'No starvation: under constant scarcity every class 2 session is served within (waiting cars / served cars + 1) quanta',
  sitePlans({
    tickMs: [TICK_MS],
    minOutlets: 2,
    maxOutlets: 4,
    maxCircuits: 2,
    limit: { min: 6, max: 22 },
    steps: [1],
  }).map((plan) => ({ ...plan, strategy: 'fair' as const })),
  { tell: inWords },
  (plan) => {
    const servedAt = new Map<string, number>()
    let fewest = Infinity
    let waitingAtFirst = 0
    let done = false
    play(plan, { ticks: TICKS, settings: { quantumWh: 500 } }, (world) => {
      if (done) return
      const charging = world.chargers.filter((one) => one.order > 0)
      for (const one of charging) servedAt.set(one.id, servedAt.get(one.id) ?? world.at)
      const hopeful = world.chargers.filter((one) =>
        one.path.every((place) => one.terminals.every((phase) => world.limit[place * 3 + phase]! >= one.plan.minAmps)),
      )
      const waiting = hopeful.filter((one) => !servedAt.has(one.id))
      if (waiting.length === 0) {
        done = true
        return
      }
      if (world.tick < 3) {
        waitingAtFirst = waiting.length
        return
      }
      if (charging.length > 0) fewest = Math.min(fewest, charging.length)
      const turns = Math.ceil(waitingAtFirst / (fewest === Infinity ? 1 : fewest)) + 1
      // An order that is read back late makes each stop and each start so much longer.
      const late = Math.max(...world.chargers.map((one) => one.plan.latency))
      const allowedMs = turns * (QUANTUM_MS + (3 + 2 * late) * TICK_MS) + 60 * 60_000
      if (world.at - world.restartedAt <= allowedMs) return
      violated(
        `${when(world)}: ${waiting.map((one) => one.id).join(', ')} not served yet; allowed are ${turns} turns (${waitingAtFirst} waited, ${fewest} served)`,
      )
    })
  },
)
