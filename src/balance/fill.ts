/**
 * Equal shares: all outlets rise together from their minimum until a slot is full; those on it stop there and the others go on
 * (max-min fair water-filling). Cost: outlets x slots of each, plus rounds x slots.
 */
import { EPSILON_AMPS } from './timing.ts'

export interface Taker {
  readonly slots: readonly number[]
  readonly minAmps: number
  readonly capAmps: number
}

export interface Share {
  readonly amps: number
  /** The slot that stopped it; null: its own cap. */
  readonly slot: number | null
}

/** `taken` is what is drawn on each slot whatever we order. Each taker gets at least its minimum, also where that is too much. */
export function fill(capacity: Float64Array, taken: Float64Array, takers: readonly Taker[]): readonly Share[] {
  const room = capacity.map((amps, slot) => amps - (taken[slot] ?? 0))
  const below = new Map<number, number[]>()
  takers.forEach((taker, index) => {
    for (const slot of taker.slots) {
      room[slot] = (room[slot] ?? 0) - taker.minAmps
      const list = below.get(slot)
      if (list === undefined) below.set(slot, [index])
      else list.push(index)
    }
  })
  const usedSlots = [...below.keys()]
  const rising = new Int32Array(capacity.length)
  const shares: (Share | undefined)[] = Array.from({ length: takers.length })
  const byMin = takers.map((_, index) => index).toSorted((a, b) => minOf(takers, a) - minOf(takers, b))
  const byCap = takers.map((_, index) => index).toSorted((a, b) => capOf(takers, a) - capOf(takers, b))
  const joined = new Uint8Array(takers.length)
  let nextJoin = 0
  let nextLeave = 0
  let level = 0

  const stop = (index: number, amps: number, slot: number | null): void => {
    if (shares[index] !== undefined) return
    shares[index] = { amps, slot }
    if (joined[index] === 1) for (const own of takers[index]?.slots ?? []) rising[own] = (rising[own] ?? 0) - 1
  }

  while (nextLeave < byCap.length) {
    let next = capOf(takers, byCap[nextLeave] ?? -1)
    if (nextJoin < byMin.length) next = Math.min(next, minOf(takers, byMin[nextJoin] ?? -1))
    for (const slot of usedSlots) {
      const count = rising[slot] ?? 0
      if (count > 0) next = Math.min(next, level + Math.max(0, room[slot] ?? 0) / count)
    }
    next = Math.max(next, level)
    for (const slot of usedSlots) room[slot] = (room[slot] ?? 0) - (rising[slot] ?? 0) * (next - level)
    level = next
    while (nextJoin < byMin.length && minOf(takers, byMin[nextJoin] ?? -1) <= level) {
      const index = byMin[nextJoin++] ?? -1
      const slots = takers[index]?.slots ?? []
      const full = slots.find((slot) => (room[slot] ?? 0) <= EPSILON_AMPS)
      if (full !== undefined) {
        stop(index, minOf(takers, index), capOf(takers, index) <= minOf(takers, index) ? null : full)
        continue
      }
      joined[index] = 1
      for (const slot of slots) rising[slot] = (rising[slot] ?? 0) + 1
    }
    while (nextLeave < byCap.length) {
      const index = byCap[nextLeave] ?? -1
      if (shares[index] === undefined) {
        if (joined[index] !== 1 || capOf(takers, index) > level) break
        stop(index, capOf(takers, index), null)
      }
      nextLeave++
    }
    for (const slot of usedSlots) {
      if ((rising[slot] ?? 0) === 0 || (room[slot] ?? 0) > EPSILON_AMPS) continue
      for (const index of below.get(slot) ?? []) if (joined[index] === 1) stop(index, level, slot)
    }
  }
  return shares.map((share, index) => share ?? { amps: minOf(takers, index), slot: null })
}

function minOf(takers: readonly Taker[], index: number): number {
  return takers[index]?.minAmps ?? 0
}

function capOf(takers: readonly Taker[], index: number): number {
  return takers[index]?.capAmps ?? 0
}
