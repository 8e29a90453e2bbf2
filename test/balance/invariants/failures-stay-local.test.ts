/**
 * Balancing 2.6, invariant 17, in two ways.
 *
 * Where there is plenty (every fuse carries all chargers at their maximum) nobody else's set-point differs from a run without the failure.
 *
 * Where there is not, a charger that has been away for long is exactly a lower limit: the others get what they get on a site without it
 * whose limits are lower by its fallback on its phases. Circuits with a meter are left out of the second: their meter sees what it draws.
 */
import * as fc from 'fast-check'
import { PHASES, rotation } from '../../../src/model/phase.ts'
import { OUTLET_NAMES, pathOf, sitePlans } from './plan.ts'
import type { SitePlan, ThreeAmps } from './plan.ts'
import { EPSILON, amps, when } from './oracle.ts'
import { play } from './world.ts'
import type { WorldOptions } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

const TICKS = 14

function ordersOf(plan: SitePlan, options: WorldOptions): readonly (readonly number[])[] {
  const all: (readonly number[])[] = []
  play(plan, options, (world) => {
    all.push(world.chargers.map((one) => one.order))
  })
  return all
}

invariant(
  'One charger’s failure changes nothing for the others where there is plenty',
  fc.record({
    plan: sitePlans({
      strategies: true,
      profiles: true,
      minimums: true,
      priorities: true,
      tickMs: [1000, 5000],
      limit: { min: 200, max: 260 },
    }),
    kind: fc.constantFrom('offline', 'stuck', 'greedy'),
    which: fc.nat({ max: 5 }),
    tick: fc.nat({ max: TICKS - 4 }),
    ticks: fc.integer({ min: 1, max: TICKS }),
  }),
  { tell: ({ plan, kind, which, tick, ticks }) => inWords({ ...plan, events: [{ kind, which, tick, ticks }] }) },
  ({ plan, kind, which, tick, ticks }) => {
    const without = ordersOf(plan, { ticks: TICKS })
    const failing = which % plan.outlets.length
    play({ ...plan, events: [{ kind, which, tick, ticks }] }, { ticks: TICKS }, (world) => {
      world.chargers.forEach((one, index) => {
        if (index === failing) return
        const was = without[world.tick]![index]!
        if (one.order !== was) violated(`${when(world)}: ${one.id} gets ${amps(one.order)} A instead of ${amps(was)}`)
      })
    })
  },
)

/** All limits above the charger lower by its fallback. */
function withoutIt(plan: SitePlan, away: number): SitePlan {
  const one = plan.outlets[away]!
  const path = pathOf(plan.circuits, one.circuit)
  const phases = rotation(one.rotation).map((phase) => PHASES.indexOf(phase))
  return {
    ...plan,
    circuits: plan.circuits.map((circuit, place) =>
      path.includes(place)
        ? {
            ...circuit,
            limitAmps: circuit.limitAmps.map((amount, phase) =>
              phases.includes(phase) ? amount - one.fallbackAmps : amount,
            ) as unknown as ThreeAmps,
          }
        : circuit,
    ),
  }
}

invariant(
  'One charger’s failure changes others only through capacity',
  fc.record({
    plan: sitePlans({
      strategies: true,
      profiles: true,
      minimums: true,
      priorities: true,
      tickMs: [1000, 5000],
      minOutlets: 2,
      limit: { min: 10, max: 60 },
    }),
    which: fc.nat({ max: 5 }),
  }),
  {
    tell: ({ plan, which }) =>
      `${inWords(plan)}\n  the ${(which % plan.outlets.length) + 1}. charger has been away for long`,
  },
  ({ plan, which }) => {
    const away = which % plan.outlets.length
    const id = OUTLET_NAMES[away]
    const lower = ordersOf(withoutIt(plan, away), {
      ticks: TICKS,
      change: (input) => ({ ...input, outlets: input.outlets.filter((one) => one.id !== id) }),
    })
    play(
      { ...plan, events: [{ kind: 'offline', which: away, tick: 0, ticks: TICKS + 1 }] },
      { ticks: TICKS, awayForLong: true },
      (world) => {
        world.chargers.forEach((one, index) => {
          if (index === away) return
          const was = lower[world.tick]![index]!
          if (Math.abs(one.order - was) > one.plan.stepAmps + EPSILON)
            violated(
              `${when(world)}: ${one.id} gets ${amps(one.order)} A; with a limit lower by the fallback ${amps(was)} A`,
            )
        })
      },
    )
  },
)
