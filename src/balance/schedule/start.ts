/** Whether one that waits starts beside those that are served. */
import { roomFor } from '../known/loading.ts'
import { isUnbalanceSlot } from '../known/tree.ts'
import type { Capacity } from '../measure/capacity.ts'
import { EPSILON_AMPS } from '../timing.ts'
import type { Candidate } from './candidate.ts'
import type { Tier } from './order.ts'
import { squeezed } from './sums.ts'
import type { Sums } from './sums.ts'

/** A promise that asks for this much of full power starts wherever its minimum fits; before, it waits for an efficient current. */
const PRESSING_RATIO = 0.9
/** A wish that presses does so as well, where it and those before it still get this much of what is efficient. */
const PRESSING_SHARE = 0.5

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

/** Where the circuits never give an efficient current, what they give to one alone has to do. */
export function leastEfficient({ softMinAmps, outlet }: Candidate, aloneAmps: number): number {
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
