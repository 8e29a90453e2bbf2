/** Which slots an outlet loads, by the phases that its car uses; made once per wiring and set of phases. */
import type { Tree } from './tree.ts'
import { isUnbalanceSlot, powerSlotOf, slotOf, unbalanceSlotOf } from './tree.ts'

/** An ampere of the set-point weighs `weights[i]` on `slots[i]`. */
export interface Loading {
  readonly slots: readonly number[]
  readonly weights: readonly number[]
  /** Number of phases. */
  readonly phases: number
  /** It loads an unbalance limit. */
  readonly unbalances: boolean
}

/** Bits of the site phases: 1 L1, 2 L2, 4 L3. */
export type PhaseMask = number

const made = new WeakMap<Tree, Map<number, Loading>>()

/**
 * @param place the outlet's circuit
 * @param mask phases that its car may load
 * @param unevenMask phases on which it may draw without drawing as much on all others: what unbalance counts
 */
export function loadingOf(tree: Tree, place: number, mask: PhaseMask, unevenMask: PhaseMask): Loading {
  let known = made.get(tree)
  if (known === undefined) made.set(tree, (known = new Map()))
  const key = (place * 8 + mask) * 8 + unevenMask
  const before = known.get(key)
  if (before !== undefined) return before
  const slots: number[] = []
  const weights: number[] = []
  const phases = phasesOf(mask)
  for (const above of tree.circuits[place]?.path ?? []) {
    for (const phase of phases) {
      slots.push(slotOf(above, phase))
      weights.push(1)
    }
    slots.push(powerSlotOf(above))
    weights.push(phases.length)
    if ((tree.circuits[above]?.unbalanceAmps ?? Infinity) === Infinity) continue
    for (const phase of phasesOf(unevenMask)) {
      slots.push(unbalanceSlotOf(above, phase))
      weights.push(1)
    }
  }
  const loading = { slots, weights, phases: phases.length, unbalances: slots.some(isUnbalanceSlot) }
  known.set(key, loading)
  return loading
}

export function phasesOf(mask: PhaseMask): readonly number[] {
  return PHASES_OF_MASK[mask] ?? []
}

const PHASES_OF_MASK: readonly (readonly number[])[] = [[], [0], [1], [0, 1], [2], [0, 2], [1, 2], [0, 1, 2]]

export function addLoad(values: Float64Array, { slots, weights }: Loading, amps: number): void {
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] ?? 0
    values[slot] = (values[slot] ?? 0) + amps * (weights[i] ?? 0)
  }
}

/** The most that fits beside `used` under `room`; may be negative. */
export function roomFor(room: Float64Array, used: Float64Array, { slots, weights }: Loading): number {
  let least = Infinity
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] ?? 0
    const free = ((room[slot] ?? 0) - (used[slot] ?? 0)) / (weights[i] ?? 1)
    if (free < least) least = free
  }
  return least
}

/** The slot that leaves least; null: no slots. */
export function tightestSlot(room: Float64Array, used: Float64Array, { slots, weights }: Loading): number | null {
  let least = Infinity
  let tightest: number | null = null
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] ?? 0
    const free = ((room[slot] ?? 0) - (used[slot] ?? 0)) / (weights[i] ?? 1)
    if (free < least) {
      least = free
      tightest = slot
    }
  }
  return tightest
}
