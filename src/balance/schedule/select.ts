/**
 * Who charges, when not all fit. In the order of `inOrder`: who charges needs room for its minimum; who waits starts if all that charge
 * then still get what is efficient, or, where a promise or priority asks for it, if the minima fit. Room for starts is measured against the
 * building's highest load of some minutes: a car that is started and soon paused again is worse off than one that waits.
 */
import type { Capacity } from '../measure/capacity.ts'
import { addLoad, roomFor, tightestSlot } from '../known/loading.ts'
import { isUnbalanceSlot } from '../known/tree.ts'
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

/** A promise that asks for this much of full power starts wherever its minimum fits; before, it waits for an efficient current. */
const PRESSING_RATIO = 0.75
/** How hard a promise must press to pause one that was paused 0, 1, 2 and more times. */
const PATIENCE = [0.9, 2]
/** Who has waited this long keeps room for its minimum free: a three-phase car is not passed for ever by one-phase cars. */
const STARVING_MS = 60 * 60_000

export function select(ordered: readonly Candidate[], capacity: Capacity, taken: Float64Array, at: number): Selection {
  const chosen: Candidate[] = []
  const refusedAt = new Map<Candidate, number>()
  const minimaAmps = taken.slice()
  const efficientAmps = taken.slice()
  const squeezedAmps = taken.slice()
  // What promises that press need: who was promised nothing gives way to it, not only to their minima; who was paused already, later.
  const promisedAmps = PATIENCE.map(() => taken.slice())
  const take = (candidate: Candidate): void => {
    addLoad(minimaAmps, candidate.loading, candidate.outlet.minAmps)
    addEfficient(efficientAmps, candidate, candidate.softMinAmps)
    addEfficient(squeezedAmps, candidate, squeezed(candidate.softMinAmps, candidate.outlet.minAmps))
    const { loading, outlet, requiredAmps, needRatio } = candidate
    promisedAmps.forEach((load, patience) => {
      const presses = (needRatio ?? 0) >= (PATIENCE[patience] ?? 1)
      addLoad(load, loading, presses ? Math.max(outlet.minAmps, requiredAmps) : outlet.minAmps)
    })
    chosen.push(candidate)
  }
  const refuse = (candidate: Candidate, room: Float64Array, used: Float64Array): void => {
    const slot = tightestSlot(room, used, candidate.loading)
    if (slot !== null) refusedAt.set(candidate, slot)
  }

  for (const candidate of ordered) {
    const { loading, outlet, running, startable } = candidate
    const tier = tierOf(candidate)
    if (tier === 'idle') continue
    if (running) {
      const patient = promisedAmps[Math.min(candidate.session.pauses, PATIENCE.length - 1)] ?? minimaAmps
      const used = candidate.group === 'committed' ? minimaAmps : patient
      if (roomFor(capacity.cutAmps, used, loading) >= outlet.minAmps - EPSILON_AMPS) take(candidate)
      else refuse(candidate, capacity.cutAmps, used)
      continue
    }
    if (!startable || candidate.mayWait !== null) continue
    // Where the circuits never give an efficient current, what they give has to do.
    const alone = roomFor(capacity.startAmps, taken, loading)
    const softMinAmps = Math.min(candidate.softMinAmps, Math.max(outlet.minAmps, alone))
    const patient = at - (candidate.session.waitingSince ?? at) < STARVING_MS
    const fitsMinimum = roomFor(capacity.startAmps, minimaAmps, loading) >= outlet.minAmps - EPSILON_AMPS
    const strong = (tier === 'due' || tier === 'pressing') && (candidate.needRatio ?? 0) >= PRESSING_RATIO
    if (
      fitsMinimum &&
      (strong || fitsEfficiently(candidate, softMinAmps, capacity.startAmps, patient ? efficientAmps : squeezedAmps))
    ) {
      take(candidate)
      continue
    }
    refuse(candidate, capacity.startAmps, fitsMinimum ? efficientAmps : minimaAmps)
    const waited = at - (candidate.session.waitingSince ?? at)
    // Only who could be served at all may hold others back.
    if (waited < STARVING_MS || alone < outlet.minAmps) continue
    addEfficient(efficientAmps, candidate, softMinAmps)
    addEfficient(squeezedAmps, candidate, softMinAmps)
  }
  return { chosen, refusedAt, minimaAmps }
}

/** Of what is efficient, who has waited long asks the others for so little. */
const SQUEEZED_SHARE = 0.7

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
  softMinAmps: number,
  room: Float64Array,
  used: Float64Array,
): boolean {
  const { slots, weights } = loading
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] ?? 0
    const amps = isUnbalanceSlot(slot) ? outlet.minAmps : softMinAmps
    if ((used[slot] ?? 0) + amps * (weights[i] ?? 1) > (room[slot] ?? 0) + EPSILON_AMPS) return false
  }
  return true
}
