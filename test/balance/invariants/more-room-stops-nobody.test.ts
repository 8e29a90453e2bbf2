/**
 * Balancing 2.6, invariant 4. A site comes to rest under a limit, then the limit ends, or the building goes away. Who charged at that
 * moment charges on: no set-point goes to 0 within the minutes after (a turn lasts half an hour, so nobody has had its turn).
 *
 * A promise that is about to break may take another car's place at any time, with or without more room: no car here has one.
 */
import * as fc from 'fast-check'
import { sitePlans } from './plan.ts'
import { when } from './oracle.ts'
import { play } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

const RAISED_AT = 12
const TICKS = 28

invariant(
  'Raising capacity never starts a stop, except by rank after a quantum',
  fc
    .record({
      plan: sitePlans({
        meters: true,
        watts: true,
        unbalance: true,
        parameters: true,
        strategies: true,
        priorities: true,
        profiles: true,
        minimums: true,
        tickMs: [5000],
      }),
      which: fc.nat({ max: 3 }),
      amps: fc.integer({ min: 0, max: 60 }),
      watts: fc.integer({ min: 0, max: 30 }).map((kilowatts) => kilowatts * 1000),
      kind: fc.constantFrom('limit', 'watts', 'building', 'share'),
    })
    .map(({ plan, which, amps, watts, kind }) => {
      if (kind === 'limit') return { ...plan, events: [{ tick: 0, which, kind, amps, ticks: RAISED_AT } as const] }
      if (kind === 'watts') return { ...plan, events: [{ tick: 0, which, kind, watts, ticks: RAISED_AT } as const] }
      if (kind === 'building')
        return {
          ...plan,
          events: [{ tick: RAISED_AT, which, kind, share: [0, 0, 0] } as const].filter((event) =>
            isLower(plan.circuits[event.which % plan.circuits.length]!.building),
          ),
        }
      return {
        ...plan,
        parameters: { ...plan.parameters, usableSharePercent: 50 },
        events: [{ tick: RAISED_AT, which, kind: 'share', percent: 100 } as const],
      }
    }),
  { tell: inWords },
  (plan) => {
    const charging = new Set<string>()
    play(plan, { ticks: TICKS }, (world) => {
      for (const one of world.chargers) {
        if (world.tick < RAISED_AT) {
          if (one.order > 0) charging.add(one.id)
          else charging.delete(one.id)
        } else if (one.order > 0) charging.add(one.id)
        else if (charging.has(one.id)) {
          const answer = world.result.allocations.find((other) => other.outletId === one.id)
          violated(
            `${when(world)}: ${one.id} is stopped (${JSON.stringify(answer?.binding)}) although there is more room since tick ${RAISED_AT}`,
          )
        }
      }
    })
  },
)

function isLower(building: readonly number[]): boolean {
  return building.some((amps) => amps > 0)
}
