/**
 * Balancing 2.6, invariant 12. Beside the site, a second allocator is given the same site with its lists shuffled, its phases turned and
 * its circuits renamed, tick by tick, with a state of its own. Chargers keep their names: ties between chargers are broken by them. Up to one step.
 *
 * Where chargers are renamed (second invariant), a tie may fall otherwise: then all must be served alike, up to one step and the 2 A that a
 * car may be from its share, as long as nobody has to wait.
 */
import * as fc from 'fast-check'
import * as core from '../../../src/balance/allocate.ts'
import type { BalanceState } from '../../../src/balance/allocate.ts'
import type { BalanceInput } from '../../../src/model/balance-input.ts'
import type { Phase, PhaseAmps } from '../../../src/model/phase.ts'
import { sitePlans } from './plan.ts'
import type { SitePlan } from './plan.ts'
import { EPSILON, amps, when } from './oracle.ts'
import { play } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

const TICKS = 14

/** Each may be 2 A from its share (see leximin.test.ts), from either side: who is first gives room last. */
const REST_AMPS = 2

interface Names {
  readonly turn: 0 | 1 | 2
  readonly mirror: boolean
  readonly circuit: (id: string) => string
  readonly outlet: (id: string) => string
}

function phaseNamed(phase: Phase, { turn, mirror }: Names): Phase {
  const index = { L1: 0, L2: 1, L3: 2 }[phase]
  return (['L1', 'L2', 'L3'] as const)[((mirror ? 3 - index : index) + turn) % 3]!
}

function mapped(map: ReadonlyMap<string, number>, name: (id: string) => string): ReadonlyMap<string, number> {
  return new Map([...map].map(([id, value]) => [name(id), value]))
}

function renamed(input: BalanceInput, names: Names): BalanceInput {
  const turned = (values: PhaseAmps): PhaseAmps => {
    const result = { L1: 0, L2: 0, L3: 0 }
    for (const phase of ['L1', 'L2', 'L3'] as const) result[phaseNamed(phase, names)] = values[phase]
    return result
  }
  return {
    ...input,
    circuits: input.circuits.map((one) => ({
      ...one,
      id: names.circuit(one.id),
      parentId: one.parentId === null ? null : names.circuit(one.parentId),
      limitAmps: turned(one.limitAmps),
      meterId: one.meterId === null ? null : names.circuit(one.meterId),
    })),
    outlets: input.outlets.map((one) => ({
      ...one,
      id: names.outlet(one.id),
      circuitId: names.circuit(one.circuitId),
      rotation: one.rotation.map((phase) => phaseNamed(phase, names)),
      session: one.session === null ? null : { ...one.session, id: names.outlet(one.session.id) },
    })),
    meters: input.meters.map((one) => ({
      ...one,
      meterId: names.circuit(one.meterId),
      amps: one.amps === null ? null : turned(one.amps),
    })),
    limits: input.limits.map((one) => ({
      ...one,
      circuitId: names.circuit(one.circuitId),
      maxAmps: one.maxAmps === null ? null : turned(one.maxAmps),
    })),
    parameters: {
      ...input.parameters,
      outletMaxAmps: mapped(input.parameters.outletMaxAmps, names.outlet),
      circuitMaxAmps: mapped(input.parameters.circuitMaxAmps, names.circuit),
    },
  }
}

/** Turns the list: enough to bring every one to the front, and readable. */
function shifted<T>(items: readonly T[], by: number): readonly T[] {
  const at = items.length === 0 ? 0 : by % items.length
  return [...items.slice(at), ...items.slice(0, at)].toReversed()
}

function reversedText(text: string): string {
  return text.split('').toReversed().join('')
}

const WISHES = {
  meters: true,
  watts: true,
  unbalance: true,
  parameters: true,
  strategies: true,
  priorities: true,
  profiles: true,
  arrivals: true,
  tickMs: [1000, 5000],
  ticks: TICKS,
} as const

invariant(
  'Permuting chargers, circuits or phases permutes the result (chargers keep their names, by which ties are broken)',
  fc.record({
    plan: sitePlans({
      ...WISHES,
      events: ['plug', 'limit', 'offline', 'stuck', 'greedy', 'building', 'meter-silent', 'profile'],
    }),
    by: fc.nat({ max: 5 }),
    turn: fc.constantFrom(0, 1, 2),
    mirror: fc.boolean(),
    renames: fc.boolean(),
  }),
  {
    tell: ({ plan, by, turn, mirror, renames }) =>
      `${inWords(plan)}\n  lists turned by ${by} and reversed, phases turned by ${turn}${mirror ? ' and mirrored' : ''}${renames ? ', circuits renamed' : ''}`,
  },
  ({ plan, by, turn, mirror, renames }) => {
    const names: Names = { turn, mirror, circuit: renames ? reversedText : (id) => id, outlet: (id) => id }
    let state: BalanceState = core.initialBalanceState
    // The largest of the site: what one charger's grid leaves over another takes.
    const stepAmps = Math.max(...plan.outlets.map((one) => one.stepAmps))
    play(plan, { ticks: TICKS }, (world) => {
      const { input, result } = world
      const twin = renamed(
        {
          ...input,
          circuits: shifted(input.circuits, by),
          outlets: shifted(input.outlets, by),
          meters: shifted(input.meters, by),
          limits: shifted(input.limits, by),
        },
        names,
      )
      const other = core.allocate(twin, state)
      state = other.state
      const given = new Map(other.allocations.map((one) => [one.outletId, one.amps]))
      for (const one of result.allocations) {
        const there = given.get(one.outletId) ?? NaN
        if (Math.abs(there - one.amps) <= stepAmps + EPSILON) continue
        violated(
          `${when(world)}: ${one.outletId} gets ${amps(one.amps)} A here and ${amps(there)} A in the permuted site`,
        )
      }
    })
  },
)

const REST_TICKS = 20

function measuredEachTick(plan: SitePlan): SitePlan {
  return { ...plan, outlets: plan.outlets.map((one) => ({ ...one, poll: 1 })) }
}

invariant(
  'Renaming chargers changes no share by more than a step and what a dead band holds, where nobody has to wait',
  sitePlans({
    ...WISHES,
    parameters: false,
    smallCars: false,
    watts: false,
    unbalance: false,
    meters: false,
    arrivals: false,
    tickMs: [15_000],
  }).map(measuredEachTick),
  { tell: inWords },
  (plan) => {
    const names: Names = { turn: 0, mirror: false, circuit: (id) => id, outlet: reversedText }
    const here = play(plan, { ticks: REST_TICKS })
    if (here.chargers.some((one) => one.present && one.order === 0)) return
    const there = play(plan, { ticks: REST_TICKS, change: (input) => renamed(input, names), nameOf: reversedText })
    if (there.chargers.some((one) => one.present && one.order === 0)) return
    const stepAmps = Math.max(...plan.outlets.map((one) => one.stepAmps))
    here.chargers.forEach((one, index) => {
      const other = there.chargers[index]!
      if (Math.abs(one.order - other.order) <= stepAmps + REST_AMPS + EPSILON) return
      violated(`${when(here)}: ${one.id} gets ${amps(one.order)} A here and ${amps(other.order)} A when renamed`)
    })
  },
)
