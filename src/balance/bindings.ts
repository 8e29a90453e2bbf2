/** Why a set-point is what it is, in the words of `Binding`. */
import type { Binding } from '../model/set-point.ts'
import type { KnownOutlet } from './known/known-outlet.ts'
import type { Limits } from './known/limits.ts'
import type { Tree } from './known/tree.ts'
import { meaningOfSlot, placeOfSlot } from './known/tree.ts'
import type { Capacity } from './measure/capacity.ts'
import type { Candidate } from './schedule/candidate.ts'
import type { Target } from './schedule/targets.ts'

export interface Wiring {
  readonly tree: Tree
  readonly limits: Limits
  readonly capacity: Capacity
  readonly voltage: number
  /** Those of this tick by slot, as far as they were asked for: all on one slot have the same. */
  readonly ofSlot: Map<number, Binding>
}

/** Why an outlet gets nothing before any sharing. */
export function refusalOf(outlet: KnownOutlet): Binding {
  if (!outlet.online) return { kind: 'hold', reason: 'the charger does not answer: its fallback counts as drawn' }
  if (!outlet.sound) return { kind: 'hold', reason: 'its circuit, wiring or range is not known' }
  if (!outlet.wanted)
    return outlet.refusal === null ? { kind: 'hold', reason: 'no current is wanted' } : { kind: outlet.refusal }
  if (outlet.profileSource !== null) return { kind: 'profile', source: outlet.profileSource }
  return { kind: 'device' }
}

/** What bound the share of one that charges. */
export function boundOf({ candidate, amps, slot }: Target, wiring: Wiring): Binding {
  if (slot !== null) return bindingOfSlot(slot, wiring)
  const { outlet, topAmps, session } = candidate
  const { car } = session
  if (car.fullSince !== null || (amps >= topAmps && topAmps < outlet.capAmps)) return { kind: 'car' }
  return outlet.profileSource === null ? { kind: 'device' } : { kind: 'profile', source: outlet.profileSource }
}

export function bindingOfSlot(slot: number, wiring: Wiring): Binding {
  const known = wiring.ofSlot.get(slot)
  if (known !== undefined) return known
  const binding = newBindingOfSlot(slot, wiring)
  wiring.ofSlot.set(slot, binding)
  return binding
}

function newBindingOfSlot(slot: number, { tree, limits, capacity, voltage }: Wiring): Binding {
  const place = placeOfSlot(slot)
  const circuit = tree.circuits[place]
  const circuitId = circuit?.id ?? ''
  const { kind, phase } = meaningOfSlot(slot)
  if (kind === 'power') {
    const limitWatts = (limits.carsAmps[place] ?? 0) * voltage
    return { kind: 'power', circuitId, origin: limits.carsOrigin[place] ?? 'fuse', limitWatts }
  }
  if (kind === 'unbalance') return { kind: 'unbalance', circuitId, limitAmps: circuit?.unbalanceAmps ?? 0 }
  if (capacity.failSafe[place] === true) return { kind: 'fail-safe', circuitId }
  const limitAmps = limits.phaseAmps[slot] ?? 0
  const buildingAmps = capacity.building[place]?.[phase] ?? null
  return { kind: 'circuit', circuitId, phase, origin: limits.phaseOrigin[slot] ?? 'fuse', limitAmps, buildingAmps }
}

/** Why one that wants current waits. */
export function waitingReason(
  { outlet, memory, mayWait, full, loading }: Candidate,
  refusedSlot: number | undefined,
  taken: Float64Array,
  wiring: Wiring,
  at: number,
): Binding {
  const { capacity, tree } = wiring
  if (memory !== undefined && at < memory.restUntil) return { kind: 'hold', reason: 'rests after a pause' }
  for (const place of outlet.path) {
    const reason = capacity.hold[place] ?? null
    if (reason !== null) return { kind: 'hold', reason }
  }
  if (mayWait !== null) return { kind: 'wait', reason: mayWait }
  if (full) return { kind: 'car' }
  const slot = refusedSlot ?? loading.slots[0]
  if (slot === undefined) return { kind: 'hold', reason: 'waits for its turn' }
  const circuitId = tree.circuits[placeOfSlot(slot)]?.id ?? ''
  const alone = (capacity.startAmps[slot] ?? 0) - (taken[slot] ?? 0)
  if (alone >= outlet.minAmps) return { kind: 'turn', circuitId }
  const now = (capacity.riseAmps[slot] ?? 0) - (taken[slot] ?? 0)
  if (now >= outlet.minAmps)
    return { kind: 'hold', reason: `the building took more on circuit ${circuitId} within the last four minutes` }
  const bound = bindingOfSlot(slot, wiring)
  return bound.kind === 'circuit' && bound.origin === 'fuse' ? { kind: 'minimum', circuitId } : bound
}
