/** The room that circuits have in the slots ahead, and what sessions take of it. Amps are means over a slot. */
import type { Circuit } from '../../model/circuit.ts'
import type { Horizon } from './horizon.ts'
import type { Need } from './need.ts'
import type { PolicyInput } from './policy-input.ts'

/** Per circuit: L1, L2, L3 in A, and all together in W. */
const SIDES = 4
/** A limit without an end holds on for as long as it has held, and for an hour at least. */
const LIMIT_AT_LEAST_MS = 3_600_000
const HOUR_MS = 3_600_000

export interface Room {
  /** [circuit][side][slot], flat. */
  readonly free: Float64Array
  readonly pathOf: ReadonlyMap<string, readonly number[]>
  readonly slots: Horizon
  readonly voltage: number
}

/** @param share of each limit that may be planned with */
export function buildRoom(input: PolicyInput, slots: Horizon, share: number): Room {
  const { circuits } = input
  const place = new Map(circuits.map(({ id }, index) => [id, index]))
  const free = new Float64Array(circuits.length * SIDES * slots.count)
  const pathOf = new Map<string, readonly number[]>()
  for (const [index, circuit] of circuits.entries()) {
    pathOf.set(circuit.id, pathFrom(circuit, circuits, place))
    const building = input.building?.find(({ circuitId }) => circuitId === circuit.id)?.amps ?? [0, 0, 0]
    const { L1, L2, L3 } = circuit.limitAmps
    const sides = [...[L1, L2, L3].map((limit, phase) => limit - (building[phase] ?? 0)), circuit.carsMaxWatts ?? Infinity]
    for (const [side, amount] of sides.entries()) {
      const start = (index * SIDES + side) * slots.count
      free.fill(Math.max(0, amount) * share, start, start + slots.count)
    }
  }
  for (const limit of input.limits ?? []) {
    const index = place.get(limit.circuitId)
    if (index === undefined) continue
    const ends = limit.until ?? input.at + Math.max(LIMIT_AT_LEAST_MS, input.at - limit.since)
    const building = input.building?.find(({ circuitId }) => circuitId === limit.circuitId)?.amps ?? [0, 0, 0]
    const amps = limit.maxAmps
    const sides = [
      ...(amps === null ? [Infinity, Infinity, Infinity] : [amps.L1, amps.L2, amps.L3].map((a, p) => a - (building[p] ?? 0))),
      limit.carsMaxWatts ?? Infinity,
    ]
    for (const [side, amount] of sides.entries()) {
      const start = (index * SIDES + side) * slots.count
      for (let slot = 0; slot < slots.count && (slots.edges[slot] ?? 0) < ends; slot++)
        free[start + slot] = Math.min(free[start + slot] ?? 0, Math.max(0, amount) * share)
    }
  }
  return { free, pathOf, slots, voltage: input.voltage }
}

function pathFrom(from: Circuit, circuits: readonly Circuit[], place: ReadonlyMap<string, number>): readonly number[] {
  const path: number[] = []
  let next: Circuit | undefined = from
  while (next !== undefined) {
    const index = place.get(next.id)
    if (index === undefined || path.includes(index)) return path
    path.push(index)
    next = next.parentId === null ? undefined : circuits[place.get(next.parentId) ?? -1]
  }
  return path
}

/** Takes up to `wh` for a need in one slot; says how much of it there was room for. */
export function take(room: Room, need: Need, slot: number, wh: number): number {
  const { free, slots, voltage } = room
  const from = slots.edges[slot] ?? 0
  const hours = (Math.min(slots.edges[slot + 1] ?? 0, need.by) - from) / HOUR_MS
  const slotHours = ((slots.edges[slot + 1] ?? 0) - from) / HOUR_MS
  if (hours <= 0) return 0
  const path = room.pathOf.get(need.session.circuitId)
  if (path === undefined) return 0
  let most = Math.min(wh, need.watts * hours)
  for (const circuit of path) {
    const start = circuit * SIDES * slots.count + slot
    for (let phase = 0; phase < 3; phase++) {
      const share = need.shares[phase] ?? 0
      if (share > 0) most = Math.min(most, ((free[start + phase * slots.count] ?? 0) * voltage * slotHours) / share)
    }
    most = Math.min(most, (free[start + 3 * slots.count] ?? 0) * slotHours)
  }
  if (most <= 0) return 0
  for (const circuit of path) {
    const start = circuit * SIDES * slots.count + slot
    for (let phase = 0; phase < 3; phase++) {
      const place = start + phase * slots.count
      free[place] = (free[place] ?? 0) - (most * (need.shares[phase] ?? 0)) / (voltage * slotHours)
    }
    const watts = start + 3 * slots.count
    free[watts] = (free[watts] ?? 0) - most / slotHours
  }
  return most
}
