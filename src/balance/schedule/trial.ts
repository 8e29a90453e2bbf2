/**
 * Below an unbalance limit a car whose phases are not known counts on each of its phases. Cars of one phase could keep it waiting for ever,
 * although most take three phases and load the unbalance with nothing. So one that unbalances, and was not paused yet, gives up its
 * place once: the waiting one shows in seconds what it is.
 */
import { addLoad } from '../known/loading.ts'
import { isUnbalanceSlot } from '../known/tree.ts'
import { EPSILON_AMPS } from '../timing.ts'
import type { Capacity } from '../measure/capacity.ts'
import type { Candidate } from './candidate.ts'
import { whyNotStarted } from './start.ts'
import { addServed, sumsOf } from './sums.ts'

/** A car that was just started is not paused for it. */
const SERVED_MS = 5 * 60_000

/** Those last in order; asking all would take too long on a large site. */
const GIVERS_ASKED = 8

/** Its phases have to be learned, and an unbalance limit keeps it from showing them. */
export function isUnknownBelowUnbalance({ session, loading, outlet }: Candidate): boolean {
  return loading.unbalances && session.car.phases === 0 && outlet.terminals.length === 3
}

/** Which one of those that charge gives up its place; null: none has to, or none would help. */
export function givesWayToTrial(
  ordered: readonly Candidate[],
  capacity: Capacity,
  taken: Float64Array,
  at: number,
): Candidate | null {
  const trial = ordered.find(
    (one) => !one.running && one.startable && !one.full && one.mayWait === null && isUnknownBelowUnbalance(one),
  )
  if (trial === undefined) return null
  const running = ordered.filter((one) => one.running && !one.full)
  if (fitsUnbalance(trial, running, capacity, taken)) return null
  const startsWithout = (giver: Candidate): boolean => {
    const sums = sumsOf(taken)
    for (const one of running) if (one !== giver) addServed(one, sums)
    return whyNotStarted(trial, 'trial', capacity, sums, taken) === null
  }
  const givers = running.filter((one) => mayGive(one, at))
  return givers.slice(-GIVERS_ASKED).findLast(startsWithout) ?? null
}

/** What fuses keep waiting waits for its turn as all do. */
function fitsUnbalance(
  { loading, outlet }: Candidate,
  running: readonly Candidate[],
  { startAmps }: Capacity,
  taken: Float64Array,
): boolean {
  const used = taken.slice()
  for (const one of running) addLoad(used, one.loading, one.outlet.minAmps)
  return loading.slots.every(
    (slot) => !isUnbalanceSlot(slot) || (used[slot] ?? 0) + outlet.minAmps <= (startAmps[slot] ?? 0) + EPSILON_AMPS,
  )
}

function mayGive({ session, group, loading }: Candidate, at: number): boolean {
  const { pauses, servedSince, car } = session
  if (group === 'committed' || group === 'priority' || pauses > 0 || car.phases === 0) return false
  return servedSince !== null && at - servedSince >= SERVED_MS && loading.unbalances
}
