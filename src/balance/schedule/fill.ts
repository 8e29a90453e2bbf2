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
  for (const { loading, floorAmps } of takers) addLoad(room, loading, -floorAmps)
  const { usedSlots, below } = takersBySlot(room, takers)
  const rising = new Float64Array(capacity.length)
  const shares: (Share | undefined)[] = Array.from({ length: takers.length })
  const floors = Float64Array.from(takers, ({ floorAmps }) => floorAmps)
  // A cap below the floor is the floor.
  const caps = Float64Array.from(takers, ({ capAmps, floorAmps }) => (capAmps > floorAmps ? capAmps : floorAmps))
  const byFloor = placesSortedBy(floors)
  const byCap = placesSortedBy(caps)
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
    let next = caps[byCap[nextLeave] ?? -1] ?? 0
    if (nextJoin < byFloor.length) next = Math.min(next, floors[byFloor[nextJoin] ?? -1] ?? 0)
    for (const slot of usedSlots) {
      const speed = rising[slot] ?? 0
      if (speed > EPSILON_AMPS) next = Math.min(next, level + Math.max(0, room[slot] ?? 0) / speed)
    }
    next = Math.max(next, level)
    for (const slot of usedSlots) room[slot] = (room[slot] ?? 0) - (rising[slot] ?? 0) * (next - level)
    level = next
    while (nextJoin < byFloor.length && (floors[byFloor[nextJoin] ?? -1] ?? 0) <= level) {
      const index = byFloor[nextJoin++] ?? -1
      const taker = takers[index]
      if (taker === undefined) continue
      const full = firstFull(room, taker.loading)
      if (full !== null) {
        stop(index, taker.floorAmps, taker.capAmps <= taker.floorAmps ? null : full)
        continue
      }
      joined[index] = 1
      addLoad(rising, taker.loading, 1)
    }
    while (nextLeave < byCap.length) {
      const index = byCap[nextLeave] ?? -1
      if (shares[index] === undefined) {
        if (joined[index] !== 1 || (caps[index] ?? 0) > level) break
        stop(index, caps[index] ?? 0, null)
      }
      nextLeave++
    }
    for (const slot of usedSlots) {
      if ((rising[slot] ?? 0) <= EPSILON_AMPS || (room[slot] ?? 0) > EPSILON_AMPS) continue
      for (const index of below[slot] ?? []) if (joined[index] === 1) stop(index, level, slot)
    }
  }
  return shares.map((share, index) => share ?? { amps: floors[index] ?? 0, slot: null })
}

/** For each slot with a limit the takers below it; and those slots, as they first appear. */
function takersBySlot(
  room: Float64Array,
  takers: readonly Taker[],
): { readonly usedSlots: readonly number[]; readonly below: readonly (readonly number[] | undefined)[] } {
  const usedSlots: number[] = []
  const below: (number[] | undefined)[] = Array.from({ length: room.length })
  takers.forEach(({ loading: { slots } }, index) => {
    for (const slot of slots) {
      if (room[slot] === Infinity) continue
      const list = below[slot]
      if (list !== undefined) list.push(index)
      else {
        below[slot] = [index]
        usedSlots.push(slot)
      }
    }
  })
  return { usedSlots, below }
}

/** Places of the values, the lowest first, equal ones as they stand. */
function placesSortedBy(values: Float64Array): Int32Array {
  const places = new Int32Array(values.length)
  let isSorted = true
  for (let place = 0; place < values.length; place++) {
    places[place] = place
    if (place > 0 && (values[place - 1] ?? 0) > (values[place] ?? 0)) isSorted = false
  }
  return isSorted ? places : places.toSorted((a, b) => (values[a] ?? 0) - (values[b] ?? 0))
}

function firstFull(room: Float64Array, { slots }: Loading): number | null {
  for (const slot of slots) if ((room[slot] ?? 0) <= EPSILON_AMPS) return slot
  return null
}
