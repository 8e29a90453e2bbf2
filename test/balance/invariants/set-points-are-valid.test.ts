/**
 * Balancing 2.6, invariant 2. A site runs; in one of its ticks one thing of the input is spoilt. From the same state the clean and the
 * spoilt input are answered.
 *
 * A minimum that is no number means the 6 A of IEC 61851-1, so the clean chargers have that one.
 *
 * "Never raise": no set-point that the spoilt thing concerns (the outlet itself; those below the circuit or meter; all, for settings,
 * parameters and the clock) is above both its clean answer and what is in force. Others may get what the concerned ones lose, so for
 * them it is checked that all set-points that may still be followed are within what the fuses truly leave, as in invariant 7. That is not
 * judged where the tree itself is spoilt: what hangs nowhere gets nothing, and nobody can know what it still loads; the site file
 * is checked before anything runs.
 */
import * as fc from 'fast-check'
import * as core from '../../../src/balance/allocate.ts'
import type { BalanceInput, BalanceResult, Outlet } from '../../../src/model/balance-input.ts'
import type { BalanceState } from '../../../src/balance/allocate.ts'
import { sitePlans } from './plan.ts'
import type { SitePlan } from './plan.ts'
import { EPSILON, amps, roomAmps, slots, sum, when } from './oracle.ts'
import { play } from './world.ts'
import type { Charger, World } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

interface Spoil {
  readonly field: string
  readonly value: unknown
  readonly which: number
  readonly tick: number
}

const TICKS = 20
const NO_NUMBERS = [NaN, Infinity, -Infinity, -3, undefined]
/** What no outlet of IEC 61851-1 has is as good as no number. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  'outlet minAmps': NO_NUMBERS,
  'outlet maxAmps': [...NO_NUMBERS, 1e9],
  'outlet stepAmps': [...NO_NUMBERS, 0, 1e9],
  'outlet fallbackAmps': [...NO_NUMBERS, 1e9],
  'outlet confirmedAmps': [...NO_NUMBERS, null, 1e9],
  'outlet pendingAmps': [...NO_NUMBERS, 1e9],
  'outlet previousAmps': [...NO_NUMBERS, 1e9],
  'outlet confirmedAt': [NaN, Infinity, undefined],
  'outlet measuredAt': [NaN, Infinity, -Infinity, undefined],
  'outlet measuredAmps': [null, [], [NaN, NaN, NaN], [null, null, null], [Infinity, Infinity, Infinity]],
  'outlet profile': NO_NUMBERS.map((value) => ({ amps: value, source: 'CSMS' })),
  'outlet rotation': [[], ['L1', 'L1'], ['L4'], ['L1', 'L2', 'L3', 'L1']],
  'outlet softMinAmps': NO_NUMBERS,
  'outlet fallbackSureAt': [NaN, Infinity],
  'circuit limitAmps': NO_NUMBERS,
  'circuit failSafeAmps': NO_NUMBERS,
  'circuit carsMaxWatts': [NaN, -3],
  'circuit unbalanceAmps': [NaN, -3],
  'circuit parentId': ['nowhere', 'itself', undefined],
  'outlet circuitId': ['nowhere', undefined],
  'meter amps': [null, NaN, Infinity, undefined],
  'meter takenAt': [NaN, Infinity, -Infinity, undefined, 1e15],
  'settings meterStaleMs': NO_NUMBERS,
  'settings settleMs': NO_NUMBERS,
  'settings deadBandAmps': NO_NUMBERS,
  'settings riseIntervalMs': NO_NUMBERS,
  'settings restMs': NO_NUMBERS,
  'settings headroomShare': NO_NUMBERS,
  'settings quantumWh': NO_NUMBERS,
  'settings voltage': [NaN, Infinity, -3, 0, undefined],
  'parameters usableSharePercent': NO_NUMBERS,
  'parameters chargerDeadBandAmps': NO_NUMBERS,
  'parameters siteDeadBandAmps': NO_NUMBERS,
  'parameters arrivalReserveAmps': NO_NUMBERS,
  'parameters reservedArrivals': [...NO_NUMBERS, 1e9],
  'parameters outletMaxAmps': NO_NUMBERS,
  'parameters circuitMaxAmps': NO_NUMBERS,
  'limits maxAmps': NO_NUMBERS,
  'limits carsMaxWatts': NO_NUMBERS,
  'clock at': [NaN, Infinity, -Infinity],
}

/** What makes the tree another one. */
const TREE: readonly string[] = ['circuit parentId', 'outlet circuitId']

const spoils: fc.Arbitrary<Spoil> = fc
  .record({
    field: fc.constantFrom(...Object.keys(VALUES)),
    which: fc.nat({ max: 7 }),
    value: fc.nat({ max: 7 }),
    tick: fc.integer({ min: 0, max: TICKS - 1 }),
  })
  .map(({ value, ...rest }) => ({ ...rest, value: VALUES[rest.field]![value % VALUES[rest.field]!.length] }))

/** The types forbid such values; what comes from outside does not read them. */
function spoilt(input: BalanceInput, { field, value, which }: Spoil): BalanceInput {
  const [thing = '', name = ''] = field.split(' ')
  const at = (list: readonly unknown[]): number => (list.length === 0 ? -1 : which % list.length)
  const replace = <T extends object>(list: readonly T[], change: (one: T) => object): readonly T[] =>
    list.map((one, place) => (place === at(list) ? { ...one, ...change(one) } : one))
  switch (thing) {
    case 'outlet':
      return { ...input, outlets: replace(input.outlets, () => ({ [name]: value })) }
    case 'circuit':
      if (name === 'limitAmps')
        return {
          ...input,
          circuits: replace(input.circuits, (one) => ({ limitAmps: { ...one.limitAmps, L1: value } })),
        }
      return { ...input, circuits: replace(input.circuits, (one) => ({ [name]: value === 'itself' ? one.id : value })) }
    case 'meter':
      if (name === 'amps' && value !== null)
        return {
          ...input,
          meters: replace(input.meters, (one) => ({ amps: one.amps === null ? null : { ...one.amps, L1: value } })),
        }
      return { ...input, meters: replace(input.meters, () => ({ [name]: value })) }
    case 'settings':
      return { ...input, settings: { ...input.settings, [name]: value } }
    case 'limits': {
      const circuitId = input.circuits[at(input.circuits)]!.id
      const none = {
        id: 'bad',
        source: 'ems',
        circuitId,
        maxAmps: null,
        carsMaxWatts: null,
        priority: 1,
        since: 0,
        until: null,
      } as const
      const limit =
        name === 'maxAmps'
          ? { ...none, maxAmps: { L1: value, L2: value, L3: value } }
          : { ...none, carsMaxWatts: value }
      return { ...input, limits: [...input.limits, limit as BalanceInput['limits'][number]] }
    }
    case 'clock':
      return { ...input, at: value as number }
    default: {
      if (name === 'outletMaxAmps')
        return {
          ...input,
          parameters: {
            ...input.parameters,
            outletMaxAmps: new Map([[input.outlets[at(input.outlets)]!.id, value as number]]),
          },
        }
      if (name === 'circuitMaxAmps')
        return {
          ...input,
          parameters: {
            ...input.parameters,
            circuitMaxAmps: new Map([[input.circuits[at(input.circuits)]!.id, value as number]]),
          },
        }
      return { ...input, parameters: { ...input.parameters, [name]: value } }
    }
  }
}

function concerned(world: World, { field, which }: Spoil): readonly Charger[] {
  const thing = field.split(' ')[0]
  const { chargers, plan } = world
  if (thing === 'outlet' || field === 'parameters outletMaxAmps') return [chargers[which % chargers.length]!]
  const metered = plan.circuits.flatMap((one, place) => (one.meter ? [place] : []))
  const place = thing === 'meter' ? metered[which % metered.length] : which % plan.circuits.length
  if (thing === 'meter' || thing === 'circuit' || thing === 'limits' || field === 'parameters circuitMaxAmps') {
    const below = place === undefined ? [] : chargers.filter((one) => one.path.includes(place))
    // Only L1 is spoilt there: who does not load it may get what the others lose.
    if (field === 'circuit limitAmps') return below.filter((one) => one.carPhases.includes(0))
    // A car that loads all three phases alike is not bound by the unbalance.
    return field === 'circuit unbalanceAmps' ? below.filter((one) => one.carPhases.length < 3) : below
  }
  return chargers
}

function ordersOf(result: BalanceResult<BalanceState>): ReadonlyMap<string, number> {
  return new Map(result.allocations.map((one) => [one.outletId, one.amps]))
}

function valid(result: BalanceResult<BalanceState>, input: BalanceInput, where: string): void {
  if (result.allocations.length !== input.outlets.length)
    violated(`${where}: ${result.allocations.length} answers for ${input.outlets.length} outlets`)
  for (const { outletId, amps: given } of result.allocations) {
    if (given === 0) continue
    const one: Outlet = input.outlets.find((other) => other.id === outletId)!
    const set = input.parameters.outletMaxAmps.get(outletId) ?? Infinity
    const most = Math.min(one.maxAmps, one.profile?.amps ?? Infinity, set, 80)
    const steps = given / one.stepAmps
    const off = Number.isFinite(one.stepAmps) && one.stepAmps > 0 && Math.abs(steps - Math.round(steps)) > 1e-6
    if (!Number.isFinite(given) || given < 6 || !(given <= most) || off || !one.wanted)
      violated(
        `${where}: ${outletId} is ordered ${given} A; its range is ${one.minAmps} to ${most} A in steps of ${one.stepAmps}`,
      )
  }
}

const SITES = sitePlans({
  meters: true,
  watts: true,
  unbalance: true,
  profiles: true,
  arrivals: true,
  strategies: true,
  tickMs: [1000, 5000],
  events: ['plug', 'limit', 'offline', 'profile', 'stuck', 'greedy', 'restart', 'meter-silent'],
  ticks: TICKS,
  steps: [1, 0.1, 0.5, 2],
})

/** The clean site uses 80 % of its supply, as station controllers of the field do: what is no number must not mean more. */
function cautious(plan: SitePlan): SitePlan {
  return { ...plan, parameters: { ...plan.parameters, usableSharePercent: 80 } }
}

invariant(
  'Output is 0 or within [min, max], on the step grid, never above CSMS profile, cable or what a person set; NaN, missing or absurd inputs never raise a set-point',
  fc.tuple(SITES.map(cautious), spoils),
  {
    tell: ([plan, spoil]) =>
      `${inWords(plan)}\n  spoilt at tick ${spoil.tick}: ${spoil.field} (no. ${spoil.which}) is ${JSON.stringify(spoil.value) ?? String(spoil.value)} ${typeof spoil.value === 'number' ? String(spoil.value) : ''}`,
  },
  ([plan, spoil]) => {
    let state: BalanceState = core.initialBalanceState
    play(plan, { ticks: spoil.tick + 1 }, (world) => {
      valid(world.result, world.input, when(world))
      if (world.tick < spoil.tick) {
        state = world.result.state
        return
      }
      if (plan.events.some((event) => event.kind === 'restart' && event.tick === spoil.tick)) return
      const input = spoilt(world.input, spoil)
      const result = core.allocate(input, state)
      const clean = ordersOf(world.result)
      const after = ordersOf(result)
      valid(result, input, `${when(world)}, spoilt`)
      for (const one of concerned(world, spoil)) {
        const inForce = Math.max(one.pilot, one.confirmed ?? one.plan.maxAmps, one.couldBefore)
        const most = Math.max(clean.get(one.id) ?? 0, inForce)
        if ((after.get(one.id) ?? 0) > most + EPSILON)
          violated(
            `${when(world)}: ${one.id} is ordered ${amps(after.get(one.id) ?? 0)} A instead of ${amps(clean.get(one.id) ?? 0)}; in force ${amps(inForce)}`,
          )
      }
      if (TREE.includes(spoil.field)) return
      for (const slot of slots(world)) {
        const all = slot.chargers
        // Under a silent meter the fail-safe current counts, whatever the building takes.
        const silent = world.silentSince[slot.place]! < Infinity
        const room = Math.max(roomAmps(world, slot), silent ? plan.circuits[slot.place]!.failSafeAmps : 0)
        const before = sum(all, (one) => one.couldBefore)
        const then = sum(all, (one) => Math.max(one.couldBefore, after.get(one.id) ?? 0))
        if (then > Math.max(room, before) + EPSILON)
          violated(
            `${when(world)}: ${slot.name} has room for ${amps(room)} A; possible after the spoilt answer: ${amps(then)} A, before: ${amps(before)} A`,
          )
      }
    })
  },
)

invariant(
  'An input of nothing but absurd numbers is answered with valid set-points or none',
  fc.tuple(sitePlans({ meters: true, tickMs: [1000], ticks: 3 }), fc.array(spoils, { minLength: 1, maxLength: 12 })),
  {
    tell: ([plan, list]) =>
      `${inWords(plan)}\n${list.map((one) => `  spoilt: ${one.field} (no. ${one.which}) is ${String(one.value)}`).join('\n')}`,
  },
  ([plan, list]) => {
    let state: BalanceState = core.initialBalanceState
    play(plan, { ticks: 3 }, (world) => {
      const input = list.reduce(spoilt, world.input)
      const result = core.allocate(input, state)
      valid(result, input, when(world))
      state = result.state
    })
  },
)
