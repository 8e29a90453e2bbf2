/**
 * Who may wait: for cheaper hours, or so that the site's peak stays low. Pure; a shaper of inputs, never a limit.
 *
 * A site view, because a car that waits alone for the night finds all others there: a session may wait only while the energy of all
 * that are here still fits later, with room to spare. Those that surely run are planned first, from now on. Then the others in turn,
 * the one with most time to spare first, are planned into the better slots, the latest first. Whoever finds no room there runs now.
 * Of those that are free to run, who stays long stands back for who may leave sooner.
 */
import { learnFleet } from './fleet.ts'
import { horizon } from './horizon.ts'
import type { Horizon } from './horizon.ts'
import { needOf } from './need.ts'
import type { Need } from './need.ts'
import type { PolicyInput, PolicyResult, PolicyState, Wait } from './policy-input.ts'
import { buildRoom, give, placesAbove, take } from './room.ts'
import type { Room } from './room.ts'

/** Of each limit, so much is planned with. The rest is for arrivals, for cars slower than thought and for steps of the current. */
export const PLANNED_SHARE = 0.85
/** From this share of told departures on, turns can be planned at all. */
const WELL_TOLD = 0.75
/** Of the room that is given out by turns, for whoever takes less than thought. */
const OVERBOOKED_SHARE = 1.1
/** Who stands back begins while a slow car would need no more than this of the time that is left. */
const LATEST_TIGHT = 0.6
/** Whose turn is nearer than this many slots does not stand back. */
const SOON_SLOTS = 2
/** A session whose need takes more than this of the time that is left afterwards does not wait. */
export const TIGHT = 0.5
/** The same for who told nothing. */
const TIGHT_UNKNOWN = 0.4
/** A price counts as lower from here on; less is not worth a wait. */
const CHEAPER = 0.98
/** What is left over when a session was planned in full, Wh: rounding. */
const NOTHING_WH = 0.01
const HOUR_MS = 3_600_000

export interface Planned {
  readonly need: Need
  /** Null: it runs as soon as it gets its turn. */
  readonly wait: Wait | null
  readonly whBySlot: Float64Array
}

export interface Plan {
  readonly slots: Horizon
  readonly sessions: readonly Planned[]
}

export function policy(input: PolicyInput, state: PolicyState): PolicyResult {
  const fleet = learnFleet(state.fleet, input.sessions)
  const mayWait = new Map<string, Wait>()
  // Where no hour is better than another there is nothing to plan.
  if (!hasPrices(input) && input.demand === undefined) return { mayWait, state: { fleet } }
  for (const { need, wait } of planWaits(input, { fleet }).sessions)
    if (wait !== null) mayWait.set(need.session.id, wait)
  return { mayWait, state: { fleet } }
}

/** The plan behind `policy`: where each session's energy would go. It is made anew each time and orders nothing. */
export function planWaits(input: PolicyInput, { fleet }: PolicyState): Plan {
  const needs = input.sessions.map((session) => needOf(session, input, fleet))
  const ends = needs.map(({ by }) => by).filter((by) => !Number.isNaN(by))
  const slots = horizon(input.at, Math.max(input.at, ...ends), input.tariff)
  const room = buildRoom(input, slots, PLANNED_SHARE * toldShare(input) ** 3)
  const sessions: Planned[] = []
  const forward = ascending(slots.count)
  const run = (need: Need): void => {
    sessions.push({ need, wait: null, whBySlot: fill(room, need, forward).whBySlot })
  }

  const flexible = needs.filter((need) => isFlexible(need))
  const others = needs.filter((need) => !isFlexible(need))
  for (const need of others.toSorted((a, b) => a.by - b.by || compareIds(a, b))) run(need)

  const cheaper = cheaperSlots(slots)
  const rest = tryToWait(room, flexible, cheaper, 'tariff', sessions)
  const later = forward.slice(1)
  const released: Need[] = []
  for (const { need, starts } of startsUnderTarget(input, rest)) {
    const runs = starts ? [need] : tryToWait(room, [need], later, 'peak', sessions)
    for (const one of runs) fill(room, one, forward)
    released.push(...runs)
  }
  // Where all hours cost the same nobody was made to come at once: then the scheduler's own order holds.
  const turns = inTurn(buildRoom(input, slots, OVERBOOKED_SHARE), others, released)
  sessions.push(
    ...(hasPrices(input) && toldShare(input) >= WELL_TOLD ? turns : turns.map((one) => ({ ...one, wait: null }))),
  )
  return { slots, sessions }
}

/** The fewer tell what they need and until when, the less can be planned: they, and others like them, come on top. */
function toldShare({ sessions }: PolicyInput): number {
  if (sessions.length === 0) return 1
  const told = sessions.filter(
    ({ commitment, wantedWh, departsAt }) => commitment !== null || (wantedWh !== null && departsAt !== null),
  )
  return told.length / sessions.length
}

function hasPrices({ tariff }: PolicyInput): boolean {
  return tariff.some(({ price }) => price !== tariff[0]?.price)
}

/**
 * Those who told when they leave, and have time, stand back for those who may leave sooner: all are filled in from now on, the earliest
 * departure first. More is given out than there is, so that nothing stays unused.
 */
function inTurn(room: Room, running: readonly Need[], released: readonly Need[]): readonly Planned[] {
  const { count, edges } = room.slots
  const forward = ascending(count)
  for (const need of running) fill(room, need, forward)
  const ratios = new Map(byRatio(released, forward, edges).map(({ need, ratio }) => [need, ratio]))
  return released
    .toSorted((a, b) => a.by - b.by || compareIds(a, b))
    .map((need) => {
      const { whBySlot, missingWh } = fill(room, need, forward)
      const first = whBySlot.findIndex((wh) => wh > 0)
      // A car that turns out to be slow must still be in time.
      const latest = need.by - ((need.wh / need.slowWatts) * HOUR_MS) / LATEST_TIGHT
      const until = Math.min(edges[first] ?? 0, latest)
      const isEasy = missingWh <= NOTHING_WH && (ratios.get(need) ?? Infinity) <= TIGHT && !mayLeaveAnytime(need)
      const wait: Wait | null = isEasy && until >= (edges[SOON_SLOTS] ?? Infinity) ? { until, reason: 'plan' } : null
      return { need, wait, whBySlot }
    })
}

/** A car that charges is not paused for a price. Who paid to go first waits only when he told until when he stays. */
export function isFlexible({ session }: Need): boolean {
  const leavesKnown = session.departsAt !== null || session.commitment !== null
  return !session.running && (session.priority <= 1 || leavesKnown)
}

/** Plans whom it can into `allowed`, most time to spare first; the others come back, most urgent last. */
function tryToWait(
  room: Room,
  needs: readonly Need[],
  allowed: readonly number[],
  reason: Wait['reason'],
  sessions: Planned[],
): readonly Need[] {
  const { edges } = room.slots
  const first = allowed[0]
  if (first === undefined) return needs
  const until = edges[first] ?? 0
  const latestFirst = allowed.toReversed()
  const refused: Need[] = []
  for (const { need, ratio } of byRatio(needs, allowed, edges)) {
    const filled = ratio > (mayLeaveAnytime(need) ? TIGHT_UNKNOWN : TIGHT) ? null : fill(room, need, latestFirst)
    if (filled !== null && filled.missingWh <= NOTHING_WH) {
      sessions.push({ need, wait: { until, reason }, whBySlot: filled.whBySlot })
      continue
    }
    if (filled !== null) {
      const path = placesAbove(room, need)
      for (const [slot, wh] of filled.whBySlot.entries()) if (wh > 0) give(room, need, path, slot, wh)
    }
    refused.push(need)
  }
  return refused
}

/** What is needed over what the car could take in the allowed slots; above 1 it does not fit at all. */
function byRatio(
  needs: readonly Need[],
  allowed: readonly number[],
  edges: Float64Array,
): readonly { readonly need: Need; readonly ratio: number }[] {
  return needs
    .map((need) => {
      let ms = 0
      for (const slot of allowed) {
        const from = edges[slot] ?? 0
        if (from >= need.by) break
        ms += Math.min(edges[slot + 1] ?? 0, need.by) - from
      }
      const mostWh = (ms / HOUR_MS) * need.watts
      return { need, ratio: mostWh > 0 ? need.wh / mostWh : Infinity }
    })
    .toSorted(
      (a, b) =>
        Number(mayLeaveAnytime(a.need)) - Number(mayLeaveAnytime(b.need)) ||
        a.ratio - b.ratio ||
        compareIds(a.need, b.need),
    )
}

/** Who starts at once although there is a demand target: the most urgent ones that it has room for (at the least), and all where no meter tells. */
function startsUnderTarget(
  { demand, building }: PolicyInput,
  needs: readonly Need[],
): readonly { readonly need: Need; readonly starts: boolean }[] {
  const isBlind =
    demand === undefined ||
    demand.meanWatts15 === null ||
    building?.every(({ circuitId }) => circuitId !== demand.circuitId) !== false
  let left = isBlind ? Infinity : demand.watts - (demand.meanWatts15 ?? 0)
  return needs.toReversed().map((need) => {
    const watts = demand?.throttles === true ? need.leastWatts : need.watts
    const starts = watts <= left
    if (starts) left -= watts
    return { need, starts }
  })
}

/** Plans a need into slots in the order given. */
export function fill(
  room: Room,
  need: Need,
  order: readonly number[],
): { readonly missingWh: number; readonly whBySlot: Float64Array } {
  const whBySlot = new Float64Array(room.slots.count)
  let missingWh = need.wh
  const path = placesAbove(room, need)
  for (const slot of order) {
    if (missingWh <= NOTHING_WH) break
    const wh = take(room, need, path, slot, missingWh)
    whBySlot[slot] = wh
    missingWh -= wh
  }
  return { missingWh, whBySlot }
}

function cheaperSlots({ count, prices }: Horizon): readonly number[] {
  const now = prices[0] ?? 0
  return ascending(count).filter((slot) => (prices[slot] ?? 0) < now * CHEAPER)
}

/** Nobody knows when it leaves: the scheduler serves it after those who told, and it may leave with what it has. */
function mayLeaveAnytime({ session }: Need): boolean {
  return session.departsAt === null && session.commitment === null
}

function ascending(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function compareIds(a: Need, b: Need): number {
  return a.session.id < b.session.id ? -1 : a.session.id > b.session.id ? 1 : 0
}
