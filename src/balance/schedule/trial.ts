/**
 * Below an unbalance limit a car whose phases are not known counts on each of its phases. Cars of one phase could keep it waiting for ever,
 * although most take three phases and load the unbalance with nothing. So one that unbalances, and was not paused yet, gives up its
 * place once: the waiting one shows in seconds what it is.
 */
import { addLoad, roomFor } from '../known/loading.ts'
import type { Capacity } from '../measure/capacity.ts'
import type { Candidate } from './candidate.ts'
import { EPSILON_AMPS } from '../timing.ts'

/** A car that was just started is not paused for it. */
const SERVED_MS = 5 * 60_000

/** Its phases have to be learned, and an unbalance limit keeps it from showing them. */
export function isUnknownBelowUnbalance({ session, loading, outlet }: Candidate): boolean {
  return loading.unbalances && session.car.phases === 0 && outlet.terminals.length === 3
}

/** Which one of those that charge gives up its place; null: none has to, or none would help. */
export function givesWayToTrial(
  ordered: readonly Candidate[],
  { startAmps }: Capacity,
  taken: Float64Array,
  at: number,
): Candidate | null {
  const trial = ordered.find(
    (one) => !one.running && one.startable && !one.full && one.mayWait === null && isUnknownBelowUnbalance(one),
  )
  if (trial === undefined) return null
  const { loading, outlet } = trial
  const used = taken.slice()
  for (const one of ordered) if (one.running && !one.full) addLoad(used, one.loading, one.outlet.minAmps)
  const fits = (): boolean => roomFor(startAmps, used, loading) >= outlet.minAmps - EPSILON_AMPS
  if (fits()) return null
  for (const one of ordered.toReversed()) {
    if (!one.running || one.full || !mayGive(one, at)) continue
    addLoad(used, one.loading, -one.outlet.minAmps)
    const helps = fits()
    addLoad(used, one.loading, one.outlet.minAmps)
    if (helps) return one
  }
  return null
}

function mayGive({ session, group, loading }: Candidate, at: number): boolean {
  const { pauses, servedSince, car } = session
  if (group === 'committed' || group === 'priority' || pauses > 0 || car.phases === 0) return false
  return servedSince !== null && at - servedSince >= SERVED_MS && loading.unbalances
}
