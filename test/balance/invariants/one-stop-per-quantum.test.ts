/**
 * Balancing 2.6, invariant 9. Too many cars for the circuit, nothing changes: no stop is forced by a limit. Each stop of a session by
 * choice comes after it had its quantum since it was last started: the energy of it, and half an hour. Its first stop may come after the
 * half hour alone, where all would charge too thinly (never where who came first is served first): so a session has at most one stop more
 * than it had quanta.
 *
 * The quantum is small here (so that some turns pass in the time played) and the tick is two minutes. Cars of the site have neither promise
 * nor priority: a promise that is about to break takes a place at any time.
 */
import { sitePlans } from './plan.ts'
import { amps, when } from './oracle.ts'
import { play } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

const TICKS = 40
const QUANTUM_WH = 1_000
const QUANTUM_MS = 30 * 60_000

invariant(
  'At most one contactor stop per session and quantum unless C1 to C3 force it',
  sitePlans({
    watts: true,
    strategies: true,
    parameters: true,
    minimums: true,
    arrivals: true,
    tickMs: [120_000],
    minOutlets: 2,
    maxOutlets: 5,
    maxCircuits: 2,
    limit: { min: 6, max: 40 },
  }),
  { tell: inWords },
  (plan) => {
    const started = new Map<string, { readonly at: number; readonly energyWh: number }>()
    const before = new Map<string, number>()
    const stopsOf = new Map<string, number>()
    play(plan, { ticks: TICKS, settings: { quantumWh: QUANTUM_WH } }, (world) => {
      for (const one of world.chargers) {
        const was = before.get(one.id) ?? 0
        before.set(one.id, one.order)
        if (was === 0 && one.order > 0) started.set(one.id, { at: world.at, energyWh: one.energyWh })
        if (was === 0 || one.order > 0) continue
        const turn = started.get(one.id)!
        const servedWh = one.energyWh - turn.energyWh
        const servedMs = world.at - turn.at
        const stops = (stopsOf.get(one.id) ?? 0) + 1
        stopsOf.set(one.id, stops)
        const mayBeEarly = stops === 1 && plan.strategy !== 'first-come'
        if ((servedWh >= QUANTUM_WH || mayBeEarly) && servedMs >= QUANTUM_MS) continue
        const answer = world.result.allocations.find((other) => other.outletId === one.id)
        violated(
          `${when(world)}: ${one.id} is stopped (${JSON.stringify(answer?.binding)}) after ${servedMs / 60_000} minutes and ${amps(servedWh)} Wh; orders ${world.chargers.map((other) => `${other.id} ${amps(other.order)}`).join(', ')}`,
        )
      }
    })
  },
)
