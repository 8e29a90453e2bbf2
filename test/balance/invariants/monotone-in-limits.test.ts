/**
 * Balancing 2.6, invariant 3. The site is played twice from the start, the second time with one limit lowered: a fuse, that of the
 * DSO, or W. What is compared is what is ordered at rest in sum on that circuit and phase (in W for a W limit).
 *
 * Allowed beyond: one step of each charger there, and the dead band that lets a set-point lie, since both sites come to rest from
 * another side. The building stays as it is.
 *
 * Exception: the soft minimum (rather fewer cars than all at 6 A) may choose other cars under a lower limit, and theirs may be other
 * phases: 11 A leave L1 to nobody where a one-phase car on L2 is served well; 6 A serve nobody well, so the first in the queue gets
 * its minimum on all three. With the soft minimum at the minimum the invariant holds for a limit of one phase or of W; with it, and where the
 * DSO lowers all three phases at once (a car too big for one of them frees the two others), or cars use fewer phases than their
 * chargers (all phases count until measured), as long as the same cars charge.
 */
import * as fc from 'fast-check'
import { PHASES, rotation } from '../../../src/model/phase.ts'
import { CIRCUIT_NAMES, sitePlans } from './plan.ts'
import type { SitePlan, ThreeAmps } from './plan.ts'
import { EPSILON, amps, sum, sumInWords } from './oracle.ts'
import { play } from './world.ts'
import type { World } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

const TICKS = 20

interface Cut {
  readonly which: number
  readonly phase: number
  readonly percent: number
  readonly by: 'fuse' | 'dso' | 'watts'
}

function lowered(plan: SitePlan, { which, phase, percent, by }: Cut): SitePlan {
  const place = which % plan.circuits.length
  const circuit = plan.circuits[place]!
  const to = Math.floor((circuit.limitAmps[phase]! * percent) / 100)
  const change = (more: Partial<typeof circuit>): SitePlan => ({
    ...plan,
    circuits: plan.circuits.map((one, index) => (index === place ? { ...one, ...more } : one)),
  })
  switch (by) {
    case 'fuse':
      return change({
        limitAmps: circuit.limitAmps.map((was, index) => (index === phase ? to : was)) as unknown as ThreeAmps,
      })
    case 'dso':
      return { ...plan, events: [{ tick: 0, which: place, kind: 'limit', amps: to, ticks: TICKS + 1 }] }
    case 'watts':
      return change({ watts: Math.floor(((circuit.watts ?? 40_000) * percent) / 100) })
  }
}

function compare(before: World, after: World, { which, phase, by }: Cut): void {
  const place = which % before.plan.circuits.length
  const phases = by === 'fuse' ? [phase] : [0, 1, 2]
  const weigh = by === 'watts' ? null : phases
  for (const index of weigh ?? [0]) {
    const of = (world: World) =>
      world.chargers.filter((one) => one.path.includes(place) && (weigh === null || one.carPhases.includes(index)))
    const amount = (one: World['chargers'][number]): number => one.order * (weigh === null ? one.carPhases.length : 1)
    const [was, is] = [of(before), of(after)]
    const slack = sum(
      was,
      (one) => (one.plan.stepAmps + before.settings.deadBandAmps) * (weigh === null ? one.carPhases.length : 1),
    )
    if (sum(is, amount) <= sum(was, amount) + slack + EPSILON) continue
    violated(
      `${CIRCUIT_NAMES[place]} ${weigh === null ? 'in all' : PHASES[index]}: ${sumInWords(was, amount)}; with the lower limit ${sumInWords(is, amount)} (allowed ${amps(slack)} A more)`,
    )
  }
}

function served(world: World): string {
  return world.chargers
    .filter((one) => one.order > 0)
    .map((one) => one.id)
    .join()
}

invariant(
  'Monotone in limits: lowering a limit never raises the total on that circuit and phase',
  fc.record({
    plan: sitePlans({
      watts: true,
      strategies: true,
      priorities: true,
      profiles: true,
      minimums: true,
      tickMs: [5000],
      smallCars: false,
    }),
    soft: fc.boolean(),
    cut: fc.record({
      which: fc.nat({ max: 3 }),
      phase: fc.nat({ max: 2 }),
      percent: fc.integer({ min: 0, max: 100 }),
      by: fc.constantFrom<Cut['by']>('fuse', 'dso', 'watts'),
    }),
  }),
  {
    tell: ({ plan, cut, soft }) =>
      `${inWords(plan)}${soft ? '' : '\n  soft minimum 6 A'}\n  ${cut.by} limit of ${CIRCUIT_NAMES[cut.which % plan.circuits.length]}${cut.by === 'fuse' ? ` ${PHASES[cut.phase]}` : ''} lowered to ${cut.percent} %`,
  },
  ({ plan, cut, soft }) => {
    const options = soft ? { ticks: TICKS } : { ticks: TICKS, softMinAmps: 6 }
    const before = play(plan, options)
    const after = play(lowered(plan, cut), options)
    const unknown = plan.outlets.some((one) => one.car.phases < rotation(one.rotation).length)
    if ((soft || unknown || cut.by === 'dso') && served(before) !== served(after)) return
    compare(before, after, cut)
  },
)
