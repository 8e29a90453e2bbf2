/** The circuits as a tree of slots. A slot is one phase of one circuit: the thing that has a limit. */
import type { Circuit } from '../model/circuit.ts'
import { PHASES } from '../model/phase.ts'
import type { Phase, PhaseAmps } from '../model/phase.ts'

interface KnownCircuit {
  readonly id: string
  readonly meterId: string | null
  /** Per phase; 0 where the input has no sound number, or where the tree is broken. */
  readonly limitAmps: readonly number[]
  readonly failSafeAmps: number
  /** Places in `Tree.circuits` from this circuit up to its root. */
  readonly path: readonly number[]
}

export interface Tree {
  /** Sorted by id, so that the order of the input does not matter. */
  readonly circuits: readonly KnownCircuit[]
  readonly placeOf: ReadonlyMap<string, number>
  readonly slotCount: number
}

export function slotOf(place: number, phase: number): number {
  return place * 3 + phase
}

export function placeOfSlot(slot: number): number {
  return Math.floor(slot / 3)
}

export function phaseOfSlot(slot: number): Phase {
  return PHASES[slot % 3] ?? 'L1'
}

/** One value for each slot, all 0. */
export function perSlot(tree: Tree): Float64Array {
  return new Float64Array(tree.slotCount)
}

export function phaseAmpsAt(values: Float64Array, place: number): PhaseAmps {
  return { L1: values[place * 3] ?? 0, L2: values[place * 3 + 1] ?? 0, L3: values[place * 3 + 2] ?? 0 }
}

/**
 * A circuit that appears twice, whose parent is unknown, or that is its own ancestor allows nothing: the configuration should have
 * refused it, and a limit that is not known is not infinite.
 */
export function buildTree(input: readonly Circuit[]): Tree {
  const byId = new Map<string, Circuit>()
  const broken = new Set<string>()
  for (const circuit of input) {
    if (byId.has(circuit.id)) broken.add(circuit.id)
    byId.set(circuit.id, circuit)
  }
  const ids = [...byId.keys()].toSorted(compareIds)
  const placeOf = new Map(ids.map((id, place) => [id, place]))
  const circuits: KnownCircuit[] = []
  for (const [id, circuit] of [...byId.entries()].toSorted(([a], [b]) => compareIds(a, b))) {
    const path = pathToRoot(id, byId, placeOf)
    const allows = path !== null && !broken.has(id)
    circuits.push({
      id,
      meterId: broken.has(id) ? null : circuit.meterId,
      limitAmps: PHASES.map((phase) => (allows ? amount(circuit.limitAmps[phase]) : 0)),
      failSafeAmps: amount(circuit.failSafeAmps),
      path: path ?? [placeOf.get(id) ?? 0],
    })
  }
  return { circuits, placeOf, slotCount: circuits.length * 3 }
}

function pathToRoot(
  id: string,
  byId: ReadonlyMap<string, Circuit>,
  placeOf: ReadonlyMap<string, number>,
): readonly number[] | null {
  const path: number[] = []
  let next: string | null = id
  while (next !== null) {
    const circuit = byId.get(next)
    const place = placeOf.get(next)
    if (circuit === undefined || place === undefined || path.includes(place)) return null
    path.push(place)
    next = circuit.parentId
  }
  return path
}

/** A current limit: what is no finite positive number allows nothing. */
function amount(amps: number): number {
  return Number.isFinite(amps) && amps > 0 ? amps : 0
}

export function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
