/**
 * Balancing 2.6, invariant 11. Each car is promised an energy by a time, all known on arrival; strategy `commitments`.
 *
 * Which sets are feasible: the demand test of earliest deadlines (what is promised by each deadline against what each circuit and phase
 * gives until then) sees neither that a car takes only so much nor that it takes at least 6 A, and lets sets through that nobody can
 * keep. The test here implies it and is sufficient: each car at the constant current that its promise needs, at least 6 A, from the end
 * of the start (three ticks) to its deadline, fits in 90 % of every circuit and phase, and in 80 % of its own full power.
 *
 * Orders are read back before the next tick, which is two and a half minutes here: each decision comes so late. Chargers of 16 A: what a car can take beyond that is not reckoned with before it was seen to (most on-board chargers take no more).
 * Cars use all phases of their charger: one that turns out to use fewer needs up to three times as long, and nobody can know that before
 * it has charged; for the same reason they take what they are offered. A promise is kept when all of it but the energy of three ticks has been delivered; its car leaves then.
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

const TICK_MS = 150_000
const TICKS = 50
const TICK_MINUTES = 2.5
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
  return Math.floor(
    share * fullAmps(plan, index) * plan.outlets[index]!.car.phases * 230 * ((minutes - START_MINUTES) / 60),
  )
}

function phasesOf(plan: SitePlan, index: number): readonly number[] {
  const { rotation, car } = plan.outlets[index]!
  const names = rotation.match(/L[123]/g) ?? []
  return names.slice(0, car.phases).map((name) => PHASES.findIndex((phase) => phase === name))
}

/** Each at the constant current that keeps its promise, or its minimum: that fits in 90 % of every circuit and phase. */
function isFeasible({ plan, promises }: Case): boolean {
  // Control acts every two and a half minutes here, so no promise is of less than half an hour at full power.
  if (plan.outlets.some((_, index) => promises[index]!.share * (promises[index]!.minutes - START_MINUTES) < 30))
    return false
  return plan.circuits.every((circuit, place) =>
    circuit.limitAmps.every((room, phase) => {
      const here = plan.outlets.flatMap((outlet, index) =>
        pathOf(plan.circuits, outlet.circuit).includes(place) && phasesOf(plan, index).includes(phase) ? [index] : [],
      )
      const needed = here.reduce((sum, index) => sum + Math.max(6, promises[index]!.share * fullAmps(plan, index)), 0)
      return needed <= MARGIN * room
    }),
  )
}

invariant(
  'A feasible set of commitments (EDF demand test on the tree with a 10 % margin) known on arrival is met',
  fc
    .record({
      plan: sitePlans({
        tickMs: [TICK_MS],
        maxOutlets: 5,
        maxCircuits: 3,
        limit: { min: 20, max: 70 },
        steps: [1, 0.1],
        fewerPhases: false,
        smallCars: false,
      }).map((plan) => ({
        ...plan,
        strategy: 'commitments' as const,
        outlets: plan.outlets.map((one) => ({ ...one, latency: 0, maxAmps: Math.min(16, one.maxAmps) })),
      })),
      promises: fc.array(
        fc.record({
          minutes: fc.integer({ min: 14, max: TICKS - 2 }).map((ticks) => ticks * TICK_MINUTES),
          share: fc.integer({ min: 25, max: 80 }).map((percent) => percent / 100),
        }),
        { minLength: 5, maxLength: 5 },
      ),
    })
    .filter(isFeasible),
  {
    tell: (one) =>
      `${inWords(one.plan)}\n${one.plan.outlets.map((_, index) => `  ${index + 1}. is promised ${energyWh(one, index)} Wh by minute ${one.promises[index]!.minutes} (${amps(one.promises[index]!.share * 100)} % of its full power)`).join('\n')}\n  root ${CIRCUIT_NAMES[0]}`,
  },
  (one) => {
    const { plan, promises } = one
    play(
      plan,
      {
        ticks: TICKS,
        leavesWith: (index) => energyWh(one, index) * 1.001,
        facts: (index) => ({
          commitment: { energyWh: energyWh(one, index), byAt: START_MS + promises[index]!.minutes * 60_000 },
        }),
      },
      (world) => {
        world.chargers.forEach((charger, index) => {
          if (world.tick * TICK_MINUTES !== promises[index]!.minutes) return
          const promised = energyWh(one, index)
          // A tick is long here: one to see it, one to make room and one to start: a decision that comes so late is no broken promise.
          const threeTicksWh = (3 * fullAmps(plan, index) * charger.car.phases * 230 * TICK_MINUTES) / 60
          if (charger.energyWh >= promised - threeTicksWh) return
          violated(
            `minute ${world.tick * TICK_MINUTES}: ${charger.id} has ${amps(charger.energyWh)} of ${promised} Wh promised; orders now ${world.chargers.map((other) => `${other.id} ${amps(other.order)}`).join(', ')}`,
          )
        })
      },
    )
  },
)
