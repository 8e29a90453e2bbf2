/**
 * Equal shares: all rise together from their floor until a slot is full; those on it stop there and the others go on (max-min fair
 * water-filling). Cost: takers x slots of each, plus rounds x slots.
 */
import type { Loading } from '../known/loading.ts'
import { addLoad } from '../known/loading.ts'
import { EPSILON_AMPS } from '../timing.ts'

export interface Taker {
  readonly loading: Loading
  readonly floorAmps: number
  readonly capAmps: number
}

export interface Share {
  readonly amps: number
  /** The slot that stopped it; null: its own cap. */
  readonly slot: number | null
}

/** `taken` is what is drawn on each slot whatever we order. Each taker gets at least its floor, also where that is too much. */
export function fill(capacity: Float64Array, taken: Float64Array, takers: readonly Taker[]): readonly Share[] {
  const room = new Float64Array(capacity.length)
  for (let slot = 0; slot < room.length; slot++) room[slot] = (capacity[slot] ?? 0) - (taken[slot] ?? 0)
  const below = new Map<number, number[]>()
  takers.forEach(({ loading, floorAmps }, index) => {
    addLoad(room, loading, -floorAmps)
    for (const slot of loading.slots) {
      if (room[slot] === Infinity) continue
      const list = below.get(slot)
      if (list === undefined) below.set(slot, [index])
      else list.push(index)
    }
  })
  const usedSlots = [...below.keys()]
  const rising = new Float64Array(capacity.length)
  const shares: (Share | undefined)[] = Array.from({ length: takers.length })
  const byFloor = takers.map((_, index) => index).toSorted((a, b) => floorOf(takers, a) - floorOf(takers, b))
  const byCap = takers.map((_, index) => index).toSorted((a, b) => capOf(takers, a) - capOf(takers, b))
  const joined = new Uint8Array(takers.length)
  let nextJoin = 0
  let nextLeave = 0
  let level = 0

  const stop = (index: number, amps: number, slot: number | null): void => {
    if (shares[index] !== undefined) return
    shares[index] = { amps, slot }
    const taker = takers[index]
    if (joined[index] === 1 && taker !== undefined) addLoad(rising, taker.loading, -1)
  }

  while (nextLeave < byCap.length) {
    let next = capOf(takers, byCap[nextLeave] ?? -1)
    if (nextJoin < byFloor.length) next = Math.min(next, floorOf(takers, byFloor[nextJoin] ?? -1))
    for (const slot of usedSlots) {
      const speed = rising[slot] ?? 0
      if (speed > EPSILON_AMPS) next = Math.min(next, level + Math.max(0, room[slot] ?? 0) / speed)
    }
    next = Math.max(next, level)
    for (const slot of usedSlots) room[slot] = (room[slot] ?? 0) - (rising[slot] ?? 0) * (next - level)
    level = next
    while (nextJoin < byFloor.length && floorOf(takers, byFloor[nextJoin] ?? -1) <= level) {
      const index = byFloor[nextJoin++] ?? -1
      const taker = takers[index]
      if (taker === undefined) continue
      const { slots } = taker.loading
      const full = slots.find((slot) => (room[slot] ?? 0) <= EPSILON_AMPS)
      if (full !== undefined) {
        stop(index, taker.floorAmps, taker.capAmps <= taker.floorAmps ? null : full)
        continue
      }
      joined[index] = 1
      addLoad(rising, taker.loading, 1)
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
      if ((rising[slot] ?? 0) <= EPSILON_AMPS || (room[slot] ?? 0) > EPSILON_AMPS) continue
      for (const index of below.get(slot) ?? []) if (joined[index] === 1) stop(index, level, slot)
    }
  }
  return shares.map((share, index) => share ?? { amps: floorOf(takers, index), slot: null })
}

function floorOf(takers: readonly Taker[], index: number): number {
  return takers[index]?.floorAmps ?? 0
}

/** A cap below the floor is the floor. */
function capOf(takers: readonly Taker[], index: number): number {
  const taker = takers[index]
  return taker === undefined ? 0 : Math.max(taker.capAmps, taker.floorAmps)
}
