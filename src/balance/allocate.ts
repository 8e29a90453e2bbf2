/**
 * The allocator: shares what the circuits leave among the outlets that want current. A pure function of its input and its own state;
 * it reads no clock, does no I/O and knows no chance, so a recorded site can be played again.
 *
 * Contract with who sends the set-points: decreases are sent at once; an increase is sent only from the newest result, and a set-point
 * on its way is told back in `pendingAmps` (the highest one, if several are).
 *
 * Cost: outlets x slots of each (circuits above it x phases), plus the rounds of `fill`.
 */
import type { Allocation, BalanceInput, BalanceResult, CircuitLoad } from '../model/balance-input.ts'
import type { Binding } from '../model/set-point.ts'
import { alarmsOf } from './alarms.ts'
import { capacityOf } from './capacity.ts'
import type { Capacity } from './capacity.ts'
import { drawOf } from './draw.ts'
import { fill } from './fill.ts'
import type { Share } from './fill.ts'
import { gate } from './gate.ts'
import type { Claim } from './gate.ts'
import { floorToStep } from './grid.ts'
import { knownOutlets } from './known-outlet.ts'
import type { KnownOutlet } from './known-outlet.ts'
import { judgeMeters } from './meters.ts'
import { nextMemory } from './outlet-memory.ts'
import { standing } from './reserve.ts'
import type { Standing } from './reserve.ts'
import { select } from './select.ts'
import type { Candidate } from './select.ts'
import { knownSettings } from './settings.ts'
import type { BalanceState, OutletMemory } from './state.ts'
import { EPSILON_AMPS } from './timing.ts'
import { buildTree, perSlot, phaseAmpsAt, phaseOfSlot, placeOfSlot } from './tree.ts'
import type { Tree } from './tree.ts'

export { initialBalanceState } from './state.ts'
export type { BalanceState } from './state.ts'

/** An outlet with all that is decided of it in this tick. */
interface Decision {
  readonly outlet: KnownOutlet
  readonly standing: Standing
  readonly memory: OutletMemory | undefined
  amps: number
  binding: Binding
}

export function allocate(input: BalanceInput, state: BalanceState): BalanceResult<BalanceState> {
  const settings = knownSettings(input.settings)
  const at = Number.isFinite(input.at) ? input.at : state.at
  const now = { ...input, at }
  const startedAt = state.startedAt ?? at
  const tree = buildTree(input.circuits)
  const outlets = knownOutlets(now, tree)
  const standings = outlets.map((outlet) => standing(outlet, state.outlets.get(outlet.id), settings, at))
  const draw = drawOf(tree, outlets, standings, settings, at)
  const meters = judgeMeters(now, tree, draw, state.meters, settings, startedAt)
  const capacity = capacityOf(tree, meters.ofCircuit, draw, state.circuits, settings, at)

  const taken = takenWhateverWeOrder(tree, outlets, standings)
  const decisions = outlets.map((outlet, index): Decision => {
    const own = standings[index] ?? standing(outlet, undefined, settings, at)
    return { outlet, standing: own, memory: state.outlets.get(outlet.id), amps: 0, binding: refusalOf(outlet) }
  })
  const serving = decisions.filter(({ outlet, standing: own }) => servable(outlet) && own.beyondControl === null)
  for (const decision of decisions)
    if (decision.standing.beyondControl !== null) commandOn(decision, serving, taken, capacity)
  share(tree, serving, taken, draw.reservedAmps, capacity, settings, at)

  const memory = new Map<string, OutletMemory>()
  for (const decision of decisions) memory.set(decision.outlet.id, nextMemory(decision, settings, at))
  return {
    allocations: decisions.map(({ outlet, amps, binding }): Allocation => ({
      outletId: outlet.id,
      amps,
      binding,
      rank: null,
    })),
    loads: tree.circuits.map((circuit, place): CircuitLoad => ({
      circuitId: circuit.id,
      buildingAmps: capacity.building[place] ?? null,
      reservedAmps: phaseAmpsAt(draw.reservedAmps, place),
      availableAmps: phaseAmpsAt(capacity.cutAmps, place),
      failSafe: capacity.failSafe[place] ?? false,
      limitAmps: phaseAmpsAt(Float64Array.from(tree.circuits.flatMap(({ limitAmps }) => limitAmps)), place),
      limitSource: 'fuse',
    })),
    alarms: alarmsOf(tree, meters.ofCircuit, capacity, outlets, standings),
    state: { startedAt, at, outlets: memory, circuits: capacity.memory, meters: meters.memory },
  }
}

/** What outlets take that no order of ours will lower. */
function takenWhateverWeOrder(
  tree: Tree,
  outlets: readonly KnownOutlet[],
  standings: readonly Standing[],
): Float64Array {
  const taken = perSlot(tree)
  outlets.forEach((outlet, index) => {
    const own = standings[index]
    if (own === undefined || own.beyondControl === null) return
    for (const slot of outlet.slots) taken[slot] = (taken[slot] ?? 0) + own.lastingAmps
  })
  return taken
}

/** It wants current and its range and profile allow some. */
function servable(outlet: KnownOutlet): boolean {
  return outlet.online && outlet.sound && outlet.wanted && outlet.capAmps >= outlet.minAmps
}

/** Why an outlet gets nothing before any sharing. */
function refusalOf(outlet: KnownOutlet): Binding {
  if (!outlet.online) return { kind: 'hold', reason: 'the charger does not answer: its fallback counts as drawn' }
  if (!outlet.sound) return { kind: 'hold', reason: 'its circuit, wiring or range is not known' }
  if (!outlet.wanted)
    return outlet.refusal === null ? { kind: 'hold', reason: 'no current is wanted' } : { kind: outlet.refusal }
  if (outlet.profileSource !== null) return { kind: 'profile', source: outlet.profileSource }
  return { kind: 'device' }
}

/**
 * A charger that does not obey keeps its last order, and what it takes is reserved. Where that leaves too little for those that charge
 * beside it, it is paused: an opened contactor is the last thing it may still obey.
 */
function commandOn(decision: Decision, serving: readonly Decision[], taken: Float64Array, capacity: Capacity): void {
  const { outlet, standing: own, memory } = decision
  if (own.beyondControl === 'offline' || !servable(outlet)) return
  decision.binding = { kind: 'hold', reason: 'the charger does not keep to its set-point' }
  const running = taken.slice()
  for (const other of serving) {
    if ((other.standing.heldAmps ?? 1) <= 0) continue
    for (const slot of other.outlet.slots) running[slot] = (running[slot] ?? 0) + other.outlet.minAmps
  }
  if (outlet.slots.some((slot) => (running[slot] ?? 0) > (capacity.cutAmps[slot] ?? 0) + EPSILON_AMPS)) return
  const last = Math.min(memory?.orderedAmps ?? 0, own.inForceAmps, outlet.capAmps)
  const amps = floorToStep(last, outlet.stepAmps)
  decision.amps = amps >= outlet.minAmps ? amps : 0
}

function share(
  tree: Tree,
  serving: readonly Decision[],
  taken: Float64Array,
  reserved: Float64Array,
  capacity: Capacity,
  settings: BalanceInput['settings'],
  at: number,
): void {
  const decisionOf = new Map<Candidate, Decision>()
  for (const decision of serving) decisionOf.set(candidateOf(decision, capacity, at), decision)
  const selection = select([...decisionOf.keys()], capacity, taken, at)
  for (const [candidate, decision] of decisionOf) {
    const refused = selection.refusedAt.get(candidate)
    if (refused !== undefined) decision.binding = noMinimum(tree, capacity, refused)
    else if (!selection.chosen.has(candidate)) decision.binding = waitingReason(decision, capacity, at)
  }

  const chosen = [...decisionOf]
    .filter(([candidate]) => selection.chosen.has(candidate))
    .map(([, decision]) => decision)
  const takers = chosen.map(({ outlet }) => outlet)
  const now = fill(capacity.cutAmps, taken, takers)
  const tighter = capacity.riseAmps.some((amps, slot) => amps < (capacity.cutAmps[slot] ?? 0))
  const later = tighter ? fill(capacity.riseAmps, taken, takers) : now
  const claims = chosen.map((decision, index): Claim => ({
    outlet: decision.outlet,
    standing: decision.standing,
    memory: decision.memory,
    cutAmps: onGrid(decision.outlet, now[index]),
    riseAmps: onGrid(decision.outlet, later[index]),
  }))
  const passed = gate(claims, capacity, taken, reserved, settings, at)
  chosen.forEach((decision, index) => {
    const claim = claims[index]
    const pass = claim === undefined ? undefined : passed.get(claim)
    if (claim === undefined || pass === undefined) return
    decision.amps = pass.amps
    const bound = pass.amps < claim.cutAmps ? later[index] : now[index]
    decision.binding =
      pass.held === null ? bindingOf(tree, capacity, decision.outlet, bound) : { kind: 'hold', reason: pass.held }
  })
}

function candidateOf(decision: Decision, capacity: Capacity, at: number): Candidate {
  const { outlet, standing: own, memory } = decision
  // A pause that is ordered and not yet confirmed is a pause: the car has lost its turn.
  const running = (own.heldAmps === null || own.heldAmps > 0) && memory?.orderedAmps !== 0
  const rested = memory === undefined || at >= memory.restUntil
  const open = outlet.path.every((place) => (capacity.hold[place] ?? null) === null)
  return { outlet, memory, running, startable: rested && open }
}

function onGrid(outlet: KnownOutlet, shared: Share | undefined): number {
  return Math.max(outlet.minAmps, floorToStep(shared?.amps ?? 0, outlet.stepAmps))
}

function noMinimum(tree: Tree, capacity: Capacity, slot: number): Binding {
  const place = placeOfSlot(slot)
  const circuitId = tree.circuits[place]?.id ?? ''
  return capacity.failSafe[place] === true ? { kind: 'fail-safe', circuitId } : { kind: 'minimum', circuitId }
}

function waitingReason({ outlet, memory }: Decision, capacity: Capacity, at: number): Binding {
  if (memory !== undefined && at < memory.restUntil) return { kind: 'hold', reason: 'rests after a pause' }
  const reason = outlet.path.map((place) => capacity.hold[place] ?? null).find((hold) => hold !== null)
  return { kind: 'hold', reason: reason ?? 'waits for its turn' }
}

function bindingOf(tree: Tree, capacity: Capacity, outlet: KnownOutlet, bound: Share | undefined): Binding {
  if (bound === undefined || bound.slot === null) {
    return outlet.profileSource === null ? { kind: 'device' } : { kind: 'profile', source: outlet.profileSource }
  }
  const place = placeOfSlot(bound.slot)
  const circuitId = tree.circuits[place]?.id ?? ''
  if (capacity.failSafe[place] === true) return { kind: 'fail-safe', circuitId }
  const phase = phaseOfSlot(bound.slot)
  const limitAmps = tree.circuits[place]?.limitAmps[bound.slot % 3] ?? 0
  const buildingAmps = capacity.building[place]?.[phase] ?? null
  return { kind: 'circuit', circuitId, phase, origin: 'fuse', limitAmps, buildingAmps }
}
