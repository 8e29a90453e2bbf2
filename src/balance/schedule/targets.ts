/** What each chosen one should get: promises first, then equal shares, then what is left to those that may take more, or to one more. */
import { floorToStep } from '../known/grid.ts'
import { addLoad, roomFor } from '../known/loading.ts'
import type { Loading } from '../known/loading.ts'
import type { Capacity } from '../measure/capacity.ts'
import { EPSILON_AMPS } from '../timing.ts'
import type { Candidate } from './candidate.ts'
import { fill } from './fill.ts'
import type { Selection } from './select.ts'

export interface Target {
  readonly candidate: Candidate
  /** On the grid, at least the minimum. */
  readonly amps: number
  /** The slot that bound it; null: its own cap. */
  readonly slot: number | null
}

/**
 * @param ordered all candidates in order
 * @param room what shares must stay within
 */
export function targetsOf(
  ordered: readonly Candidate[],
  { chosen, minimaAmps }: Selection,
  capacity: Capacity,
  room: Float64Array,
  taken: Float64Array,
): readonly Target[] {
  const floors = floorsOf(chosen, room, minimaAmps)
  const shares = fill(
    room,
    taken,
    chosen.map(({ loading, capAmps }, place) => ({ loading, capAmps, floorAmps: floors[place] ?? 0 })),
  )
  const used = taken.slice()
  const amps = chosen.map(({ outlet, loading }, place) => {
    const own = Math.max(outlet.minAmps, floorToStep(shares[place]?.amps ?? 0, outlet.stepAmps))
    addLoad(used, loading, own)
    return own
  })
  const slots = shares.map(({ slot }) => slot)
  giveSteps(chosen, amps, room, used)
  const started = startMore(ordered, chosen, capacity, room, used, minimaAmps)
  giveTops(chosen, amps, slots, room, used)
  const targets = chosen.map((candidate, place): Target => {
    const own = amps[place] ?? 0
    return { candidate, amps: own, slot: own >= candidate.topAmps ? null : (slots[place] ?? null) }
  })
  return [...targets, ...started]
}

/** Minima, and for promises the current that keeps them, in order, as far as it fits. */
function floorsOf(chosen: readonly Candidate[], room: Float64Array, minimaAmps: Float64Array): readonly number[] {
  let load: Float64Array | null = null
  return chosen.map(({ outlet, loading, requiredAmps, capAmps }) => {
    const wish = Math.min(requiredAmps, capAmps) - outlet.minAmps
    if (wish <= 0) return outlet.minAmps
    load ??= minimaAmps.slice()
    const more = Math.max(0, Math.min(wish, roomFor(room, load, loading)))
    addLoad(load, loading, more)
    return outlet.minAmps + more
  })
}

/** What rounding down left over: a step each, in order. */
function giveSteps(chosen: readonly Candidate[], amps: number[], room: Float64Array, used: Float64Array): void {
  chosen.forEach(({ outlet, loading, capAmps }, place) => {
    const own = amps[place] ?? 0
    const { stepAmps } = outlet
    if (own + stepAmps > capAmps || stepAmps < MIN_STEP_AMPS) return
    if (roomFor(room, used, loading) < stepAmps - EPSILON_AMPS) return
    amps[place] = floorToStep(own + stepAmps, stepAmps)
    addLoad(used, loading, (amps[place] ?? own) - own)
  })
}

/** Finer steps leave nothing worth the while. */
const MIN_STEP_AMPS = 0.5

/** If those served cannot take what is left, the next one starts, or one that took nothing lately is offered its minimum. */
function startMore(
  ordered: readonly Candidate[],
  chosen: readonly Candidate[],
  capacity: Capacity,
  room: Float64Array,
  used: Float64Array,
  minimaAmps: Float64Array,
): readonly Target[] {
  if (ordered.length === chosen.length) return []
  // The chosen ones stand in the same order.
  let next = 0
  // What is used only grows: where a minimum has no room, none has.
  const fullFor = new Map<Loading, number>()
  const started: Target[] = []
  for (const candidate of ordered) {
    if (candidate === chosen[next]) {
      next++
      continue
    }
    const { loading, outlet, running, startable, mayWait, capAmps } = candidate
    if (!running && (!startable || mayWait !== null)) continue
    if (outlet.minAmps >= (fullFor.get(loading) ?? Infinity)) continue
    const free = roomFor(room, used, loading)
    if (free < outlet.minAmps - EPSILON_AMPS) {
      fullFor.set(loading, outlet.minAmps)
      continue
    }
    if (!running && roomFor(capacity.startAmps, minimaAmps, loading) < outlet.minAmps - EPSILON_AMPS) continue
    const amps = Math.max(outlet.minAmps, floorToStep(Math.min(capAmps, free), outlet.stepAmps))
    addLoad(used, loading, amps)
    addLoad(minimaAmps, loading, outlet.minAmps)
    started.push({ candidate, amps, slot: null })
  }
  return started
}

/** Plenty is left: cars that may take more than usual are offered it, to learn what they can. */
function giveTops(
  chosen: readonly Candidate[],
  amps: number[],
  slots: (number | null)[],
  room: Float64Array,
  used: Float64Array,
): void {
  const places = chosen.flatMap((one, place) =>
    one.topAmps > one.capAmps && (amps[place] ?? 0) >= one.capAmps ? [place] : [],
  )
  if (places.length === 0) return
  const takers = places.flatMap((place) => {
    const one = chosen[place]
    return one === undefined ? [] : [{ loading: one.loading, floorAmps: amps[place] ?? 0, capAmps: one.topAmps }]
  })
  const others = used.slice()
  for (const { loading, floorAmps } of takers) addLoad(others, loading, -floorAmps)
  fill(room, others, takers).forEach((share, index) => {
    const place = places[index] ?? 0
    const one = chosen[place]
    if (one === undefined) return
    slots[place] = share.slot
    const more = floorToStep(share.amps, one.outlet.stepAmps)
    if (more <= (amps[place] ?? 0)) return
    addLoad(used, one.loading, more - (amps[place] ?? 0))
    amps[place] = more
  })
}
