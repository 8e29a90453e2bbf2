/**
 * What is ordered of a charger that is online and does not obey. It keeps its last order, and what it takes is reserved. Where that harms
 * others it is told other values now and then; where it leaves too little for those that charge beside it, it is paused: an opened
 * contactor is the last thing it may still obey.
 */
import { ceilToStep } from './known/grid.ts'
import { settable } from './known/known-outlet.ts'
import type { KnownOutlet } from './known/known-outlet.ts'
import { roomFor } from './known/loading.ts'
import type { Loading } from './known/loading.ts'
import { isHeld } from './measure/capacity.ts'
import type { Capacity } from './measure/capacity.ts'
import type { Standing } from './measure/reserve.ts'
import type { OutletMemory } from './state.ts'
import { EPSILON_AMPS } from './timing.ts'

export interface Disobedient {
  readonly outlet: KnownOutlet
  readonly standing: Standing
  readonly memory: OutletMemory | undefined
  readonly loading: Loading
}

/** A charger that does not obey is told again now and then, with another value: some take only a change. */
const TELL_AGAIN_MS = 30_000
const TELL_PULSE_MS = 5000
/** Where this much is free beside all that is reserved, its excess takes nothing from anybody. */
const HARMLESS_AMPS = 2

/**
 * @param running what is taken whatever we order, and the minima of those that charge and obey
 * @param reserved what counts as drawn by all outlets
 * @returns A
 */
export function orderToDisobedient(
  charger: Disobedient,
  running: Float64Array,
  reserved: Float64Array,
  capacity: Capacity,
  at: number,
): number {
  const { outlet, standing: own, memory, loading } = charger
  const since = own.disobeysSince ?? own.unfollowedSince ?? at
  const last = Math.min(memory?.orderedAmps ?? own.inForceAmps, own.inForceAmps, outlet.capAmps)
  const kept = settable(outlet, last)
  // What it is seen to take it takes already: its minimum, or a little more, is no increase. One that takes nothing is told nothing new.
  const most = settable(outlet, Math.min(own.reserveAmps, outlet.highestAmps ?? 0))
  if (roomFor(capacity.cutAmps, running, loading) < -EPSILON_AMPS || kept === 0) {
    // The order is a pause at all times but a few seconds: the next change may be the one that it takes.
    const sinceMs = Math.max(0, at - since)
    const pulse = sinceMs >= TELL_AGAIN_MS && sinceMs % TELL_AGAIN_MS < TELL_PULSE_MS
    return (pulse && most > 0) || mayStart(charger, reserved, capacity, at) ? outlet.minAmps : 0
  }
  const harms = roomFor(capacity.cutAmps, reserved, loading) < HARMLESS_AMPS
  const isDue = at - Math.max(since, memory?.changedAt ?? since) >= TELL_AGAIN_MS
  if (!harms || !isDue || most === 0) return kept
  if (kept > outlet.minAmps) return Math.max(outlet.minAmps, settable(outlet, kept - 1))
  return Math.min(most, ceilToStep(outlet.minAmps + 1, outlet.stepAmps))
}

/** One whose read-back hangs at a current that is free, reserved as it is, may have its minimum of it: it takes nothing now. */
function mayStart(
  { outlet, standing: own, memory, loading }: Disobedient,
  reserved: Float64Array,
  capacity: Capacity,
  at: number,
): boolean {
  if (own.beyondControl !== 'does-not-confirm' || own.reserveAmps < outlet.minAmps) return false
  if (memory === undefined || at < memory.restUntil || isHeld(outlet, capacity)) return false
  return roomFor(capacity.gateAmps, reserved, loading) >= -EPSILON_AMPS
}
