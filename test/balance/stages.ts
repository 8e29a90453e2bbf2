/** The stages of one tick by hand, for tests of one stage: what comes before it is made by the core's own functions. */
import type { BalanceInput } from '../../src/model/balance-input.ts'
import { knownOutlets } from '../../src/balance/known/known-outlet.ts'
import { limitsOf } from '../../src/balance/known/limits.ts'
import { loadingOf } from '../../src/balance/known/loading.ts'
import { perSlot, treeOf } from '../../src/balance/known/tree.ts'
import { capacityOf } from '../../src/balance/measure/capacity.ts'
import { UNKNOWN_CAR, phasesOfCar, unevenPhasesOf } from '../../src/balance/measure/car.ts'
import { drawOf } from '../../src/balance/measure/draw.ts'
import type { CircuitMeter } from '../../src/balance/measure/meters.ts'
import { standing } from '../../src/balance/measure/reserve.ts'
import { candidateOf } from '../../src/balance/schedule/candidate.ts'
import type { Candidate } from '../../src/balance/schedule/candidate.ts'
import type { Promised } from '../../src/balance/schedule/promises.ts'
import type { CarMemory, CircuitMemory, OutletMemory, SessionMemory } from '../../src/balance/state.ts'
import { everyPhase } from '../../src/model/phase.ts'

/** What is remembered of an outlet and its car. */
export interface Remembered {
  readonly memory?: Partial<OutletMemory>
  readonly turn?: Partial<SessionMemory>
  readonly car?: Partial<CarMemory>
  readonly promised?: Promised
}

/** A car that uses all phases of a three-phase charger and takes so much. */
export function knownCar(takesAmps: number): Partial<CarMemory> {
  return { phases: 7, capAmps: takesAmps, ceilingAmps: takesAmps, charged: true }
}

/** The outlets of an input as the core sees them: seen for long, last ordered what is in force. Nothing is ordered yet in this tick. */
export function stagesOf(input: BalanceInput, remembered: Readonly<Record<string, Remembered>> = {}) {
  const { settings, at } = input
  const tree = treeOf(input.circuits)
  const limits = limitsOf(input, tree, settings)
  const seen = knownOutlets(input, tree).map((outlet) => {
    const { memory: more, turn, car: learned, promised } = remembered[outlet.id] ?? {}
    const memory: OutletMemory = {
      firstSeenAt: -1_000_000,
      orderedAmps: outlet.confirmedAmps,
      raisedAt: null,
      changedAt: null,
      restUntil: 0,
      unfollowedSince: null,
      disobeysSince: null,
      measuredPhases: 0,
      drawnAmps: 0,
      inForceAmps: outlet.confirmedAmps ?? 0,
      followed: [],
      session: null,
      sessionId: outlet.id,
      ...more,
    }
    const car: CarMemory = { ...UNKNOWN_CAR, ...learned }
    const session: SessionMemory = {
      pauses: 0,
      servedSince: (outlet.confirmedAmps ?? 0) > 0 ? 0 : null,
      waitingSince: (outlet.confirmedAmps ?? 0) > 0 ? null : 0,
      energyAtServiceWh: 0,
      ...turn,
      car,
    }
    const mask = phasesOfCar(car, outlet)
    return {
      outlet,
      standing: standing(outlet, memory, settings, at),
      memory,
      session,
      mask,
      loading: loadingOf(tree, outlet.place, mask, unevenPhasesOf(car, outlet)),
      startable: true,
      promised,
    }
  })
  const draw = drawOf(tree, seen, settings, at)
  return {
    tree,
    limits,
    draw,
    seen,
    candidates: seen.map((one): Candidate => candidateOf(one, one.promised, settings, at)),
    taken: perSlot(tree),
    /** With these meters, in the order of the circuits' ids; none: the fuses are for the cars alone. */
    capacityWith: (
      meters: readonly (CircuitMeter | null)[] = tree.circuits.map(() => null),
      before: ReadonlyMap<string, CircuitMemory> = new Map(),
      unevenAmps: Float64Array = perSlot(tree),
    ) => capacityOf(tree, limits, meters, draw, unevenAmps, before, settings, at),
  }
}

/** A circuit whose building load has been this for long. */
export function steadyBuilding(amps: number, more: Partial<CircuitMemory> = {}): CircuitMemory {
  return {
    buildingAmps: everyPhase(amps),
    peaks: [{ from: -10_000, amps: everyPhase(amps) }],
    longPeaks: [{ from: -10_000, amps: everyPhase(amps) }],
    contradictedSince: everyPhase(NaN),
    overSince: everyPhase(NaN),
    watchedSince: -1_000_000,
    trusted: true,
    ...more,
  }
}
