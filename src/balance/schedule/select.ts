/**
 * Who charges, when not all fit. In the order of `inOrder`: who charges needs room for its minimum; who waits starts if all that charge
 * then still get what is efficient, or, where a promise asks for nearly full power, if the minima fit. Room for starts is measured against
 * the building's highest load of some minutes: a car that is started and soon paused again is worse off than one that waits.
 */
import { addLoad, roomFor, tightestSlot } from '../known/loading.ts'
import { isUnbalanceSlot } from '../known/tree.ts'
import type { Capacity } from '../measure/capacity.ts'
import { EPSILON_AMPS } from '../timing.ts'
import type { Candidate } from './candidate.ts'
import { tierOf } from './order.ts'
import type { Tier } from './order.ts'

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
/** Where what was promised on its fuses asks for this much of them, nobody else dilutes it. */
const CROWDED_RATIO = 0.7
/** What a promise then takes at least, of what is efficient. */
const CROWDED_SHARE = 0.9
/** A promise that is this late takes the place even of a car that was paused before. */
const LATE_RATIO = 0.9
/** Promises share what is efficient a little more closely among themselves. */
const SQUEEZED_SHARE = 0.7
/** Where those before it would get less than this of what is efficient, a car that has time gives up its place, once. */
const SPARSE_SHARE = 0.7
/** It has time: it needs less than this of full power, and it has charged for a while. */
const EASY_RATIO = 0.85
const SETTLED_MS = 30 * 60_000
/** Who has waited this long keeps room free: a three-phase car is not passed for ever by one-phase cars. */
const STARVING_MS = 60 * 60_000

/** Sums over the chosen, each per slot. */
interface Sums {
  readonly minimaAmps: Float64Array
  readonly efficientAmps: Float64Array
  readonly squeezedAmps: Float64Array
  /** What promises need where they are crowded: a car that was promised nothing gives way to it, once. */
  readonly crowdedAmps: Float64Array
  /** What promises need that are nearly lost: a car that was paused before gives way only to these. */
  readonly lateAmps: Float64Array
  /** What those chosen get at least before one that has time is served beside them. */
  readonly sparseAmps: Float64Array
}

export function select(ordered: readonly Candidate[], capacity: Capacity, taken: Float64Array, at: number): Selection {
  const chosen: Candidate[] = []
  const refusedAt = new Map<Candidate, number>()
  const sums: Sums = {
    minimaAmps: taken.slice(),
    efficientAmps: taken.slice(),
    squeezedAmps: taken.slice(),
    crowdedAmps: taken.slice(),
    lateAmps: taken.slice(),
    sparseAmps: taken.slice(),
  }
  const refuse = (candidate: Candidate, room: Float64Array, used: Float64Array): void => {
    const slot = tightestSlot(room, used, candidate.loading)
    if (slot !== null) refusedAt.set(candidate, slot)
  }

  for (const candidate of ordered) {
    const { loading, outlet, running, startable, mayWait } = candidate
    const tier = tierOf(candidate)
    if (tier === 'idle') continue
    if (running) {
      const inTheWay = usedBefore(candidate, sums, at).find(
        (used) => roomFor(capacity.cutAmps, used, loading) < outlet.minAmps - EPSILON_AMPS,
      )
      if (inTheWay === undefined) {
        add(candidate, sums)
        chosen.push(candidate)
      } else refuse(candidate, capacity.cutAmps, inTheWay)
      continue
    }
    if (!startable || mayWait !== null) continue
    // Where the circuits never give an efficient current, what they give has to do.
    const alone = roomFor(capacity.startAmps, taken, loading)
    const softMinAmps = Math.min(candidate.softMinAmps, Math.max(outlet.minAmps, alone))
    const fitsMinimum = roomFor(capacity.startAmps, sums.minimaAmps, loading) >= outlet.minAmps - EPSILON_AMPS
    if (
      fitsMinimum &&
      (cannotWait(candidate, tier, capacity, sums) || fitsEfficiently(candidate, tier, softMinAmps, capacity, sums))
    ) {
      add(candidate, sums)
      chosen.push(candidate)
      continue
    }
    refuse(candidate, capacity.startAmps, fitsMinimum ? sums.efficientAmps : sums.minimaAmps)
    const waited = at - (candidate.session.waitingSince ?? at)
    // Only who could be served at all may hold others back.
    if (waited < STARVING_MS || alone < outlet.minAmps) continue
    addEfficient(sums.efficientAmps, candidate, softMinAmps)
    addEfficient(sums.squeezedAmps, candidate, softMinAmps)
  }
  return { chosen, refusedAt, minimaAmps: sums.minimaAmps }
}

/** What may count as taken for one that charges: a promise shares with minima, others give way to promises; who has time, to what is efficient. */
function usedBefore(candidate: Candidate, sums: Sums, at: number): readonly Float64Array[] {
  const { group, session } = candidate
  const used = group === 'committed' ? sums.minimaAmps : session.pauses === 0 ? sums.crowdedAmps : sums.lateAmps
  return hasTime(candidate, at) ? [used, sums.sparseAmps] : [used]
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

function add(candidate: Candidate, sums: Sums): void {
  const { loading, outlet, group, pressure, needRatio, requiredAmps, softMinAmps } = candidate
  const { minAmps } = outlet
  addLoad(sums.minimaAmps, loading, minAmps)
  addEfficient(sums.efficientAmps, candidate, softMinAmps)
  addEfficient(sums.squeezedAmps, candidate, squeezed(softMinAmps, minAmps))
  const isCrowded = group === 'committed' && pressure >= CROWDED_RATIO
  addLoad(sums.crowdedAmps, loading, isCrowded ? Math.max(minAmps, requiredAmps, softMinAmps * CROWDED_SHARE) : minAmps)
  addEfficient(sums.sparseAmps, candidate, Math.max(minAmps, softMinAmps * SPARSE_SHARE))
  addLoad(sums.lateAmps, loading, (needRatio ?? 0) >= LATE_RATIO ? Math.max(minAmps, requiredAmps) : minAmps)
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

function squeezed(softMinAmps: number, minAmps: number): number {
  return Math.max(minAmps, softMinAmps * SQUEEZED_SHARE)
}

/**
 * What is efficient, on phases and power. For the unbalance minima count: a car whose phases are not known yet must be able to start beside
 * cars of one phase, or it would never be known.
 */
function addEfficient(values: Float64Array, { loading, outlet }: Candidate, softMinAmps: number): void {
  const { slots, weights } = loading
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] ?? 0
    values[slot] = (values[slot] ?? 0) + (isUnbalanceSlot(slot) ? outlet.minAmps : softMinAmps) * (weights[i] ?? 1)
  }
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
