/**
 * Balancing 2.6, invariant 13. A second allocator is given k copies of the site, tick by tick, with a state of its own; each copy must get
 * what the one site gets, up to one step (the largest of the site: what one
 * charger's grid leaves over another takes) and the 2 A that each may be from its share at rest (see leximin.test.ts).
 *
 * The copies' own roots stay and a root of k times their limit is put above them: copies that share one root may serve one car more than
 * k times the one site does (23 A serve three cars at 6 A, 46 A serve seven). Reserves and the dead band of the site's controller belong
 * to the site and not to a copy, so the parameters are plain. The soft minimum is off: whom it lets start is a matter of the whole queue
 * above each circuit (where no copy can give 12 A to anybody, the first of the queue starts, and the site of k copies has one queue).
 */
import * as fc from 'fast-check'
import * as core from '../../../src/balance/allocate.ts'
import type { BalanceState } from '../../../src/balance/allocate.ts'
import type { BalanceInput } from '../../../src/model/balance-input.ts'
import { sitePlans } from './plan.ts'
import { EPSILON, amps, when } from './oracle.ts'
import { play } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

const TICKS = 14
const SETTLED_TICKS = 10
const UNFAIR_AMPS = 2

function named(id: string, copy: number): string {
  return `${id} ${copy}`
}

function copies(input: BalanceInput, k: number): BalanceInput {
  const numbers = Array.from({ length: k }, (_, index) => index)
  const root = input.circuits.find((one) => one.parentId === null)!
  const { L1, L2, L3 } = root.limitAmps
  const above = {
    ...root,
    id: 'above',
    limitAmps: { L1: k * L1, L2: k * L2, L3: k * L3 },
    meterId: null,
    carsMaxWatts: null,
    unbalanceAmps: null,
    failSafeAmps: 0,
  }
  return {
    ...input,
    circuits: [
      above,
      ...numbers.flatMap((copy) =>
        input.circuits.map((one) => ({
          ...one,
          id: named(one.id, copy),
          parentId: one.parentId === null ? 'above' : named(one.parentId, copy),
          meterId: one.meterId === null ? null : named(one.meterId, copy),
        })),
      ),
    ],
    outlets: numbers.flatMap((copy) =>
      input.outlets.map((one) => ({
        ...one,
        id: named(one.id, copy),
        circuitId: named(one.circuitId, copy),
        session: one.session === null ? null : { ...one.session, id: named(one.session.id, copy) },
      })),
    ),
    meters: numbers.flatMap((copy) => input.meters.map((one) => ({ ...one, meterId: named(one.meterId, copy) }))),
    limits: numbers.flatMap((copy) =>
      input.limits.map((one) => ({ ...one, id: named(one.id, copy), circuitId: named(one.circuitId, copy) })),
    ),
  }
}

invariant(
  'Scaling: k identical copies under a k-fold root give the same currents',
  fc.record({
    plan: sitePlans({
      meters: true,
      watts: true,
      unbalance: true,
      strategies: true,
      priorities: true,
      profiles: true,
      arrivals: true,
      tickMs: [1000, 5000],
      events: ['plug', 'limit', 'offline', 'stuck', 'greedy', 'building', 'meter-silent', 'profile'],
      ticks: TICKS,
      maxOutlets: 4,
    }),
    k: fc.integer({ min: 2, max: 3 }),
  }),
  { tell: ({ plan, k }) => `${inWords(plan)}\n  ${k} copies` },
  ({ plan, k }) => {
    let state: BalanceState = core.initialBalanceState
    const stepAmps = Math.max(...plan.outlets.map((one) => one.stepAmps))
    play(plan, { ticks: TICKS, softMinAmps: 6 }, (world) => {
      const { input, result } = world
      const many = core.allocate(copies(input, k), state)
      state = many.state
      // Who rises first while all start at once depends on the whole queue: judged is where it ends.
      if (world.tick < SETTLED_TICKS) return
      const given = new Map(many.allocations.map((one) => [one.outletId, one.amps]))
      for (const one of result.allocations)
        for (let copy = 0; copy < k; copy++) {
          const there = given.get(`${one.outletId} ${copy}`) ?? NaN
          if (Math.abs(there - one.amps) > stepAmps + UNFAIR_AMPS + EPSILON)
            violated(
              `${when(world)}: ${one.outletId} gets ${amps(one.amps)} A alone and ${amps(there)} A in copy ${copy}`,
            )
        }
    })
  },
)
