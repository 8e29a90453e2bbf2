/**
 * Balancing 2.6, invariant 1. After each tick, per circuit and phase: what is ordered of those that obey, and what those beyond control
 * take whatever we order, is within the limit less the building. An answer exists as long as those beyond control alone fit; where they
 * do not, everybody else gets 0. What is still in flight from before is invariant 7's matter.
 *
 * Exceptions, each with its reason:
 * - a building that changed, or whose meter was silent, counts from the reaction time on (11 s at a tick of 1 s, 15 s at 5 s, and what the
 *   slowest charger is measured later than each tick: until then the meter's value may still be explained by our own cars);
 * - a charger that hangs or a car that draws too much is known one settle time and one measurement after its last order;
 * - a car that draws up to 1 A more than it may cannot be told from one whose charger measures badly;
 * - under a silent meter the fail-safe current counts, from `meterStaleMs` on;
 * - a frozen meter cannot be told from a calm building until our own current has changed: the fail-safe current counts from a minute on,
 *   if since the freeze the chargers below, all of them measured, have shown sums more than 5 A apart, a settle time and two ticks ago.
 *   Until then it is not judged.
 *
 * Unbalance is judged in power-and-unbalance.test.ts.
 */
import { sitePlans } from './plan.ts'
import type { SitePlan } from './plan.ts'
import { EPSILON, amps, reactionMs, roomAmps, slots, sum, sumInWords, when } from './oracle.ts'
import type { Slot } from './oracle.ts'
import { beyondControl, drawOf, play } from './world.ts'
import type { Charger, World } from './world.ts'
import { invariant, violated } from './invariant.ts'
import { inWords } from './words.ts'

const TICKS = 24
const METER_ERROR_AMPS = 1
const LATE_FAULT_MS = 20_000

const FROZEN_MS = 60_000
const FROZEN_CHANGE_AMPS = 5

/** What the chargers below a circuit with a frozen meter have shown since. */
interface Frozen {
  readonly since: number
  readonly lowest: number[]
  readonly highest: number[]
  movedAt: number
}

/** By circuit; as of the last tick. Kept for each world. */
const frozenMeters = new WeakMap<readonly Charger[], Map<number, Frozen>>()

function watchFrozen(world: World): void {
  const { chargers, plan, at } = world
  const meters = frozenMeters.get(chargers) ?? new Map<number, Frozen>()
  frozenMeters.set(chargers, meters)
  plan.circuits.forEach((_, place) => {
    const since = world.frozenSince[place]!
    const below = chargers.filter((one) => one.path.includes(place))
    // One that is away, or was measured before the freeze, makes sums that say nothing.
    const comparable = below.every((one) => one.online && one.measured !== null && one.measuredAt > since)
    const known = meters.get(place)
    if (since === Infinity || !comparable) {
      meters.delete(place)
      return
    }
    // The first sum of all is not comparable with one of fewer: it counts from the next tick on.
    if (known === undefined || known.since !== since) {
      meters.set(place, { since, lowest: [], highest: [], movedAt: Infinity })
      return
    }
    for (let phase = 0; phase < 3; phase++) {
      const shown = sum(below, (one) => one.measured?.[one.terminals.indexOf(phase)] ?? 0)
      known.lowest[phase] = Math.min(known.lowest[phase] ?? shown, shown)
      known.highest[phase] = Math.max(known.highest[phase] ?? shown, shown)
      if (known.highest[phase]! - known.lowest[phase]! > FROZEN_CHANGE_AMPS) known.movedAt = Math.min(known.movedAt, at)
    }
  })
}

function isProvenFrozen({ chargers, at, plan, settings }: World, place: number): boolean {
  const frozen = frozenMeters.get(chargers)?.get(place)
  if (frozen === undefined) return false
  return at - frozen.since > FROZEN_MS && at - frozen.movedAt > settings.settleMs + 2 * plan.tickMs
}

function measuredLateMs({ outlets, tickMs }: SitePlan): number {
  return (Math.max(...outlets.map(({ poll }) => poll)) - 1) * tickMs
}

/** What cars may take on the slot; null: it cannot be judged now. `lateMs`: how long after the order. */
function capacityOf(world: World, slot: Slot, graceMs: number, lateMs: number): number | null {
  const { plan, at, settings } = world
  const circuit = plan.circuits[slot.place]!
  if (!circuit.meter) return roomAmps(world, slot)
  if (world.frozenSince[slot.place]! < Infinity) {
    const proven = lateMs === 0 && isProvenFrozen(world, slot.place)
    return proven ? Math.min(world.limit[slot.index]!, circuit.failSafeAmps) : null
  }
  const silentMs = at - world.silentSince[slot.place]!
  if (silentMs > settings.meterStaleMs + lateMs) return Math.min(world.limit[slot.index]!, circuit.failSafeAmps)
  if (silentMs > 0 || at - Math.max(world.risenAt[slot.place]!, world.blindAt[slot.place]!) < graceMs) return null
  return roomAmps(world, slot)
}

function check(world: World, amount: (one: Charger) => number, graceMs: number, lateMs: number, what: string): void {
  const { at, tick, plan, settings } = world
  for (const slot of slots(world)) {
    const room = capacityOf(world, slot, graceMs, lateMs)
    if (room === null) continue
    const all = slot.chargers
    if (sum(all, (one) => Math.max(one.couldAfter, one.greedy ? one.plan.maxAmps : 0)) <= room) continue
    const fixed = all.filter((one) => beyondControl(one, tick))
    if (
      fixed.some(
        (one) =>
          one.online &&
          at - Math.max(one.faultAt, one.confirmedAt, one.orderedAt) <
            settings.settleMs + (one.plan.poll + 1) * plan.tickMs + lateMs,
      )
    )
      continue
    const taken = (one: Charger): number => {
      const could = one.couldBefore
      const drawn = drawOf(one, at)
      return drawn > could + METER_ERROR_AMPS ? drawn : could
    }
    const obeying = all.filter((one) => !beyondControl(one, tick))
    const ordered = sum(obeying, amount)
    if (ordered === 0 || ordered + sum(fixed, taken) <= Math.max(0, room) + EPSILON) continue
    violated(
      `${when(world)}: cars may take ${amps(room)} A on ${slot.name}; ${what}: ${sumInWords(obeying, amount)}, beyond control: ${sumInWords(fixed, taken)}`,
    )
  }
}

function wattsFit(world: World): void {
  const { plan, settings, tick } = world
  plan.circuits.forEach((circuit, place) => {
    const caps = world.input.limits
      .filter((one) => one.circuitId === world.input.circuits[place]!.id)
      .flatMap((one) => (one.carsMaxWatts === null ? [] : [one.carsMaxWatts]))
    // The newest of several of one source holds; the last of the list is the newest.
    const watts = Math.min(circuit.watts ?? Infinity, caps.at(-1) ?? Infinity)
    if (watts === Infinity) return
    const all = world.chargers.filter((one) => one.path.includes(place))
    if (all.some((one) => beyondControl(one, tick))) return
    const { voltage } = settings
    const watted = (one: Charger): number => one.order * one.carPhases.length * voltage
    if (sum(all, watted) > watts + 0.01)
      violated(
        `${when(world)}: cars below ${world.input.circuits[place]!.id} may take ${watts} W; ordered: ${sumInWords(all, watted)}`,
      )
  })
}

const SITES = sitePlans({
  meters: true,
  watts: true,
  parameters: true,
  strategies: true,
  profiles: true,
  arrivals: true,
  tickMs: [1000, 5000],
  events: [
    'plug',
    'limit',
    'watts',
    'profile',
    'offline',
    'stuck',
    'greedy',
    'share',
    'building',
    'meter-silent',
    'meter-frozen',
  ],
  maxEvents: 6,
  ticks: TICKS,
  limit: { min: 6, max: 80 },
})

invariant(
  'Sum of reserves <= capacity on every circuit and phase after every tick in which a feasible answer exists; if building load alone exceeds the limit, all EV set-points are 0',
  SITES,
  { tell: inWords },
  (plan) => {
    play(plan, { ticks: TICKS }, (world) => {
      watchFrozen(world)
      check(world, (one) => one.order, reactionMs(plan.tickMs) + measuredLateMs(plan), 0, 'ordered')
      wattsFit(world)
      // The cars themselves: 1.5 reaction times after the last change they have followed.
      const changed = Math.max(world.limitedAt, ...world.chargers.map((one) => one.faultAt), ...world.risenAt)
      if (
        world.at - changed >= 1.5 * reactionMs(plan.tickMs) + LATE_FAULT_MS &&
        world.chargers.every((one) => world.at - one.confirmedAt >= world.settings.settleMs)
      )
        check(
          world,
          (one) => drawOf(one, world.at),
          1.5 * reactionMs(plan.tickMs),
          1.5 * reactionMs(plan.tickMs),
          'drawn',
        )
    })
  },
)
