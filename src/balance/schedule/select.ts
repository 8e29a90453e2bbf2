/**
 * Who charges, when not all fit. In the order of `inOrder`: who charges needs room for its minimum; who waits starts if all that charge
 * then still get what is efficient, or, where a promise asks for nearly full power, if the minima fit. Room for starts is measured against
 * the building's highest load of some minutes: a car that is started and soon paused again is worse off than one that waits.
 */
import { roomFor, tightestSlot } from '../known/loading.ts'
import { isUnbalanceSlot } from '../known/tree.ts'
import type { Capacity } from '../measure/capacity.ts'
import { EPSILON_AMPS } from '../timing.ts'
import type { Candidate } from './candidate.ts'
import { tierOf } from './order.ts'
import type { Tier } from './order.ts'
import { addExpected, addServed, squeezed, sumsOf } from './sums.ts'
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

/** A promise that asks for this much of full power starts wherever its minimum fits; before, it waits for an efficient current. */
const PRESSING_RATIO = 0.9
/** A wish that presses does so as well, where it and those before it still get this much of what is efficient. */
const PRESSING_SHARE = 0.5
/** A car has time that needs less than this of full power, and has charged for a while. */
const EASY_RATIO = 0.85
const SETTLED_MS = 30 * 60_000
/** Who has waited this long keeps room free: a three-phase car is not passed for ever by one-phase cars. */
const STARVING_MS = 60 * 60_000

export function select(ordered: readonly Candidate[], capacity: Capacity, taken: Float64Array, at: number): Selection {
  const chosen: Candidate[] = []
  const refusedAt = new Map<Candidate, number>()
  const sums = sumsOf(taken)
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
      const inTheWay = candidate === givesWay ? sums.minimaAmps : inTheWayOf(candidate, capacity, sums, at)
      if (inTheWay !== null) {
        refuse(candidate, capacity.cutAmps, inTheWay)
        continue
      }
      addServed(candidate, sums)
      chosen.push(candidate)
      continue
    }
    if (!startable || mayWait !== null) continue
    const refusal = whyNotStarted(candidate, tier, capacity, sums, taken)
    if (refusal === null) {
      addServed(candidate, sums)
      chosen.push(candidate)
      continue
    }
    refuse(candidate, capacity.startAmps, refusal)
    const waited = at - (candidate.session.waitingSince ?? at)
    const alone = roomFor(capacity.startAmps, taken, candidate.loading)
    // Only who could be served at all may hold others back.
    if (waited >= STARVING_MS && alone >= candidate.outlet.minAmps)
      addExpected(candidate, sums, leastEfficient(candidate, alone))
  }
  return { chosen, refusedAt, minimaAmps: sums.minimaAmps }
}

/** What leaves no room for one that waits; null: it starts. */
export function whyNotStarted(
  candidate: Candidate,
  tier: Tier,
  capacity: Capacity,
  sums: Sums,
  taken: Float64Array,
): Float64Array | null {
  const { loading, outlet } = candidate
  if (roomFor(capacity.startAmps, sums.minimaAmps, loading) < outlet.minAmps - EPSILON_AMPS) return sums.minimaAmps
  if (cannotWait(candidate, tier, capacity, sums)) return null
  const softMinAmps = leastEfficient(candidate, roomFor(capacity.startAmps, taken, loading))
  return fitsEfficiently(candidate, tier, softMinAmps, capacity, sums) ? null : sums.efficientAmps
}

/** What leaves no room for one that charges; null: it goes on. */
function inTheWayOf(candidate: Candidate, { cutAmps }: Capacity, sums: Sums, at: number): Float64Array | null {
  const { group, session, loading, outlet } = candidate
  const leavesNone = (used: Float64Array): boolean => roomFor(cutAmps, used, loading) < outlet.minAmps - EPSILON_AMPS
  // A promise shares with minima, others give way to promises; who has time, to what is efficient.
  const used = group === 'committed' ? sums.minimaAmps : session.pauses === 0 ? sums.crowdedAmps : sums.lateAmps
  if (leavesNone(used)) return used
  return hasTime(candidate, at) && leavesNone(sums.sparseAmps) ? sums.sparseAmps : null
}

/** It can be paused without harm: it was not yet, has charged for a while and needs little of full power. */
function hasTime({ session, needRatio }: Candidate, at: number): boolean {
  return (
    session.pauses === 0 &&
    session.servedSince !== null &&
    at - session.servedSince > SETTLED_MS &&
    (needRatio ?? 0) < EASY_RATIO
  )
}

/** Where the circuits never give an efficient current, what they give to one alone has to do. */
function leastEfficient({ softMinAmps, outlet }: Candidate, aloneAmps: number): number {
  return Math.min(softMinAmps, Math.max(outlet.minAmps, aloneAmps))
}

function cannotWait(
  { needRatio, loading, outlet, softMinAmps }: Candidate,
  tier: Tier,
  { startAmps }: Capacity,
  { sparseAmps }: Sums,
): boolean {
  if ((needRatio ?? 0) < PRESSING_RATIO) return false
  if (tier === 'due') return true
  const least = Math.max(outlet.minAmps, softMinAmps * PRESSING_SHARE)
  return tier === 'pressing' && roomFor(startAmps, sparseAmps, loading) >= least - EPSILON_AMPS
}

function fitsEfficiently(
  { loading, outlet }: Candidate,
  tier: Tier,
  softMinAmps: number,
  { startAmps }: Capacity,
  { efficientAmps, squeezedAmps }: Sums,
): boolean {
  const isPromise = tier === 'urgent' || tier === 'due'
  const used = isPromise ? squeezedAmps : efficientAmps
  const wanted = isPromise ? squeezed(softMinAmps, outlet.minAmps) : softMinAmps
  const { slots, weights } = loading
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] ?? 0
    const amps = isUnbalanceSlot(slot) ? outlet.minAmps : wanted
    if ((used[slot] ?? 0) + amps * (weights[i] ?? 1) > (startAmps[slot] ?? 0) + EPSILON_AMPS) return false
  }
  return true
}
