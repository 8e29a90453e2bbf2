/**
 * Who charges, when not all fit. In the order of `inOrder`: who charges needs room for its minimum beside those before it (and beside what
 * promises need, and what is efficient, if it has time); who waits starts if all that charge then still get what is efficient, or, where a
 * promise asks for nearly full power, if the minima fit. Room for starts is measured against the building's highest load of some minutes:
 * a car that is started and soon paused again is worse off than one that waits.
 */
import { roomFor, tightestSlot } from '../known/loading.ts'
import type { Loading } from '../known/loading.ts'
import type { Capacity } from '../measure/capacity.ts'
import { EPSILON_AMPS } from '../timing.ts'
import type { Candidate } from './candidate.ts'
import { tierOf } from './order.ts'
import { leastEfficient, whyNotStarted } from './start.ts'
import { addExpected, addServed, sumsOf } from './sums.ts'
import type { Sums } from './sums.ts'
import { givesWayToTrial } from './trial.ts'

export interface Selection {
  /** In order. */
  readonly chosen: readonly Candidate[]
  /** For those not chosen: the slot without room for it. */
  readonly refusedAt: ReadonlyMap<Candidate, number>
  /** Minima of the chosen, and of what is taken anyway, per slot. */
  readonly minimaAmps: Float64Array
}

/** Who has waited this long keeps room free: a three-phase car is not passed for ever by one-phase cars. */
const STARVING_MS = 60 * 60_000

export function select(ordered: readonly Candidate[], capacity: Capacity, taken: Float64Array, at: number): Selection {
  const chosen: Candidate[] = []
  const refusedAt = new Map<Candidate, number>()
  const sums = sumsOf(taken)
  // What is served only grows, so where a minimum has no room it has none for those that come later in order.
  const fullFor = new Map<Loading, { readonly minAmps: number; readonly slot: number }>()
  const refuse = (candidate: Candidate, room: Float64Array, used: Float64Array): void => {
    const slot = tightestSlot(room, used, candidate.loading)
    if (slot !== null) refusedAt.set(candidate, slot)
  }
  const givesWay = givesWayToTrial(ordered, capacity, taken, at)

  for (const candidate of ordered) {
    const { running, startable, mayWait } = candidate
    const tier = tierOf(candidate)
    if (tier === 'idle') continue
    if (running) {
      const inTheWay = candidate === givesWay ? sums.minimaAmps : inTheWayOf(candidate, capacity, sums)
      if (inTheWay !== null) {
        refuse(candidate, capacity.cutAmps, inTheWay)
        continue
      }
      addServed(candidate, sums)
      chosen.push(candidate)
      continue
    }
    if (!startable || mayWait !== null) continue
    const { loading, outlet } = candidate
    const full = fullFor.get(loading)
    const waited = at - (candidate.session.waitingSince ?? at)
    if (full !== undefined && outlet.minAmps >= full.minAmps && waited < STARVING_MS) {
      refusedAt.set(candidate, full.slot)
      continue
    }
    const refusal = whyNotStarted(candidate, tier, capacity, sums, taken)
    if (refusal === null) {
      addServed(candidate, sums)
      chosen.push(candidate)
      continue
    }
    refuse(candidate, capacity.startAmps, refusal)
    const slot = refusedAt.get(candidate)
    if (refusal === sums.minimaAmps && slot !== undefined) fullFor.set(loading, { minAmps: outlet.minAmps, slot })
    const alone = roomFor(capacity.startAmps, taken, loading)
    // Only who could be served at all may hold others back.
    if (waited >= STARVING_MS && alone >= outlet.minAmps) addExpected(candidate, sums, leastEfficient(candidate, alone))
  }
  return { chosen, refusedAt, minimaAmps: sums.minimaAmps }
}

/** What leaves no room for one that charges; null: it goes on. */
function inTheWayOf(candidate: Candidate, { cutAmps, calmAmps }: Capacity, sums: Sums): Float64Array | null {
  const { group, session, loading, outlet } = candidate
  const leavesNone = (room: Float64Array, used: Float64Array): boolean =>
    roomFor(room, used, loading) < outlet.minAmps - EPSILON_AMPS
  // A promise shares with minima, others give way to promises; who has time, to what is efficient, if that is short for long.
  const used = group === 'committed' ? sums.minimaAmps : session.pauses === 0 ? sums.crowdedAmps : sums.lateAmps
  if (leavesNone(cutAmps, used)) return used
  return candidate.hasTime && leavesNone(calmAmps, sums.sparseAmps) ? sums.sparseAmps : null
}
