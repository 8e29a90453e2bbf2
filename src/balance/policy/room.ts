/** The room that circuits have in the slots ahead, and what sessions take of it. Amps are means over a slot. */
import type { Circuit } from '../../model/circuit.ts'
import { expectedBuilding } from './building-mean.ts'
import type { Horizon } from './horizon.ts'
import type { Need } from './need.ts'
import type { PolicyInput } from './policy-input.ts'

export interface Room {
  /** [circuit][side][slot], flat; a side is L1, L2, L3 (A) or all together (W). */
  readonly free: Float64Array
  /** Places of the circuits from a circuit up to its root. */
  readonly pathOf: ReadonlyMap<string, readonly number[]>
  readonly slots: Horizon
  readonly voltage: number
}

/** L1, L2, L3, and all together. */
export const SIDES = 4
const WATTS = 3
/** A limit that names no end is taken to hold on for as long as it has held, and for an hour at least. */
const LIMIT_AT_LEAST_MS = 3_600_000
const HOUR_MS = 3_600_000

/** @param share of all limits that may be planned with */
export function buildRoom(input: PolicyInput, slots: Horizon, share: number): Room {
  const { circuits, demand } = input
  const placeOf = new Map(circuits.map(({ id }, place) => [id, place]))
  const free = new Float64Array(circuits.length * SIDES * slots.count).fill(Infinity)
  const buildingOf = new Map((input.building ?? []).map((load) => [load.circuitId, load]))
  const lower = (circuitId: string, side: number, amountAt: (at: number) => number, until: number): void => {
    const place = placeOf.get(circuitId)
    if (place === undefined) return
    const start = (place * SIDES + side) * slots.count
    for (let slot = 0; slot < slots.count && (slots.edges[slot] ?? 0) < until; slot++) {
      const amount = amountAt(slots.edges[slot] ?? 0)
      const usable = Math.max(0, Number.isNaN(amount) ? 0 : amount) * share
      free[start + slot] = Math.min(free[start + slot] ?? 0, usable)
    }
  }
  const buildingAt = (circuitId: string, phase: number, at: number): number => {
    const load = buildingOf.get(circuitId)
    return load === undefined ? 0 : expectedBuilding(load, phase, input.at, at)
  }
  const lowerAmps = (circuitId: string, { L1, L2, L3 }: Circuit['limitAmps'], until: number): void => {
    for (const [phase, limit] of [L1, L2, L3].entries())
      lower(circuitId, phase, (at) => limit - buildingAt(circuitId, phase, at), until)
  }

  for (const { id, limitAmps, carsMaxWatts } of circuits) {
    lowerAmps(id, limitAmps, Infinity)
    if (carsMaxWatts !== null) lower(id, WATTS, () => carsMaxWatts, Infinity)
  }
  for (const { circuitId, maxAmps, carsMaxWatts, since, until } of input.limits ?? []) {
    const ends = until ?? input.at + Math.max(LIMIT_AT_LEAST_MS, input.at - since)
    if (maxAmps !== null) lowerAmps(circuitId, maxAmps, ends)
    if (carsMaxWatts !== null) lower(circuitId, WATTS, () => carsMaxWatts, ends)
  }
  if (demand !== undefined && buildingOf.has(demand.circuitId)) {
    const { circuitId, watts } = demand
    const buildingWatts = (at: number): number =>
      [0, 1, 2].reduce((sum, phase) => sum + buildingAt(circuitId, phase, at), 0) * input.voltage
    lower(circuitId, WATTS, (at) => watts - buildingWatts(at), Infinity)
  }
  const pathOf = new Map(circuits.map((circuit) => [circuit.id, pathFrom(circuit, circuits, placeOf)]))
  return { free, pathOf, slots, voltage: input.voltage }
}

function pathFrom(
  from: Circuit,
  circuits: readonly Circuit[],
  placeOf: ReadonlyMap<string, number>,
): readonly number[] {
  const path: number[] = []
  let next: Circuit | undefined = from
  while (next !== undefined) {
    const place = placeOf.get(next.id)
    if (place === undefined || path.includes(place)) return path
    path.push(place)
    next = next.parentId === null ? undefined : circuits[placeOf.get(next.parentId) ?? -1]
  }
  return path
}

/** What is free of one side of a circuit (by its place in the input): A, or W of the last side. */
export function freeAt({ free, slots }: Room, place: number, side: number, slot: number): number {
  return free[(place * SIDES + side) * slots.count + slot] ?? 0
}

/** Places of the circuits that a need loads; empty: its circuit is not known, and nothing can be planned on it. */
export function placesAbove({ pathOf }: Room, { session }: Need): readonly number[] {
  return pathOf.get(session.circuitId) ?? []
}

/**
 * Takes up to `wh` for a need in one slot; returns how much of it there was room (and time) for. What is no number gets nothing.
 *
 * @param path of the need, see `placesAbove`
 */
export function take(room: Room, need: Need, path: readonly number[], slot: number, wh: number): number {
  const { free, slots, voltage } = room
  const from = slots.edges[slot] ?? 0
  const to = slots.edges[slot + 1] ?? 0
  if (path.length === 0 || !(need.by > from)) return 0
  const hours = (to - from) / HOUR_MS
  let most = Math.min(wh, (need.watts * (Math.min(to, need.by) - from)) / HOUR_MS)
  for (const place of path) {
    const start = place * SIDES * slots.count + slot
    for (let phase = 0; phase < WATTS; phase++) {
      const share = need.shares[phase] ?? 0
      if (share > 0) most = Math.min(most, ((free[start + phase * slots.count] ?? 0) * voltage * hours) / share)
    }
    most = Math.min(most, (free[start + WATTS * slots.count] ?? 0) * hours)
    if (!(most > 0)) return 0
  }
  give(room, need, path, slot, -most)
  return most
}

/** Gives back what was taken. */
export function give(
  { free, slots, voltage }: Room,
  need: Need,
  path: readonly number[],
  slot: number,
  wh: number,
): void {
  const hours = ((slots.edges[slot + 1] ?? 0) - (slots.edges[slot] ?? 0)) / HOUR_MS
  for (const place of path) {
    const start = place * SIDES * slots.count + slot
    for (let phase = 0; phase < WATTS; phase++) {
      const side = start + phase * slots.count
      free[side] = (free[side] ?? 0) + (wh * (need.shares[phase] ?? 0)) / (voltage * hours)
    }
    const watts = start + WATTS * slots.count
    free[watts] = (free[watts] ?? 0) + wh / hours
  }
}
