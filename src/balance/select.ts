/**
 * Who charges, when not all fit at their minimum. In this order: who charges and has not had its quantum; who waits, longest first;
 * who has had its quantum (the longest served gives way); who waits and fits only in what is left. A session that waits and does not
 * fit yet keeps later ones from pushing others out, so that a three-phase car is not passed for ever by one-phase cars.
 */
import type { Capacity } from './capacity.ts'
import type { KnownOutlet } from './known-outlet.ts'
import type { OutletMemory } from './state.ts'
import { EPSILON_AMPS, QUANTUM_MS, STARVING_MS } from './timing.ts'
import { compareIds } from './tree.ts'

export interface Candidate {
  readonly outlet: KnownOutlet
  readonly memory: OutletMemory | undefined
  /** It charges now (or may, as far as we know). */
  readonly running: boolean
  /** A waiting one that may start now. */
  readonly startable: boolean
}

export interface Selection {
  readonly chosen: ReadonlySet<Candidate>
  /** For those not chosen: the slot without room for their minimum. */
  readonly refusedAt: ReadonlyMap<Candidate, number>
}

export function select(
  candidates: readonly Candidate[],
  capacity: Capacity,
  taken: Float64Array,
  at: number,
): Selection {
  const chosen = new Set<Candidate>()
  const refusedAt = new Map<Candidate, number>()
  const load = taken.slice()
  const none = new Float64Array(taken.length)

  const take = (candidate: Candidate, room: Float64Array, kept: Float64Array): boolean => {
    const { slots, minAmps } = candidate.outlet
    const refused = slots.find((slot) => over(room, load, kept, slot, minAmps))
    if (refused !== undefined) {
      refusedAt.set(candidate, refused)
      return false
    }
    add(load, candidate.outlet)
    chosen.add(candidate)
    refusedAt.delete(candidate)
    return true
  }

  const running = candidates.filter((candidate) => candidate.running)
  const waiting = candidates.filter((candidate) => !candidate.running && candidate.startable).toSorted(byWaiting)
  const [spent, protectedOnes] = partition(running, (candidate) => at - servedSince(candidate, at) >= QUANTUM_MS)

  for (const candidate of protectedOnes.toSorted(byServed)) take(candidate, capacity.cutAmps, none)
  const booked = none.slice()
  const starving = none.slice()
  const passed: Candidate[] = []
  const keepers = new Set<Candidate>()
  for (const candidate of waiting) {
    if (take(candidate, capacity.riseAmps, booked)) continue
    passed.push(candidate)
    // Only who could be served at all may hold others back.
    if (candidate.outlet.slots.some((slot) => over(capacity.riseAmps, taken, none, slot, candidate.outlet.minAmps)))
      continue
    add(booked, candidate.outlet)
    if (at - (candidate.memory?.waitingSince ?? at) < STARVING_MS) continue
    keepers.add(candidate)
    add(starving, candidate.outlet)
  }
  for (const candidate of spent.toSorted(byServed)) take(candidate, capacity.cutAmps, none)
  for (const candidate of passed) {
    if (keepers.has(candidate)) subtract(starving, candidate.outlet)
    if (!take(candidate, capacity.riseAmps, starving) && keepers.has(candidate)) add(starving, candidate.outlet)
  }
  for (const candidate of candidates) {
    if (candidate.running || candidate.startable) continue
    const refused = candidate.outlet.slots.find((slot) =>
      over(capacity.riseAmps, load, none, slot, candidate.outlet.minAmps),
    )
    if (refused !== undefined) refusedAt.set(candidate, refused)
  }
  return { chosen, refusedAt }
}

function over(room: Float64Array, load: Float64Array, kept: Float64Array, slot: number, amps: number): boolean {
  return (load[slot] ?? 0) + (kept[slot] ?? 0) + amps > (room[slot] ?? 0) + EPSILON_AMPS
}

function add(values: Float64Array, outlet: KnownOutlet): void {
  for (const slot of outlet.slots) values[slot] = (values[slot] ?? 0) + outlet.minAmps
}

function subtract(values: Float64Array, outlet: KnownOutlet): void {
  for (const slot of outlet.slots) values[slot] = Math.max(0, (values[slot] ?? 0) - outlet.minAmps)
}

function servedSince(candidate: Candidate, at: number): number {
  return candidate.memory?.servedSince ?? at
}

/** One-phase cars first, for the fewest stops; then who was served least long; then by id. */
function byServed(a: Candidate, b: Candidate): number {
  return (
    a.outlet.phases.length - b.outlet.phases.length ||
    (b.memory?.servedSince ?? Number.MAX_VALUE) - (a.memory?.servedSince ?? Number.MAX_VALUE) ||
    compareIds(a.outlet.id, b.outlet.id)
  )
}

function byWaiting(a: Candidate, b: Candidate): number {
  return (
    (a.memory?.waitingSince ?? Number.MAX_VALUE) - (b.memory?.waitingSince ?? Number.MAX_VALUE) ||
    compareIds(a.outlet.id, b.outlet.id)
  )
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  const yes: T[] = []
  const no: T[] = []
  for (const item of items) (test(item) ? yes : no).push(item)
  return [yes, no]
}
