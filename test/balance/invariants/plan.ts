/**
 * A small site as a property test draws it: short names, whole amperes, so that a counter-example can be read aloud. It shrinks towards
 * one circuit, one three-phase charger and no event.
 */
import * as fc from 'fast-check'
import { ROTATIONS, rotation } from '../../../src/model/phase.ts'
import type { RotationName } from '../../../src/model/phase.ts'
import { PLAIN_PARAMETERS } from '../../../src/model/controller-parameters.ts'
import type { ControllerParameters } from '../../../src/model/controller-parameters.ts'
import type { BalanceSettings, Strategy } from '../../../src/model/balance-input.ts'
import { STRATEGIES } from '../../../src/model/balance-input.ts'

export type ThreeAmps = readonly [number, number, number]

export interface CircuitPlan {
  /** Place of the parent in the list; null: a root. */
  readonly parent: number | null
  readonly limitAmps: ThreeAmps
  readonly meter: boolean
  /** What the building takes here at the start. Only on circuits whose every ancestor has a meter too: else nobody could know of it. */
  readonly building: ThreeAmps
  readonly failSafeAmps: number
  readonly watts: number | null
  readonly unbalanceAmps: number | null
}

export interface OutletPlan {
  readonly circuit: number
  readonly rotation: RotationName
  readonly minAmps: number
  readonly maxAmps: number
  readonly stepAmps: number
  readonly fallbackAmps: number
  /** Ticks from an order to its read-back (0: before the next tick), and from one measurement to the next. */
  readonly latency: number
  readonly poll: number
  readonly profileAmps: number | null
  readonly car: CarPlan
}

export interface CarPlan {
  /** It is there from this tick on. */
  readonly from: number
  /** Of the charger's terminals it uses the first ones. */
  readonly phases: 1 | 2 | 3
  readonly maxAmps: number
  /** Until it follows a lower pilot, ms; a higher one it follows at once (the worst of both). */
  readonly slowMs: number
  readonly priority: number
}

/** What befalls the site; `which` counts circuits or outlets, modulo how many there are. */
export type EventPlan = { readonly tick: number; readonly which: number } & (
  | { readonly kind: 'building'; readonly share: ThreeAmps }
  | { readonly kind: 'limit'; readonly amps: number; readonly ticks: number }
  | { readonly kind: 'watts'; readonly watts: number; readonly ticks: number }
  | { readonly kind: 'meter-silent'; readonly ticks: number }
  | { readonly kind: 'meter-frozen'; readonly ticks: number }
  | { readonly kind: 'offline'; readonly ticks: number }
  | { readonly kind: 'stuck'; readonly ticks: number }
  | { readonly kind: 'greedy'; readonly ticks: number }
  | { readonly kind: 'profile'; readonly amps: number | null }
  | { readonly kind: 'plug' }
  | { readonly kind: 'restart' }
  | { readonly kind: 'clock'; readonly jumpMs: number }
  | { readonly kind: 'share'; readonly percent: number }
)
export type EventKind = EventPlan['kind']

export interface SitePlan {
  readonly circuits: readonly CircuitPlan[]
  readonly outlets: readonly OutletPlan[]
  readonly events: readonly EventPlan[]
  readonly tickMs: number
  readonly meterLag: number
  readonly strategy: Strategy
  readonly parameters: ControllerParameters
}

export const CIRCUIT_NAMES = ['house', 'garage', 'row', 'yard', 'cellar', 'roof'] as const
export const OUTLET_NAMES = ['ada', 'bob', 'cid', 'dan', 'eva', 'fay', 'gus', 'hal'] as const

const USUAL = {
  meterStaleMs: 10_000,
  settleMs: 8_000,
  deadBandAmps: 1,
  riseIntervalMs: 15_000,
  restMs: 120_000,
  headroomShare: 0.02,
  strategy: 'fair' as const,
  quantumWh: 10_000,
  voltage: 230,
  usualStayMs: 8 * 3_600_000,
  usualWh: 15_000,
}
export const SETTINGS: BalanceSettings = USUAL

export interface PlanWishes {
  readonly meters?: boolean
  readonly watts?: boolean
  readonly unbalance?: boolean
  readonly parameters?: boolean
  readonly strategies?: boolean
  readonly priorities?: boolean
  readonly profiles?: boolean
  /** Car uses fewer phases than the charger has. Default true. */
  readonly fewerPhases?: boolean
  /** Cars that take less than their charger offers. Default true. */
  readonly smallCars?: boolean
  readonly arrivals?: boolean
  readonly minimums?: boolean
  readonly steps?: readonly number[]
  readonly limit?: { readonly min: number; readonly max: number }
  readonly maxCircuits?: number
  readonly maxOutlets?: number
  readonly minOutlets?: number
  readonly tickMs?: readonly number[]
  readonly events?: readonly EventKind[]
  readonly maxEvents?: number
  readonly ticks?: number
}

export function sitePlans(wishes: PlanWishes = {}): fc.Arbitrary<SitePlan> {
  return fc
    .record({
      circuits: fc.array(circuitParts(wishes), { minLength: 1, maxLength: wishes.maxCircuits ?? 4 }),
      outlets: fc.array(outletParts(wishes), { minLength: wishes.minOutlets ?? 1, maxLength: wishes.maxOutlets ?? 6 }),
      events:
        wishes.events === undefined
          ? fc.constant([])
          : fc.array(eventParts(wishes), { maxLength: wishes.maxEvents ?? 4, size: 'max' }),
      tickMs: fc.constantFrom(...(wishes.tickMs ?? [1000])),
      meterLag: fc.nat({ max: 1 }),
      strategy: wishes.strategies === true ? fc.constantFrom(...STRATEGIES) : fc.constant('fair' as const),
      parameters: wishes.parameters === true ? parameterParts() : fc.constant(PLAIN_PARAMETERS),
    })
    .map((parts) => wellWired(parts))
}

const ints = (min: number, max: number) => fc.integer({ min, max })

function circuitParts({ meters, watts, unbalance, limit }: PlanWishes): fc.Arbitrary<CircuitPlan> {
  const { min, max } = limit ?? { min: 6, max: 100 }
  return fc
    .record({
      parent: fc.nat({ max: 5 }),
      limit: ints(min, max),
      // Fuses of the phases mostly agree.
      less: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: ints(0, 20) }),
      lessOn: fc.nat({ max: 2 }),
      meter: meters === true ? fc.boolean() : fc.constant(false),
      building: fc.tuple(ints(0, 60), ints(0, 60), ints(0, 60)),
      failSafeAmps: ints(0, 40),
      watts: watts === true ? fc.option(ints(1, 40), { freq: 2 }) : fc.constant(null),
      unbalanceAmps: unbalance === true ? fc.option(fc.constantFrom(16, 20), { freq: 2 }) : fc.constant(null),
    })
    .map(({ limit: amps, less, lessOn, watts: kilowatts, ...rest }) => ({
      ...rest,
      watts: kilowatts === null ? null : kilowatts * 1000,
      limitAmps: [0, 1, 2].map((phase) => (phase === lessOn ? Math.max(0, amps - less) : amps)) as unknown as ThreeAmps,
    }))
}

function outletParts(wishes: PlanWishes): fc.Arbitrary<OutletPlan> {
  return fc.record({
    circuit: fc.nat({ max: 5 }),
    rotation: fc.constantFrom(...ROTATIONS),
    minAmps: wishes.minimums === true ? fc.constantFrom(6, 6, 6, 8, 10) : fc.constant(6),
    maxAmps: fc.constantFrom(16, 20, 32),
    stepAmps: fc.constantFrom(...(wishes.steps ?? [1, 0.1, 0.5])),
    fallbackAmps: fc.constantFrom(0, 6, 8),
    latency: ints(0, 2),
    poll: ints(1, 4),
    profileAmps: wishes.profiles === true ? fc.option(ints(0, 32), { freq: 2 }) : fc.constant(null),
    car: fc.record({
      from: wishes.arrivals === true ? fc.oneof(fc.constant(0), ints(0, 20)) : fc.constant(0),
      phases:
        wishes.fewerPhases === false ? fc.constant(3 as const) : fc.constantFrom(3 as const, 2 as const, 1 as const),
      maxAmps: wishes.smallCars === false ? fc.constant(80) : fc.constantFrom(80, 32, 16, 10, 6),
      slowMs: ints(0, 15).map((halves) => halves * 500),
      priority: wishes.priorities === true ? ints(1, 2) : fc.constant(1),
    }),
  })
}

function parameterParts(): fc.Arbitrary<ControllerParameters> {
  return fc
    .record({
      usableSharePercent: fc.constantFrom(100, 80, 50, 1),
      chargerDeadBandAmps: fc.constantFrom(1, 0.5, 2),
      siteDeadBandAmps: fc.constantFrom(0, 5),
      arrivalReserveAmps: fc.constantFrom(0, 6),
      reservedArrivals: fc.constantFrom(0, 1, 3),
      outlet: fc.option(fc.tuple(fc.nat({ max: 7 }), ints(0, 32)), { freq: 2 }),
      circuit: fc.option(fc.tuple(fc.nat({ max: 3 }), ints(0, 60)), { freq: 2 }),
    })
    .map(({ outlet, circuit, ...rest }) => ({
      ...rest,
      outletMaxAmps: new Map(outlet === null ? [] : [[OUTLET_NAMES[outlet[0]]!, outlet[1]]]),
      circuitMaxAmps: new Map(circuit === null ? [] : [[CIRCUIT_NAMES[circuit[0]]!, circuit[1]]]),
    }))
}

function eventParts(wishes: PlanWishes): fc.Arbitrary<EventPlan> {
  const base = { tick: ints(0, (wishes.ticks ?? 60) - 1), which: fc.nat({ max: 7 }) }
  const shares = ints(0, 60)
  const long = ints(1, 40)
  const of: Record<EventKind, fc.Arbitrary<EventPlan>> = {
    building: fc.record({ ...base, kind: fc.constant('building' as const), share: fc.tuple(shares, shares, shares) }),
    limit: fc.record({ ...base, kind: fc.constant('limit' as const), amps: ints(0, 60), ticks: long }),
    watts: fc.record({
      ...base,
      kind: fc.constant('watts' as const),
      watts: ints(0, 30).map((kw) => kw * 1000),
      ticks: long,
    }),
    'meter-silent': fc.record({ ...base, kind: fc.constant('meter-silent' as const), ticks: long }),
    'meter-frozen': fc.record({ ...base, kind: fc.constant('meter-frozen' as const), ticks: long }),
    offline: fc.record({ ...base, kind: fc.constant('offline' as const), ticks: long }),
    stuck: fc.record({ ...base, kind: fc.constant('stuck' as const), ticks: long }),
    greedy: fc.record({ ...base, kind: fc.constant('greedy' as const), ticks: long }),
    profile: fc.record({ ...base, kind: fc.constant('profile' as const), amps: fc.option(ints(0, 32), { nil: null }) }),
    plug: fc.record({ ...base, kind: fc.constant('plug' as const) }),
    restart: fc.record({ ...base, kind: fc.constant('restart' as const) }),
    clock: fc.record({
      ...base,
      kind: fc.constant('clock' as const),
      jumpMs: fc.constantFrom(-3_600_000, 3_600_000, -5_000, 60_000),
    }),
    share: fc.record({ ...base, kind: fc.constant('share' as const), percent: fc.constantFrom(1, 50, 80, 100) }),
  }
  return fc.oneof(...(wishes.events ?? []).map((kind) => of[kind]))
}

/** Makes a site of the parts as an installer would be allowed to: a tree, seen building loads only, fallbacks that fit. */
function wellWired(parts: SitePlan): SitePlan {
  const circuits: CircuitPlan[] = []
  parts.circuits.forEach((part, place) => {
    const parent = place === 0 ? null : (part.parent ?? 0) % place
    const above = parent === null ? null : circuits[parent]!
    // Building load that no meter sees is a fault of the installation.
    const seen = part.meter && (above === null || seesBuilding(circuits, parent))
    const most = above === null ? 1 : 0.5
    const building = part.building.map((share, phase) =>
      seen ? Math.floor((share / 100) * most * least(circuits, parent, part.limitAmps, phase)) : 0,
    ) as unknown as ThreeAmps
    circuits.push({ ...part, parent, building })
  })
  const room = circuits.map((part, place) =>
    Math.min(...part.limitAmps.map((amps, phase) => amps - buildingBelow(circuits, place, phase))),
  )
  const safe = circuits.map((part, place) => (part.meter ? Math.max(0, Math.min(part.failSafeAmps, room[place]!)) : 0))
  const spare = circuits.map((part, place) => (part.meter ? safe[place]! : Math.max(0, room[place]!)))
  const outlets = parts.outlets.map((part) => {
    const circuit = part.circuit % circuits.length
    const path = pathOf(circuits, circuit)
    const fallbackAmps = path.every((place) => spare[place]! >= part.fallbackAmps) ? part.fallbackAmps : 0
    for (const place of path) spare[place]! -= fallbackAmps
    const terminals = rotation(part.rotation).length
    const phases = Math.min(part.car.phases, terminals) as 1 | 2 | 3
    return { ...part, circuit, fallbackAmps, car: { ...part.car, phases } }
  })
  return {
    ...parts,
    circuits: circuits.map((part, place) => ({ ...part, failSafeAmps: safe[place]! })),
    outlets,
    events: parts.events.toSorted((a, b) => a.tick - b.tick),
  }
}

function seesBuilding(circuits: readonly CircuitPlan[], place: number | null): boolean {
  return place === null || pathOf(circuits, place).every((above) => circuits[above]!.meter)
}

function least(circuits: readonly CircuitPlan[], parent: number | null, own: ThreeAmps, phase: number): number {
  if (parent === null) return own[phase]!
  return Math.min(
    own[phase]!,
    ...pathOf(circuits, parent).map(
      (place) => circuits[place]!.limitAmps[phase]! - buildingBelow(circuits, place, phase),
    ),
  )
}

/**
 * 28 ticks are longer than the start window: 5 s each, where a meter is (240 s) 15 s. At 15 s each charger is measured in each tick: older
 * values say nothing of now.
 */
export function longEnough(plan: SitePlan): SitePlan {
  if (!plan.circuits.some((one) => one.meter)) return { ...plan, tickMs: 5_000 }
  return { ...plan, tickMs: 15_000, outlets: plan.outlets.map((one) => ({ ...one, poll: 1 })) }
}

/** From the circuit up to its root. */
export function pathOf(circuits: readonly CircuitPlan[], place: number): readonly number[] {
  const parent = circuits[place]!.parent
  return parent === null ? [place] : [place, ...pathOf(circuits, parent)]
}

export function buildingBelow(circuits: readonly CircuitPlan[], place: number, phase: number): number {
  return circuits.reduce(
    (sum, part, other) => (pathOf(circuits, other).includes(place) ? sum + part.building[phase]! : sum),
    0,
  )
}
