/**
 * The circuits as a tree of slots. A slot is one thing that has a limit: a phase of a circuit, the power of the cars below it, or the
 * unbalance that they may cause on a phase.
 */
import type { Circuit } from '../../model/circuit.ts'
import { PHASES } from '../../model/phase.ts'
import type { Phase, PhaseAmps } from '../../model/phase.ts'

export interface KnownCircuit {
  readonly id: string
  readonly meterId: string | null
  /** Per phase; 0 where the input has no sound number, or where the tree is broken. */
  readonly fuseAmps: readonly [number, number, number]
  readonly failSafeAmps: number
  /** For the cars below together, W; Infinity: no limit. */
  readonly carsMaxWatts: number
  readonly unbalanceAmps: number
  /** Places in `Tree.circuits` from this circuit up to its root. */
  readonly path: readonly number[]
}

export interface Tree {
  /** Sorted by id, so that the order of the input does not matter. */
  readonly circuits: readonly KnownCircuit[]
  readonly placeOf: ReadonlyMap<string, number>
  readonly slotCount: number
  readonly hasUnbalanceLimit: boolean
}

/** Slots of one circuit: its three phases, its cars' power, its unbalance per phase. */
export const SLOTS_PER_CIRCUIT = 7
const POWER = 3
const UNBALANCE = 4

export function slotOf(place: number, phase: number): number {
  return place * SLOTS_PER_CIRCUIT + phase
}

/** In A summed over phases. */
export function powerSlotOf(place: number): number {
  return place * SLOTS_PER_CIRCUIT + POWER
}

export function unbalanceSlotOf(place: number, phase: number): number {
  return place * SLOTS_PER_CIRCUIT + UNBALANCE + phase
}

export function placeOfSlot(slot: number): number {
  return Math.floor(slot / SLOTS_PER_CIRCUIT)
}

export function isUnbalanceSlot(slot: number): boolean {
  return slot % SLOTS_PER_CIRCUIT >= UNBALANCE
}

/** What a slot limits, and on which phase. */
export function meaningOfSlot(slot: number): { readonly kind: 'phase' | 'power' | 'unbalance'; readonly phase: Phase } {
  const part = slot % SLOTS_PER_CIRCUIT
  if (part === POWER) return { kind: 'power', phase: 'L1' }
  if (part >= UNBALANCE) return { kind: 'unbalance', phase: PHASES[part - UNBALANCE] ?? 'L1' }
  return { kind: 'phase', phase: PHASES[part] ?? 'L1' }
}

/** One value for each slot, all 0. */
export function perSlot(tree: Tree): Float64Array {
  return new Float64Array(tree.slotCount)
}

export function phaseAmpsAt(values: Float64Array, place: number): PhaseAmps {
  const first = slotOf(place, 0)
  return { L1: values[first] ?? 0, L2: values[first + 1] ?? 0, L3: values[first + 2] ?? 0 }
}

const trees = new WeakMap<readonly Circuit[], Tree>()

/**
 * A circuit that appears twice, whose parent is unknown, or that is its own ancestor allows nothing: the configuration should have
 * refused it, and a limit that is not known is not infinite. The tree of an array is built once.
 */
export function treeOf(input: readonly Circuit[]): Tree {
  const known = trees.get(input)
  if (known !== undefined) return known
  const tree = buildTree(input)
  trees.set(input, tree)
  return tree
}

function buildTree(input: readonly Circuit[]): Tree {
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
    const fuse = (phase: Phase): number => (allows ? amount(circuit.limitAmps[phase]) : 0)
    circuits.push({
      id,
      meterId: broken.has(id) ? null : circuit.meterId,
      fuseAmps: [fuse('L1'), fuse('L2'), fuse('L3')],
      failSafeAmps: amount(circuit.failSafeAmps),
      carsMaxWatts: circuit.carsMaxWatts === null ? Infinity : amount(circuit.carsMaxWatts),
      unbalanceAmps: circuit.unbalanceAmps === null ? Infinity : amount(circuit.unbalanceAmps),
      path: path ?? [placeOf.get(id) ?? 0],
    })
  }
  const hasUnbalanceLimit = circuits.some(({ unbalanceAmps }) => unbalanceAmps < Infinity)
  return { circuits, placeOf, slotCount: circuits.length * SLOTS_PER_CIRCUIT, hasUnbalanceLimit }
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

/** A limit: what is no finite positive number allows nothing. */
export function amount(value: number): number {
  return Number.isFinite(value) && value > 0 ? value : 0
}

export function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
