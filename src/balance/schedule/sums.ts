/** What counts as taken when one more is looked at: the same cars, reckoned with by different measures. Each per slot. */
import { addLoad } from '../known/loading.ts'
import { isUnbalanceSlot } from '../known/tree.ts'
import type { Candidate } from './candidate.ts'

export interface Sums {
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

/** @param taken what is drawn whatever we order */
export function sumsOf(taken: Float64Array): Sums {
  return {
    minimaAmps: taken.slice(),
    efficientAmps: taken.slice(),
    squeezedAmps: taken.slice(),
    crowdedAmps: taken.slice(),
    lateAmps: taken.slice(),
    sparseAmps: taken.slice(),
  }
}

/** One that is served. */
export function addServed(candidate: Candidate, sums: Sums): void {
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

/** One that waits, and for which room is kept. */
export function addExpected(candidate: Candidate, sums: Sums, softMinAmps: number): void {
  addEfficient(sums.efficientAmps, candidate, softMinAmps)
  addEfficient(sums.squeezedAmps, candidate, softMinAmps)
}

export function squeezed(softMinAmps: number, minAmps: number): number {
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
