/**
 * Balancing 2.6, invariant 6, as the bottleneck condition: whoever gets less than it could take is bound on a circuit and phase (or W
 * limit) that is full, and on which nobody gets more than it.
 *
 * Tolerances, each with its reason: one step each (rounding down), the dead band each (a rise of less is not sent), and 2 A from its
 * share for each car (nobody is cut for another one's sake by less: set-points that follow every ampere wear out contactors and flash
 * memories); the rise that brings one back to within 2 A must be worth a dead band, too. So 4 A, a dead band and a step lie at most between
 * the one that has least and any other on the bottleneck.
 * Of a charger with more phases 16 A is what counts: most on-board chargers take no more; more is offered from what the others leave.
 * No promises here, so the floor of each car is its minimum. Cars take all they are offered; unbalance limits bind differences, not
 * sums, and are not judged here.
 */
import { PHASES } from '../../../src/model/phase.ts'
import { CIRCUIT_NAMES, sitePlans } from './plan.ts'
import type { SitePlan } from './plan.ts'
import { EPSILON, amps, sum, sumInWords } from './oracle.ts'
import { play } from './world.ts'
import type { Charger, World } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

const TICKS = 30
const UNFAIR_AMPS = 2
const USUAL_CAR_AMPS = 16

function holds(world: World): void {
  const { plan, settings } = world
  const serving = world.chargers.filter((one) => one.present && one.order > 0)
  for (const one of serving) {
    const usual = one.terminals.length > 1 ? USUAL_CAR_AMPS : Infinity
    const most = Math.min(one.plan.maxAmps, one.profile?.amps ?? Infinity, usual)
    if (one.order >= most - one.plan.stepAmps - Math.max(UNFAIR_AMPS, settings.deadBandAmps) - EPSILON) continue
    // What its own circuits could give it alone: nobody need give way for less than that.
    const alone = Math.min(
      ...one.path.flatMap((place) => {
        const { meter, watts } = plan.circuits[place]!
        const byPhase = one.carPhases.map((phase) => {
          const index = place * 3 + phase
          return world.limit[index]! * (meter ? 1 - settings.headroomShare : 1) - world.buildingTotal[index]!
        })
        return watts === null ? byPhase : [...byPhase, (watts * 0.99) / settings.voltage / one.carPhases.length]
      }),
    )
    if (one.order >= alone - one.plan.stepAmps - Math.max(UNFAIR_AMPS, settings.deadBandAmps) - EPSILON) continue
    const seen: string[] = []
    const bound = one.path.some((place) => {
      const circuit = plan.circuits[place]!
      const isBottleneck = (others: readonly Charger[], free: number, name: string): boolean => {
        const slack = sum(others, (other) => other.plan.stepAmps + settings.deadBandAmps)
        seen.push(`${name} ${amps(free)} A free: ${sumInWords(others, (other) => other.order)}`)
        const near = one.order + 2 * UNFAIR_AMPS + settings.deadBandAmps
        return (
          free <= slack + EPSILON &&
          others.every(
            (other) =>
              other.order <= near + Math.max(one.plan.stepAmps, other.plan.stepAmps) + EPSILON ||
              other.order <= other.plan.minAmps,
          )
        )
      }
      const onPhases = one.carPhases.some((phase) => {
        const index = place * 3 + phase
        const limit = world.limit[index]! * (circuit.meter ? 1 - settings.headroomShare : 1)
        const others = serving.filter((other) => other.path.includes(place) && other.carPhases.includes(phase))
        return isBottleneck(
          others,
          limit - world.buildingTotal[index]! - sum(others, (other) => other.order),
          `${CIRCUIT_NAMES[place]} ${PHASES[phase]}`,
        )
      })
      if (onPhases || circuit.watts === null) return onPhases
      const others = serving.filter((other) => other.path.includes(place))
      const free =
        (circuit.watts * 0.99) / settings.voltage - sum(others, (other) => other.order * other.carPhases.length)
      return isBottleneck(others, free / 3, `${CIRCUIT_NAMES[place]} W`)
    })
    if (!bound)
      violated(
        `after ${(world.tick * plan.tickMs) / 1000} s ${one.id} gets ${amps(one.order)} A and could take ${amps(most)}; ${seen.join('; ')}`,
      )
  }
}

/** Everybody is there within 90 s, and measured in each tick. */
function soon(plan: SitePlan): SitePlan {
  return {
    ...plan,
    outlets: plan.outlets.map((one) => ({ ...one, poll: 1, car: { ...one.car, from: Math.min(6, one.car.from) } })),
  }
}

invariant(
  'Leximin: no current above its floor can be raised without lowering an equal or smaller one',
  sitePlans({
    meters: true,
    watts: true,
    profiles: true,
    minimums: true,
    smallCars: false,
    arrivals: true,
    tickMs: [15_000],
  }).map(soon),
  { tell: inWords },
  (plan) => {
    holds(play(plan, { ticks: TICKS }))
  },
)
