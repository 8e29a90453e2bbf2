/**
 * Balancing 2.6, invariant 11. Each car is promised an energy by a time, all known on arrival; strategy `commitments`. The set is feasible
 * by the demand test of earliest deadline first, on every circuit and phase: for each deadline d, the ampere-hours promised by d on
 * that phase are at most 90 % of what the circuit gives until d, and no car needs more than 90 % of its own full power.
 *
 * Two more conditions make the fluid test fit what wallboxes can: all cars of a circuit can be on at once at their minimum (who is on
 * cannot take less than 6 A; without that, promises are a bin packing problem), and the time of a car counts from the end of the
 * start (three ticks). A promise is kept when 99 % of it has been delivered; its car leaves then.
 */
import * as fc from 'fast-check'
import { PHASES } from '../../../src/model/phase.ts'
import { CIRCUIT_NAMES, sitePlans } from './plan.ts'
import type { SitePlan } from './plan.ts'
import { amps } from './oracle.ts'
import { START_MS, play } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { pathOf } from './plan.ts'
import { inWords } from './words.ts'

const TICK_MS = 600_000
const TICKS = 34
const TICK_MINUTES = 10
/** Starting, and rising to what is needed. */
const START_MINUTES = 3 * TICK_MINUTES
const MARGIN = 0.9

interface Promised {
  /** Minutes from the start, and share of what the car could take until then. */
  readonly minutes: number
  readonly share: number
}

interface Case {
  readonly plan: SitePlan
  readonly promises: readonly Promised[]
}

function fullAmps(plan: SitePlan, index: number): number {
  const one = plan.outlets[index]!
  return Math.min(one.maxAmps, one.car.maxAmps)
}

function energyWh({ plan, promises }: Case, index: number): number {
  const { minutes, share } = promises[index]!
  return Math.floor(share * fullAmps(plan, index) * plan.outlets[index]!.car.phases * 230 * ((minutes - START_MINUTES) / 60))
}

function phasesOf(plan: SitePlan, index: number): readonly number[] {
  const { rotation, car } = plan.outlets[index]!
  const names = rotation.match(/L[123]/g) ?? []
  return names.slice(0, car.phases).map((name) => PHASES.findIndex((phase) => phase === name))
}

/** Earliest deadline first, as a fluid: promised ampere-hours against what each circuit and phase gives. */
function isFeasible(one: Case): boolean {
  const { plan, promises } = one
  return plan.circuits.every((circuit, place) =>
    [0, 1, 2].every((phase) => {
      const below = plan.outlets.flatMap((outlet, index) => (pathOf(plan.circuits, outlet.circuit).includes(place) ? [index] : []))
      const room = circuit.limitAmps[phase]!
      // Until it is measured each car counts on all phases of its charger.
      if (below.length * 6 > room) return false
      const here = below.filter((index) => phasesOf(plan, index).includes(phase))
      return here.every((last) => {
        const until = promises[last]!.minutes - START_MINUTES
        const demand = here.filter((index) => promises[index]!.minutes <= promises[last]!.minutes).reduce((sum, index) => sum + energyWh(one, index) / 230 / plan.outlets[index]!.car.phases, 0)
        // Who has a later deadline charges at its minimum meanwhile.
        const later = here.filter((index) => promises[index]!.minutes > promises[last]!.minutes).length * 6
        return demand <= MARGIN * Math.max(0, room - later) * (until / 60)
      })
    }),
  )
}

invariant(
  'A feasible set of commitments (EDF demand test on the tree with a 10 % margin) known on arrival is met',
  fc
    .record({
      plan: sitePlans({ tickMs: [TICK_MS], maxOutlets: 5, maxCircuits: 3, limit: { min: 20, max: 70 }, steps: [1, 0.1] }).map((plan) => ({ ...plan, strategy: 'commitments' as const })),
      promises: fc.array(fc.record({ minutes: fc.integer({ min: 9, max: TICKS - 2 }).map((ticks) => ticks * TICK_MINUTES), share: fc.integer({ min: 20, max: 90 }).map((percent) => percent / 100) }), { minLength: 5, maxLength: 5 }),
    })
    .filter(isFeasible),
  {
    tell: (one) => `${inWords(one.plan)}\n${one.plan.outlets.map((_, index) => `  ${index + 1}. is promised ${energyWh(one, index)} Wh by minute ${one.promises[index]!.minutes} (${amps(one.promises[index]!.share * 100)} % of its full power)`).join('\n')}\n  root ${CIRCUIT_NAMES[0]}`,
  },
  (one) => {
    const { plan, promises } = one
    play(
      plan,
      {
        ticks: TICKS,
        leavesWith: (index) => energyWh(one, index) * 1.001,
        facts: (index) => ({ commitment: { energyWh: energyWh(one, index), byAt: START_MS + promises[index]!.minutes * 60_000 } }),
      },
      (world) => {
        world.chargers.forEach((charger, index) => {
          if (world.tick * TICK_MINUTES !== promises[index]!.minutes) return
          const promised = energyWh(one, index)
          if (charger.energyWh >= 0.99 * promised) return
          violated(`minute ${world.tick * TICK_MINUTES}: ${charger.id} has ${amps(charger.energyWh)} of ${promised} Wh promised; orders now ${world.chargers.map((other) => `${other.id} ${amps(other.order)}`).join(', ')}`)
        })
      },
    )
  },
)
