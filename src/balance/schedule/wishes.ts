/**
 * From targets to what is asked for now, with as few changes as possible: what charges keeps its set-point unless a limit, its own cap or
 * the need of another one asks for less; what should get clearly more asks for it. Set-points that follow every ampere wear out contactors,
 * flash memories and nerves.
 */
import type { BalanceInput } from '../../model/balance-input.ts'
import { ceilToStep, floorToStep } from '../known/grid.ts'
import { settable } from '../known/known-outlet.ts'
import { addLoad } from '../known/loading.ts'
import type { Capacity } from '../measure/capacity.ts'
import { EPSILON_AMPS } from '../timing.ts'
import { slotOf } from '../known/tree.ts'
import type { Tree } from '../known/tree.ts'
import type { Candidate } from './candidate.ts'
import type { Target } from './targets.ts'

export interface Wish {
  readonly target: Target
  readonly candidate: Candidate
  /** What it keeps, or is cut to, at once. */
  stayAmps: number
  /** What it should rise to as soon as there is room; not above `stayAmps`: nothing. */
  riseAmps: number
}

/** A car is not cut for another one's sake unless it has this much more than its share. */
const UNFAIR_AMPS = 2
/** A small rise waits until the set-point has been still for this long. */
const STILL_MS = 60_000

export function wishesOf(
  targets: readonly Target[],
  capacity: Capacity,
  taken: Float64Array,
  { settings, parameters, at }: BalanceInput,
  tree: Tree,
): readonly Wish[] {
  const deadBand = Math.max(settings.deadBandAmps, parameters.chargerDeadBandAmps)
  const load = taken.slice()
  const wishes = targets.map((target): Wish => {
    const { candidate } = target
    const stayAmps = keptAmps(candidate)
    addLoad(load, candidate.loading, stayAmps)
    return { target, candidate, stayAmps, riseAmps: asks(target, stayAmps, deadBand, at) ? target.amps : stayAmps }
  })
  holdStill(wishes, capacity.riseAmps, load, tree, parameters.siteDeadBandAmps)
  keepWithin(wishes, capacity.cutAmps, load)
  makeRoom(wishes, capacity.riseAmps, load)
  return wishes
}

/** The station controller's site dead band: where less has become free on a root circuit, who charges below it does not rise. */
function holdStill(
  wishes: readonly Wish[],
  riseAmps: Float64Array,
  load: Float64Array,
  tree: Tree,
  deadBandAmps: number,
): void {
  if (!(deadBandAmps > 0)) return
  for (const wish of wishes) {
    const { candidate, stayAmps } = wish
    const root = candidate.outlet.path.at(-1)
    if (root === undefined || stayAmps === 0 || tree.circuits[root] === undefined) continue
    const free = [0, 1, 2].map((phase) => (riseAmps[slotOf(root, phase)] ?? 0) - (load[slotOf(root, phase)] ?? 0))
    if (Math.min(...free) < deadBandAmps) wish.riseAmps = stayAmps
  }
}

/** The set-point in force, lowered to what device, profile and car allow. 0: it does not charge. */
function keptAmps({ outlet, standing, running, session: { car }, topAmps }: Candidate): number {
  if (!running || standing.heldAmps === null) return 0
  const known = car.capAmps !== null || car.ceilingAmps !== null || car.fullSince !== null
  return settable(outlet, Math.min(standing.heldAmps, known ? topAmps : Infinity))
}

function asks({ amps, candidate }: Target, stayAmps: number, deadBand: number, at: number): boolean {
  if (amps <= stayAmps + EPSILON_AMPS) return false
  if (stayAmps === 0 || amps - stayAmps >= Math.max(2 * deadBand, deadBand + 1)) return true
  // An increase that was granted and not sent yet is not a new one.
  if (amps <= (candidate.memory?.orderedAmps ?? 0)) return true
  const still = at - (candidate.memory?.changedAt ?? -Infinity) >= STILL_MS
  return still && amps - stayAmps >= deadBand
}

/** Limits come first: those with most above their target are cut, by whole steps, until each slot is within. */
function keepWithin(wishes: readonly Wish[], cutAmps: Float64Array, load: Float64Array): void {
  let byExcess: readonly Wish[] | null = null
  for (let slot = 0; slot < cutAmps.length; slot++) {
    if ((load[slot] ?? 0) <= (cutAmps[slot] ?? 0) + EPSILON_AMPS) continue
    byExcess ??= mostExcessFirst(wishes)
    for (const wish of byExcess) {
      const over = (load[slot] ?? 0) - (cutAmps[slot] ?? 0)
      if (over <= EPSILON_AMPS) break
      cut(wish, slot, over, load)
    }
  }
}

/**
 * Room for those that should get clearly more is made by those that have clearly more than their share; for starts and promises by all that
 * have more.
 */
function makeRoom(wishes: readonly Wish[], riseAmps: Float64Array, load: Float64Array): void {
  const strong = load.slice()
  const then = load.slice()
  let risers = 0
  for (const { candidate, stayAmps, riseAmps: to } of wishes) {
    if (to <= stayAmps) continue
    risers++
    addLoad(then, candidate.loading, to - stayAmps)
    // Who starts, keeps a promise, or is clearly below its share.
    const least =
      stayAmps === 0
        ? Math.min(to, candidate.softMinAmps)
        : Math.min(to, Math.max(candidate.requiredAmps, to - UNFAIR_AMPS))
    if (least > stayAmps) addLoad(strong, candidate.loading, least - stayAmps)
  }
  if (risers === 0) return
  const byExcess = mostExcessFirst(wishes)
  const cutFor = (wanted: Float64Array, unfairAmps: number): void => {
    const givers = byExcess.filter((wish) => wish.stayAmps - wish.target.amps >= unfairAmps)
    if (givers.length === 0) return
    for (let slot = 0; slot < riseAmps.length; slot++) {
      for (const wish of givers) {
        const over = (wanted[slot] ?? 0) - (riseAmps[slot] ?? 0)
        if (over <= EPSILON_AMPS) break
        if (wish.stayAmps - wish.target.amps < unfairAmps) continue
        const before = wish.stayAmps
        cut(wish, slot, over, wanted)
        const other = wanted === strong ? then : strong
        addLoad(other, wish.candidate.loading, wish.stayAmps - before)
      }
    }
  }
  cutFor(strong, EPSILON_AMPS)
  cutFor(then, UNFAIR_AMPS)
}

/** Cuts one by what is over on the slot, rounded up to its step, not below its target. */
function cut(wish: Wish, slot: number, over: number, load: Float64Array): void {
  const { candidate, target, stayAmps } = wish
  const { outlet, loading } = candidate
  const index = loading.slots.indexOf(slot)
  if (index === -1 || stayAmps <= target.amps) return
  const need = over / (loading.weights[index] ?? 1)
  const to = Math.max(target.amps, floorToStep(stayAmps - ceilToStep(need, outlet.stepAmps), outlet.stepAmps))
  addLoad(load, loading, to - stayAmps)
  wish.stayAmps = to
  wish.riseAmps = to
}

function mostExcessFirst(wishes: readonly Wish[]): readonly Wish[] {
  const excess = ({ stayAmps, target }: Wish): number => stayAmps - target.amps
  // Among equals the last gives first: the sort keeps equal ones as they stand.
  const lastFirst = wishes.filter((wish) => excess(wish) > 0).toReversed()
  return lastFirst.toSorted((a, b) => excess(b) - excess(a))
}
