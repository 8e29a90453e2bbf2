/**
 * Balancing 2.6, invariant 14. Input and state are frozen: who writes to them throws. The times of the core are monotonic, so a change
 * of the wall clock (DST, NTP, a person) never reaches it; what can reach it is another origin of the monotonic clock (a suspended
 * machine, a restored virtual one): then all times of the input jump together, and the state holds old ones.
 *
 * Clock jumps are judged on sites where nobody waits and nothing is in flight at the jump: who rests after a pause rests by the clock,
 * and a jump may shorten that. Neither is anything learned of a car at the jump: what lasts 45 s lasts that by the clock.
 */
import * as fc from 'fast-check'
import * as core from '../../../src/balance/allocate.ts'
import type { BalanceState } from '../../../src/balance/allocate.ts'
import { longEnough, sitePlans } from './plan.ts'
import { amps, when } from './oracle.ts'
import { play } from './world.ts'
import type { World } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

const TICKS = 20

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  if (value instanceof Map) for (const one of value.values()) frozen(one)
  else for (const one of Object.values(value)) frozen(one)
  return value
}

/** A map can be written to although it is frozen. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    one instanceof Map ? [...one] : typeof one === 'number' && !Number.isFinite(one) ? String(one) : one,
  )
}

invariant(
  'Deterministic: same inputs and state, same output; neither is written to',
  sitePlans({
    meters: true,
    watts: true,
    unbalance: true,
    parameters: true,
    strategies: true,
    priorities: true,
    profiles: true,
    arrivals: true,
    tickMs: [1000, 5000],
    events: [
      'plug',
      'limit',
      'offline',
      'stuck',
      'greedy',
      'building',
      'meter-silent',
      'meter-frozen',
      'profile',
      'restart',
      'clock',
      'share',
    ],
    ticks: TICKS,
  }),
  { tell: inWords },
  (plan) => {
    let state: BalanceState = core.initialBalanceState
    play(plan, { ticks: TICKS, change: frozen }, (world) => {
      const restarted = world.restartedAt === world.at && world.tick > 0
      if (!restarted && world.tick % 5 === 4) {
        const before = textOf(state)
        const again = core.allocate(world.input, frozen(state))
        if (textOf(again) !== textOf(world.result)) violated(`${when(world)}: another answer to the same question`)
        if (textOf(state) !== before) violated(`${when(world)}: the state was written to`)
      }
      state = world.result.state
    })
  },
)

function ordersOf(world: World): string {
  return world.chargers.map((one) => `${one.id} ${amps(one.order)}`).join(', ')
}

const JUMP_TICK = 26
/** Nothing has moved for this long before the jump (small rises wait until a set-point was still for a minute), and must not after it. */
const STILL_TICKS = 13
const AFTER_TICKS = 8

invariant(
  'Clock jumps (forward, back) change no set-point by themselves',
  fc.record({
    plan: sitePlans({
      meters: true,
      strategies: true,
      smallCars: false,
      limit: { min: 40, max: 100 },
      maxOutlets: 4,
    }).map(longEnough),
    jumpMs: fc.constantFrom(3_600_000, -3_600_000, 86_400_000, -5_000, 60_000, 1),
  }),
  { tell: ({ plan, jumpMs }) => `${inWords(plan)}\n  at tick ${JUMP_TICK} all clocks jump by ${jumpMs / 1000} s` },
  ({ plan, jumpMs }) => {
    let still = true
    let last = ''
    const ordered: string[] = []
    play(plan, { ticks: JUMP_TICK + AFTER_TICKS }, (world) => {
      ordered.push(ordersOf(world))
      if (world.tick < JUMP_TICK - STILL_TICKS) return
      if (world.chargers.some((one) => one.present && one.order === 0)) still = false
      if (last !== '' && last !== ordered.at(-1)) still = false
      last = ordered.at(-1)!
    })
    if (!still) return
    const jumped: string[] = []
    play(
      { ...plan, events: [{ tick: JUMP_TICK, which: 0, kind: 'clock', jumpMs }] },
      { ticks: JUMP_TICK + AFTER_TICKS },
      (world) => {
        jumped.push(ordersOf(world))
      },
    )
    jumped.forEach((now, tick) => {
      if (now !== ordered[tick]) violated(`tick ${tick}: ${now} instead of ${ordered[tick]}`)
    })
  },
)
