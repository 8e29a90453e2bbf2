/**
 * The balancing core: shares what the circuits leave among the outlets that want current. A pure function of its input and its own state;
 * it reads no clock, does no I/O and knows no chance, so a recorded site can be played again.
 *
 * Three layers: `policy` says who may wait (before this is called); `schedule` says who is served with how much; `gate` lowers or delays.
 * `known` makes the input sound, `measure` says what flows, what must be held free and what is left.
 *
 * Contract with who sends the set-points: decreases are sent at once; an increase is sent only from the newest result, and a set-point
 * on its way is told back in `pendingAmps` (the highest one, if several are).
 *
 * Cost: outlets x slots of each (circuits above it x 4 to 7), plus the rounds of `fill`.
 */
import type { Allocation, BalanceInput, BalanceResult, BalanceSettings, CircuitLoad } from '../model/balance-input.ts'
import type { Binding, LimitOrigin, Rank } from '../model/set-point.ts'
import { alarmsOf } from './alarms.ts'
import { boundOf, refusalOf, waitingReason } from './bindings.ts'
import type { Wiring } from './bindings.ts'
import { orderToDisobedient } from './disobedient.ts'
import { memoryOf, restoredState } from './memory.ts'
import { gate } from './gate/gate.ts'
import type { Passed } from './gate/gate.ts'
import { knownOutlets } from './known/known-outlet.ts'
import type { KnownOutlet } from './known/known-outlet.ts'
import { limitsOf } from './known/limits.ts'
import { addLoad, loadingOf } from './known/loading.ts'
import type { Loading, PhaseMask } from './known/loading.ts'
import { knownParameters, knownSettings } from './known/settings.ts'
import { perSlot, phaseAmpsAt, slotOf, treeOf } from './known/tree.ts'
import type { Tree } from './known/tree.ts'
import { capacityOf, isHeld } from './measure/capacity.ts'
import type { Capacity } from './measure/capacity.ts'
import { learn, phasesOfCar, unevenPhasesOf } from './measure/car.ts'
import { drawOf } from './measure/draw.ts'
import { eveningOf } from './measure/evening.ts'
import type { Evening } from './measure/evening.ts'
import { judgeMeters } from './measure/meters.ts'
import { standing } from './measure/reserve.ts'
import type { Standing } from './measure/reserve.ts'
import { nextMemory, sessionMemoryOf } from './outlet-memory.ts'
import { appetiteOf, candidateOf } from './schedule/candidate.ts'
import type { Candidate } from './schedule/candidate.ts'
import { judgePromises } from './schedule/promises.ts'
import type { Promised, Seeker } from './schedule/promises.ts'
import { inOrder } from './schedule/order.ts'
import { select } from './schedule/select.ts'
import { targetsOf } from './schedule/targets.ts'
import { wishesOf } from './schedule/wishes.ts'
import type { Wish } from './schedule/wishes.ts'
import type { BalanceState, CarMemory, OutletMemory, SessionMemory } from './state.ts'

export { memoryOf, restoredState }
export { initialBalanceState } from './state.ts'
export type { BalanceState } from './state.ts'

/** An outlet with all that is decided of it in this tick. */
interface Decision {
  readonly outlet: KnownOutlet
  readonly standing: Standing
  readonly memory: OutletMemory | undefined
  readonly session: SessionMemory | null
  readonly car: CarMemory | null
  /** Phases that its car may load. */
  readonly mask: PhaseMask
  readonly loading: Loading
  amps: number
  binding: Binding
  rank: Rank | null
}

/** What an earlier run of ours left is kept for this long, for chargers that are late. */
const RESTORED_MS = 10 * 60_000

export function allocate(input: BalanceInput, before: BalanceState): BalanceResult<BalanceState> {
  const settings = knownSettings(input.settings)
  const at = Number.isFinite(input.at) ? input.at : before.at
  // A clock that went back makes all times of ours meaningless: as after a restart.
  const state = at < before.at ? restoredState(memoryOf(before), at) : before
  const now = { ...input, at, settings, parameters: knownParameters(input.parameters) }
  const startedAt = state.startedAt ?? at
  const tree = treeOf(input.circuits)
  const limits = limitsOf(now, tree, settings)
  const outlets = knownOutlets(now, tree)
  const decisions = outlets.map((outlet) => decisionOf(outlet, tree, now, state))
  const draw = drawOf(tree, decisions, settings, at)
  const meters = judgeMeters(now, tree, draw, state.meters, settings, startedAt)
  const serving = decisions.filter(isObeying)
  const evening = eveningOf(tree, serving, settings, at)
  const capacity = capacityOf(tree, limits, meters.ofCircuit, draw, evening.amps, state.circuits, settings, at)
  const wiring: Wiring = { tree, limits, capacity, voltage: settings.voltage, ofSlot: new Map() }

  const taken = perSlot(tree)
  const reserved = perSlot(tree)
  for (const { standing: own, loading } of decisions) {
    addLoad(reserved, loading, own.reserveAmps)
    addLoad(taken, loading, own.beyondControl === null ? own.excessAmps : own.lastingAmps)
  }
  const running = withMinima(taken, serving)
  for (const decision of decisions) {
    const { outlet, standing: own } = decision
    if (own.beyondControl === null || own.beyondControl === 'offline' || !servable(outlet)) continue
    decision.amps = orderToDisobedient(decision, running, reserved, capacity, at)
    decision.binding = { kind: 'hold', reason: 'the charger does not keep to its set-point' }
  }
  share(decisions, serving, taken, reserved, evening, wiring, now)

  return {
    allocations: decisions.map(({ outlet, amps, binding, rank }): Allocation => ({
      outletId: outlet.id,
      amps,
      binding,
      rank,
    })),
    loads: tree.circuits.map((circuit, place): CircuitLoad => ({
      circuitId: circuit.id,
      buildingAmps: capacity.building[place] ?? null,
      reservedAmps: phaseAmpsAt(reserved, place),
      availableAmps: phaseAmpsAt(capacity.cutAmps, place),
      failSafe: capacity.failSafe[place] ?? false,
      limitAmps: phaseAmpsAt(limits.phaseAmps, place),
      limitSource: originOf(place),
    })),
    alarms: alarmsOf(tree, meters.ofCircuit, capacity, limits, decisions),
    state: {
      startedAt: Number.isFinite(startedAt) ? startedAt : null,
      at,
      outlets: nextMemories(decisions, state.outlets, settings, at),
      circuits: capacity.memory,
      meters: meters.memory,
      restored: at - startedAt < RESTORED_MS ? state.restored : NOTHING_RESTORED,
    },
  }

  /** Who set the tightest phase limit. */
  function originOf(place: number): LimitOrigin {
    let lowest = 0
    for (let phase = 1; phase < 3; phase++)
      if ((limits.phaseAmps[slotOf(place, phase)] ?? 0) < (limits.phaseAmps[slotOf(place, lowest)] ?? 0)) lowest = phase
    return limits.phaseOrigin[slotOf(place, lowest)] ?? 'fuse'
  }
}

const NOTHING_RESTORED: ReadonlyMap<string, SessionMemory> = new Map()

function decisionOf(outlet: KnownOutlet, tree: Tree, { settings, at }: BalanceInput, state: BalanceState): Decision {
  const memory = state.outlets.get(outlet.id)
  const session = sessionMemoryOf(outlet, memory, state, at)
  const car = session === null ? null : learn(session.car, outlet, outlet.confirmedAmps ?? 0, settings, at)
  const mask = phasesOfCar(car, outlet)
  return {
    outlet,
    standing: standing(outlet, memory, settings, at),
    memory,
    session: session === null || car === null || car === session.car ? session : { ...session, car },
    car,
    mask,
    loading: loadingOf(tree, outlet.place, mask, unevenPhasesOf(car, outlet)),
    amps: 0,
    binding: refusalOf(outlet),
    rank: null,
  }
}

/** The memories of the last tick where all outlets are the same: most of them have not changed. */
function nextMemories(
  decisions: readonly Decision[],
  before: ReadonlyMap<string, OutletMemory>,
  settings: BalanceSettings,
  at: number,
): ReadonlyMap<string, OutletMemory> {
  let known = 0
  const changed: [string, OutletMemory][] = []
  for (const decision of decisions) {
    const next = nextMemory(decision, decision.car, settings, at)
    // What is not sound may be there twice.
    if (decision.memory !== undefined && decision.outlet.sound) known++
    if (next !== decision.memory) changed.push([decision.outlet.id, next])
  }
  if (known === before.size) {
    if (changed.length === 0) return before
    const memories = new Map(before)
    for (const [id, memory] of changed) memories.set(id, memory)
    return memories
  }
  const memories = new Map(changed)
  for (const { outlet, memory } of decisions)
    if (memory !== undefined && !memories.has(outlet.id)) memories.set(outlet.id, memory)
  return memories
}

/** It wants current and its range and profile allow some. */
function servable(outlet: KnownOutlet): boolean {
  return outlet.online && outlet.sound && outlet.wanted && outlet.capAmps >= outlet.minAmps
}

/** It may be served, and does what it is told. */
function isObeying({ outlet, standing: own }: Decision): boolean {
  return servable(outlet) && own.beyondControl === null
}

/** What is taken anyway, and the minima of those that charge. */
function withMinima(taken: Float64Array, serving: readonly Decision[]): Float64Array {
  const running = taken.slice()
  for (const { standing: own, loading, outlet } of serving)
    if ((own.heldAmps ?? 1) > 0) addLoad(running, loading, outlet.minAmps)
  return running
}

/** @param decisions of all outlets, `serving` those of them that want current and can be given some */
function share(
  decisions: readonly Decision[],
  serving: readonly Decision[],
  taken: Float64Array,
  reserved: Float64Array,
  evening: Evening,
  wiring: Wiring,
  input: BalanceInput,
): void {
  const { settings, at, parameters } = input
  const { capacity, tree } = wiring
  const promises =
    settings.strategy === 'commitments'
      ? judgePromises(seekersOf(serving), capacity.riseAmps, settings.voltage, at)
      : NO_PROMISES
  const candidates: Candidate[] = []
  for (const decision of serving) {
    const candidate = seekingOf(decision, promises.get(decision.outlet), capacity, input)
    if (candidate !== null) candidates.push(candidate)
  }
  const ordered = inOrder(candidates, settings.strategy)
  const selection = select(ordered, capacity, taken, at)
  const room = keepFree(capacity.riseAmps, tree, parameters.arrivalReserveAmps * parameters.reservedArrivals)
  const targets = targetsOf(ordered, selection, capacity, room, taken)
  const wishes = wishesOf(targets, capacity, taken, input, tree)
  const passed = gate(wishes, capacity, taken, reserved, evening, input)

  const isServed = new Uint8Array(decisions.length)
  wishes.forEach((wish, place) => {
    const { index } = wish.candidate.outlet
    const decision = decisions[index]
    const pass = passed[place]
    if (decision === undefined || pass === undefined) return
    isServed[index] = 1
    serve(decision, wish, pass, wiring)
  })
  ordered.forEach((candidate, place) => {
    const { index } = candidate.outlet
    const decision = decisions[index]
    if (decision === undefined) return
    if (isServed[index] !== 1)
      decision.binding = waitingReason(candidate, selection.refusedAt.get(candidate), taken, wiring, at)
    decision.rank = rankOf(candidate, place + 1, ordered.length)
  })
}

// What is done for each outlet is a function of its own: those are compiled well, the long loops around them are not.

/** The one who seeks current; null: there is no session to remember. */
function seekingOf(
  { outlet, standing: own, memory, session, loading }: Decision,
  promised: Promised | undefined,
  capacity: Capacity,
  { settings, at }: BalanceInput,
): Candidate | null {
  if (session === null) return null
  const rested = memory === undefined || at >= memory.restUntil
  const startable = rested && !isHeld(outlet, capacity)
  return candidateOf({ outlet, standing: own, memory, session, loading, startable }, promised, settings, at)
}

function serve(decision: Decision, { target, stayAmps }: Wish, pass: Passed, wiring: Wiring): void {
  decision.amps = pass.amps
  decision.binding =
    pass.held !== null && (pass.amps === 0 || pass.amps > stayAmps)
      ? { kind: 'hold', reason: pass.held }
      : boundOf(target, wiring)
}

function rankOf({ group, needRatio, session }: Candidate, position: number, of: number): Rank {
  return { position, of, group: group === 'declared' ? 'other' : group, needRatio, pauses: session.pauses }
}

const NO_PROMISES: ReturnType<typeof judgePromises> = new Map()

function seekersOf(serving: readonly Decision[]): readonly Seeker[] {
  const seekers: Seeker[] = []
  for (const { outlet, car, loading } of serving) {
    if (car === null || outlet.session === null) continue
    seekers.push({ outlet, car, loading, capAmps: appetiteOf(outlet, car, loading.phases).capAmps })
  }
  return seekers
}

/** The station controller's reserve for cars that may arrive: those that charge do not rise into it, starts may. */
function keepFree(riseAmps: Float64Array, tree: Tree, amps: number): Float64Array {
  if (!(amps > 0)) return riseAmps
  const room = riseAmps.slice()
  tree.circuits.forEach((circuit, place) => {
    if (circuit.path.length > 1) return
    for (let phase = 0; phase < 3; phase++) {
      const slot = slotOf(place, phase)
      room[slot] = Math.max(0, (room[slot] ?? 0) - amps)
    }
  })
  return room
}
