/**
 * Who charges, when not all fit. In the order of `inOrder`: who charges needs room for its minimum; who waits starts if all that charge
 * then still get what is efficient, or, where a promise or priority asks for it, if the minima fit. Room for starts is measured against the
 * building's highest load of some minutes: a car that is started and soon paused again is worse off than one that waits.
 */
import type { Capacity } from '../measure/capacity.ts'
import { addLoad, roomFor, tightestSlot } from '../known/loading.ts'
import { EPSILON_AMPS } from '../timing.ts'
import type { Candidate } from './candidate.ts'
import { tierOf } from './order.ts'

export interface Selection {
  /** In order. */
  readonly chosen: readonly Candidate[]
  /** For those not chosen: the slot without room for it. */
  readonly refusedAt: ReadonlyMap<Candidate, number>
  /** Minima of the chosen, and of what is taken anyway, per slot. */
  readonly minimaAmps: Float64Array
}

/** Who has waited this long keeps room for its minimum free: a three-phase car is not passed for ever by one-phase cars. */
const STARVING_MS = 60 * 60_000

export function select(
  ordered: readonly Candidate[],
  capacity: Capacity,
  taken: Float64Array,
  at: number,
): Selection {
  const chosen: Candidate[] = []
  const refusedAt = new Map<Candidate, number>()
  const minimaAmps = taken.slice()
  const efficientAmps = taken.slice()
  const none = new Float64Array(taken.length)
  const take = (candidate: Candidate): void => {
    addLoad(minimaAmps, candidate.loading, candidate.outlet.minAmps)
    addLoad(efficientAmps, candidate.loading, candidate.softMinAmps)
    chosen.push(candidate)
  }
  const refuse = (candidate: Candidate, room: Float64Array, used: Float64Array): void => {
    const slot = tightestSlot(room, used, candidate.loading)
    if (slot !== null) refusedAt.set(candidate, slot)
  }

  for (const candidate of ordered) {
    const { loading, outlet, running, startable, softMinAmps } = candidate
    const tier = tierOf(candidate)
    if (tier === 'idle') continue
    if (running) {
      if (roomFor(capacity.cutAmps, minimaAmps, loading) >= outlet.minAmps - EPSILON_AMPS) take(candidate)
      else refuse(candidate, capacity.cutAmps, minimaAmps)
      continue
    }
    if (!startable || candidate.mayWait !== null) continue
    const fitsMinimum = roomFor(capacity.startAmps, minimaAmps, loading) >= outlet.minAmps - EPSILON_AMPS
    const strong = tier === 'urgent' || tier === 'preferred'
    if (fitsMinimum && (strong || roomFor(capacity.startAmps, efficientAmps, loading) >= softMinAmps - EPSILON_AMPS)) {
      take(candidate)
      continue
    }
    refuse(candidate, capacity.startAmps, fitsMinimum ? efficientAmps : minimaAmps)
    const waited = at - (candidate.session.waitingSince ?? at)
    // Only who could be served at all may hold others back.
    if (waited < STARVING_MS || roomFor(capacity.startAmps, none, loading) < outlet.minAmps) continue
    addLoad(efficientAmps, loading, softMinAmps)
  }
  return { chosen, refusedAt, minimaAmps }
}
