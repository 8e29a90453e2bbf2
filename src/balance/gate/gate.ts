/**
 * The safety gate, the last step before an order, each second: it may lower or delay what the scheduler asks for, never raise it.
 * Decreases pass at once; increases only where every reserve leaves room for them. Reserves hold all set-points that may still be followed,
 * so an increase never leans on a decrease that is not confirmed, nor on a car on another phase that this tick stops. Whatever the scheduler asks for, orders stay within what is there.
 */
import type { BalanceInput } from '../../model/balance-input.ts'
import { floorToStep } from '../known/grid.ts'
import { settable } from '../known/known-outlet.ts'
import { addLoad, roomFor } from '../known/loading.ts'
import type { Capacity } from '../measure/capacity.ts'
import { withoutStopped } from '../measure/evening.ts'
import type { Evening } from '../measure/evening.ts'
import type { Candidate } from '../schedule/candidate.ts'
import type { Wish } from '../schedule/wishes.ts'
import { EPSILON_AMPS } from '../timing.ts'

export interface Passed {
  readonly amps: number
  /** Why it is below what was asked for; null: it is not. */
  readonly held: string | null
}

const WAITS_FOR_OTHERS = 'waits until reductions of others are in force'

/**
 * @param wishes in the order in which they may rise; `reserved`: what counts as drawn by all outlets now
 * @returns what passes of each wish, in the same order
 */
export function gate(
  wishes: readonly Wish[],
  capacity: Capacity,
  taken: Float64Array,
  reserved: Float64Array,
  evening: Evening,
  input: BalanceInput,
): readonly Passed[] {
  const load = taken.slice()
  const passed = wishes.map(({ candidate, stayAmps }): Passed => {
    // An order above what is in force is an increase, whoever asks for it.
    const amps = Math.min(stayAmps, candidate.standing.heldAmps ?? 0)
    addLoad(load, candidate.loading, amps)
    return { amps, held: null }
  })
  const risers = risersOf(wishes, passed)
  lowerUntilWithin(wishes, passed, capacity.cutAmps, load)

  const room = new Float64Array(reserved.length)
  for (let slot = 0; slot < room.length; slot++) {
    const used = Math.max(reserved[slot] ?? 0, load[slot] ?? 0)
    room[slot] = (capacity.gateAmps[slot] ?? 0) - used
  }
  const goOn = new Set(
    wishes.flatMap(({ candidate }, place) => ((passed[place]?.amps ?? 0) > 0 ? [candidate.outlet] : [])),
  )
  withoutStopped(room, evening, (outlet) => goOn.has(outlet))
  const none = new Float64Array(room.length)
  for (const place of risers) {
    const wish = wishes[place]
    if (wish === undefined) continue
    const { candidate, riseAmps } = wish
    const { outlet, standing, memory } = candidate
    const stay = passed[place]?.amps ?? 0
    const reason = holdReason(candidate, capacity, stay, riseAmps, input)
    if (reason !== null) {
      passed[place] = { amps: stay, held: reason }
      continue
    }
    // Where nothing is known of the set-point in force, our order replaces it: others' reserves and the order must fit.
    const unknown = standing.heldAmps === null
    const own = unknown ? 0 : Math.max(standing.reserveAmps, stay)
    const slack = roomFor(room, none, candidate.loading) + (unknown ? standing.reserveAmps : 0)
    const most = slack < -EPSILON_AMPS ? 0 : floorToStep(own + slack, outlet.stepAmps)
    // An order that is not known any more is not topped before it is known again.
    const known =
      unknown && memory !== undefined && memory.orderedAmps !== null ? settable(outlet, memory.orderedAmps) : Infinity
    const amps = Math.min(riseAmps, most, known)
    const worth = stay === 0 || amps - stay >= input.settings.deadBandAmps || amps <= (memory?.orderedAmps ?? 0)
    if (amps < outlet.minAmps || amps <= stay || !worth) {
      passed[place] = { amps: stay, held: WAITS_FOR_OTHERS }
      continue
    }
    addLoad(room, candidate.loading, -Math.max(0, amps - (unknown ? standing.reserveAmps : own)))
    passed[place] = { amps, held: amps < riseAmps ? WAITS_FOR_OTHERS : null }
  }
  return passed
}

/** Places of the wishes that ask for more, starts first. */
function risersOf(wishes: readonly Wish[], passed: readonly Passed[]): readonly number[] {
  const starting: number[] = []
  const rising: number[] = []
  wishes.forEach(({ stayAmps, riseAmps }, place) => {
    if (riseAmps <= (passed[place]?.amps ?? 0)) return
    if (stayAmps === 0) starting.push(place)
    else rising.push(place)
  })
  return [...starting, ...rising]
}

/** The scheduler's sums are right; this is the belt to its braces: the last in order give way first. */
function lowerUntilWithin(wishes: readonly Wish[], passed: Passed[], cutAmps: Float64Array, load: Float64Array): void {
  for (const to of ['minimum', 'pause'] as const) {
    for (let slot = 0; slot < cutAmps.length; slot++) {
      for (let place = wishes.length - 1; place >= 0; place--) {
        if ((load[slot] ?? 0) <= (cutAmps[slot] ?? 0) + EPSILON_AMPS * 10) break
        const candidate = wishes[place]?.candidate
        const own = passed[place]?.amps ?? 0
        if (candidate === undefined || own === 0 || !candidate.loading.slots.includes(slot)) continue
        const amps = to === 'pause' ? 0 : Math.min(own, candidate.outlet.minAmps)
        addLoad(load, candidate.loading, amps - own)
        passed[place] = { amps, held: null }
      }
    }
  }
}

/** Why this outlet may not rise now; null: it may. */
function holdReason(
  { outlet, memory }: Candidate,
  capacity: Capacity,
  stayAmps: number,
  riseAmps: number,
  { settings, at }: BalanceInput,
): string | null {
  for (const place of outlet.path) {
    const reason = capacity.hold[place] ?? null
    if (reason !== null) return reason
  }
  if (memory === undefined) return 'waits until it was seen twice after the start'
  if (riseAmps <= (memory.orderedAmps ?? 0)) return null
  if (stayAmps === 0 || memory.raisedAt === null || at - memory.raisedAt >= settings.riseIntervalMs) return null
  return 'rose a moment ago'
}
