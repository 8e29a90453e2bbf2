/**
 * The closed loop of a site plan: chargers that read back late, cars that follow late, meters with an age, and faults. No chance in it:
 * a plan plays the same each time. It knows what every car could draw, so it can say whether a fuse may be overloaded, whatever the
 * allocator believes. A tick costs a few microseconds beside the allocator's own.
 */
import * as core from '../../../src/balance/allocate.ts'
import type { BalanceState } from '../../../src/balance/allocate.ts'
import type {
  BalanceInput,
  BalanceResult,
  BalanceSettings,
  ChargingSession,
  MeterCurrent,
  Outlet,
} from '../../../src/model/balance-input.ts'
import type { Circuit } from '../../../src/model/circuit.ts'
import type { ControllerParameters } from '../../../src/model/controller-parameters.ts'
import { PHASES, rotation } from '../../../src/model/phase.ts'
import type { PhaseAmps, PhaseRotation } from '../../../src/model/phase.ts'
import { limitsInForce } from '../../../src/model/site-limit.ts'
import type { SiteLimit } from '../../../src/model/site-limit.ts'
import { CIRCUIT_NAMES, OUTLET_NAMES, SETTINGS, pathOf } from './plan.ts'
import type { CarPlan, EventPlan, OutletPlan, SitePlan, ThreeAmps } from './plan.ts'

/** A charger falls back when it has heard nothing for this long. */
export const FALLBACK_AFTER_MS = 20_000
export const START_MS = 1_000_000
const NO_LIMITS: readonly SiteLimit[] = []

export interface Charger {
  readonly id: string
  readonly plan: OutletPlan
  readonly car: CarPlan
  readonly rotation: PhaseRotation
  /** Site phases of its terminals, and of those the car uses. */
  readonly terminals: readonly number[]
  readonly carPhases: readonly number[]
  /** Circuits above, from its own to the root. */
  readonly path: readonly number[]
  present: boolean
  visits: number
  energyWh: number
  /** How long its car has drawn current in this visit. */
  chargingMs: number
  since: number
  pilot: number
  queue: { readonly amps: number; readonly arrives: number }[]
  /** Pilots before, and when they were replaced. */
  old: { readonly amps: number; readonly replaced: number }[]
  profile: Outlet['profile']
  online: boolean
  offlineUntil: number
  lastContact: number
  stuckUntil: number
  /** When it last began to hang, to draw too much, or went away, ms. */
  faultAt: number
  /** When it was last ordered something else, ms. */
  orderedAt: number
  greedyUntil: number
  /** The car draws what it likes while it is offered anything. */
  greedy: boolean
  confirmed: number | null
  confirmedAt: number
  previous: number
  measured: readonly (number | null)[] | null
  measuredAt: number
  /** What the last tick ordered, and what the car could draw just before and after it. */
  order: number
  couldBefore: number
  couldAfter: number
}

export interface WorldOptions {
  readonly ticks: number
  readonly settings?: Partial<BalanceSettings>
  /** Goes into each session. */
  readonly facts?: (index: number, startMs: number) => Partial<ChargingSession>
  /** A car leaves when it has got so much, Wh. */
  readonly leavesWith?: (index: number) => number
  /** Added to what meters and chargers show; the same for each tick. */
  readonly noise?: (tick: number, index: number) => number
  readonly state?: BalanceState
  readonly change?: (input: BalanceInput) => BalanceInput
  /** What `change` made of an outlet's id. */
  readonly nameOf?: (id: string) => string
  /** Of every charger; missing: the core's own. */
  readonly softMinAmps?: number
  /** Who is offline at the start has been for long: it has fallen back. */
  readonly awayForLong?: boolean
  /** Chargers start at these pilots. */
  readonly pilots?: readonly number[]
}

export interface World {
  readonly plan: SitePlan
  readonly settings: BalanceSettings
  readonly chargers: readonly Charger[]
  readonly paths: readonly (readonly number[])[]
  /** Per circuit and phase: what the building takes, what all take, what all limits but meters leave. Updated each tick. */
  readonly building: Float64Array
  readonly buildingTotal: Float64Array
  readonly limit: Float64Array
  /** Per circuit: when the building below it last changed, ms; -Infinity: never. */
  readonly risenAt: Float64Array
  /** When a limit last changed for anybody. */
  limitedAt: number
  /** Per circuit: since when its meter is silent or frozen, ms; Infinity: it is not. */
  readonly silentSince: Float64Array
  readonly frozenSince: Float64Array
  /** Per circuit: when its meter was last silent or frozen, ms; -Infinity: never. */
  readonly blindAt: Float64Array
  tick: number
  at: number
  input: BalanceInput
  result: BalanceResult<BalanceState>
  restartedAt: number
}

export function play(plan: SitePlan, options: WorldOptions, after?: (world: World) => void): World {
  const { tickMs } = plan
  const settings: BalanceSettings = { ...SETTINGS, strategy: plan.strategy, ...options.settings }
  const count = plan.circuits.length
  const paths = plan.circuits.map((_, place) => pathOf(plan.circuits, place))
  const circuits = circuitsOf(plan)
  const building = new Float64Array(count * 3)
  const limit = new Float64Array(count * 3)
  const buildingTotal = new Float64Array(count * 3)
  const risenAt = new Float64Array(count).fill(-Infinity)
  const silentSince = new Float64Array(count).fill(Infinity)
  const frozenSince = new Float64Array(count).fill(Infinity)
  const blindAt = new Float64Array(count).fill(-Infinity)
  const meters = plan.circuits.map(() => ({
    amps: null as PhaseAmps | null,
    takenAt: 0,
    silentUntil: -1,
    frozenUntil: -1,
  }))
  const limits: { readonly until: number; readonly limit: SiteLimit }[] = []
  const chargers = plan.outlets.map((outlet, index) => charger(plan, outlet, index, options.pilots?.[index] ?? 0))
  const byId = new Map(chargers.map((one) => [options.nameOf === undefined ? one.id : options.nameOf(one.id), one]))
  const drawn = new Float64Array(count * 3)
  let parameters: ControllerParameters = plan.parameters
  let state = options.state ?? core.initialBalanceState
  let jumped = 0
  let named = 0

  plan.circuits.forEach((part, place) => part.building.forEach((amps, phase) => (building[place * 3 + phase] = amps)))

  const world: World = {
    plan,
    settings,
    chargers,
    paths,
    building,
    buildingTotal,
    limit,
    risenAt,
    limitedAt: -Infinity,
    silentSince,
    frozenSince,
    blindAt,
    tick: 0,
    at: START_MS,
    input: { at: 0, circuits, outlets: [], meters: [], limits: [], parameters, settings },
    result: { allocations: [], loads: [], alarms: [], state },
    restartedAt: START_MS,
  }

  const happen = (event: EventPlan): void => {
    const { at, tick } = world
    const place = event.which % count
    const one = chargers[event.which % chargers.length]!
    switch (event.kind) {
      case 'building':
        if (!paths[place]!.every((above) => plan.circuits[above]!.meter)) return
        event.share.forEach((share, phase) => {
          const most = Math.min(...paths[place]!.map((above) => plan.circuits[above]!.limitAmps[phase]!))
          building[place * 3 + phase] = Math.floor(((share / 100) * most) / (place === 0 ? 1 : 2))
        })
        for (const above of paths[place]!) risenAt[above] = at
        return
      case 'limit':
      case 'watts':
        limits.push({
          until: tick + event.ticks,
          limit: {
            id: `dso-${named++}`,
            source: 'dso',
            circuitId: CIRCUIT_NAMES[place]!,
            maxAmps: event.kind === 'limit' ? { L1: event.amps, L2: event.amps, L3: event.amps } : null,
            carsMaxWatts: event.kind === 'watts' ? event.watts : null,
            priority: 1,
            since: at,
            until: null,
          },
        })
        world.limitedAt = at
        return
      case 'meter-silent':
        meters[place]!.silentUntil = tick + event.ticks
        return
      case 'meter-frozen':
        meters[place]!.frozenUntil = tick + event.ticks
        return
      case 'offline':
        one.offlineUntil = tick + event.ticks
        one.faultAt = at
        if (options.awayForLong === true && tick === 0) one.lastContact = at - 600_000
        return
      case 'stuck':
        one.stuckUntil = tick + event.ticks
        one.faultAt = at
        return
      case 'greedy':
        one.greedyUntil = tick + event.ticks
        one.faultAt = at
        return
      case 'profile':
        one.profile = event.amps === null ? null : { amps: event.amps, source: 'CSMS' }
        return
      case 'plug':
        if (one.present) leave(one)
        else arrive(one, at)
        return
      case 'restart':
        state = restored(state, at)
        world.restartedAt = at
        for (const each of chargers) {
          each.confirmed = null
          each.measured = null
          each.previous = each.plan.maxAmps
        }
        for (const each of meters) each.amps = null
        return
      case 'clock':
        jumped += event.jumpMs
        return
      case 'share':
        parameters = { ...parameters, usableSharePercent: event.percent }
        world.limitedAt = at
        return
    }
  }

  let nextEvent = 0
  for (let tick = 0; tick < options.ticks; tick++) {
    const at = START_MS + tick * tickMs
    world.tick = tick
    world.at = at
    while (nextEvent < plan.events.length && plan.events[nextEvent]!.tick <= tick) happen(plan.events[nextEvent++]!)
    for (let index = limits.length - 1; index >= 0; index--) if (limits[index]!.until <= tick) limits.splice(index, 1)
    for (const [index, one] of chargers.entries()) {
      if (tick === one.car.from && one.car.from > 0) arrive(one, at)
      contact(one, tick, at)
      deliver(one, tick, at)
      charge(one, tickMs, at, options.leavesWith?.(index) ?? Infinity)
    }

    drawn.fill(0)
    for (const one of chargers) {
      const amps = drawOf(one, at)
      if (amps > 0) for (const place of one.path) for (const phase of one.carPhases) drawn[place * 3 + phase]! += amps
    }
    buildingTotal.fill(0)
    for (let place = 0; place < count; place++)
      for (const above of paths[place]!)
        for (let phase = 0; phase < 3; phase++) buildingTotal[above * 3 + phase]! += building[place * 3 + phase]!

    const shown: MeterCurrent[] = []
    for (const [place, own] of meters.entries()) {
      if (!plan.circuits[place]!.meter) continue
      const last = { amps: own.amps, takenAt: own.takenAt }
      const silent = own.silentUntil > tick
      const frozen = own.frozenUntil > tick && own.amps !== null
      silentSince[place] = silent ? Math.min(silentSince[place]!, own.takenAt) : Infinity
      if (silent || frozen) blindAt[place] = at
      frozenSince[place] = frozen ? Math.min(frozenSince[place]!, at) : Infinity
      if (!silent) {
        const noise = options.noise?.(tick, place) ?? 0
        if (!frozen)
          own.amps = {
            L1: drawn[place * 3]! + buildingTotal[place * 3]! + noise,
            L2: drawn[place * 3 + 1]! + buildingTotal[place * 3 + 1]! + noise,
            L3: drawn[place * 3 + 2]! + buildingTotal[place * 3 + 2]! + noise,
          }
        own.takenAt = at
      }
      const value = plan.meterLag === 0 || plan.tickMs > 1000 || silent ? own : last
      shown.push({ meterId: meterName(place), amps: value.amps, takenAt: value.takenAt + jumped })
    }
    for (const [index, one] of chargers.entries()) measure(one, index, tick, at, options.noise)

    world.input = {
      at: at + jumped,
      circuits,
      outlets: chargers.map((one, index) => outletOf(one, index, options, jumped)),
      meters: shown,
      limits:
        limits.length === 0
          ? NO_LIMITS
          : limitsInForce(
              limits.map((one) => one.limit),
              at,
            ),
      parameters,
      settings,
    }
    if (options.change !== undefined) world.input = options.change(world.input)
    limitsNow(plan, parameters, limits, at, limit)
    world.result = core.allocate(world.input, state)
    state = world.result.state
    for (const one of chargers) one.couldBefore = one.couldAfter = couldDraw(one, at, settings.settleMs)
    for (const { outletId, amps } of world.result.allocations) {
      const one = byId.get(outletId)
      if (one === undefined) continue
      send(one, amps, at, tickMs)
      if (one.online) one.couldAfter = Math.max(one.couldBefore, amps)
    }
    after?.(world)
  }
  return world
}

/** A restart of the bridge: only what was stored is known. */
export function restored(state: BalanceState, at: number): BalanceState {
  const { memoryOf, restoredState } = core as Partial<Remembering>
  if (memoryOf === undefined || restoredState === undefined) return core.initialBalanceState
  const stored: unknown = JSON.parse(JSON.stringify(memoryOf(state)))
  return restoredState(stored, at)
}

interface Remembering {
  readonly memoryOf: (state: BalanceState) => unknown
  readonly restoredState: (memory: unknown, at: number) => BalanceState
}

export function circuitsOf(plan: SitePlan): readonly Circuit[] {
  return plan.circuits.map((part, place) => ({
    id: CIRCUIT_NAMES[place]!,
    parentId: part.parent === null ? null : CIRCUIT_NAMES[part.parent]!,
    limitAmps: phaseAmps(part.limitAmps),
    meterId: part.meter ? meterName(place) : null,
    failSafeAmps: part.meter ? part.failSafeAmps : 0,
    carsMaxWatts: part.watts,
    unbalanceAmps: part.unbalanceAmps,
  }))
}

export function phaseAmps([L1, L2, L3]: ThreeAmps): PhaseAmps {
  return { L1, L2, L3 }
}

function meterName(place: number): string {
  return `meter of ${CIRCUIT_NAMES[place]!}`
}

function charger(plan: SitePlan, outlet: OutletPlan, index: number, pilot: number): Charger {
  const own = rotation(outlet.rotation)
  const terminals = own.map((phase) => PHASES.indexOf(phase))
  return {
    id: OUTLET_NAMES[index]!,
    plan: outlet,
    car: outlet.car,
    rotation: own,
    terminals,
    carPhases: terminals.slice(0, outlet.car.phases),
    path: pathOf(plan.circuits, outlet.circuit),
    present: outlet.car.from === 0,
    visits: 1,
    energyWh: 0,
    chargingMs: 0,
    since: START_MS,
    pilot,
    queue: [],
    old: [],
    profile: outlet.profileAmps === null ? null : { amps: outlet.profileAmps, source: 'CSMS' },
    online: true,
    offlineUntil: 0,
    lastContact: START_MS,
    stuckUntil: 0,
    faultAt: -Infinity,
    orderedAt: -Infinity,
    greedyUntil: 0,
    greedy: false,
    confirmed: pilot,
    confirmedAt: START_MS - 60_000,
    previous: pilot,
    measured: null,
    measuredAt: 0,
    order: pilot,
    couldBefore: pilot,
    couldAfter: pilot,
  }
}

/** Without a vehicle the contactor is open (IEC 61851-1, state A): who comes next follows only what is in force then. */
function leave(one: Charger): void {
  one.present = false
  one.old = []
}

function arrive(one: Charger, at: number): void {
  one.present = true
  one.visits++
  one.energyWh = 0
  one.chargingMs = 0
  one.since = at
}

/** The highest pilot that the car may still be following, and the least that it must. */
function followed(one: Charger, at: number): number {
  let amps = one.pilot
  for (const past of one.old) if (past.amps > amps && past.replaced + one.car.slowMs > at) amps = past.amps
  return amps
}

export function drawOf(one: Charger, at: number): number {
  if (!one.present) return 0
  const amps = followed(one, at)
  if (amps < one.plan.minAmps) return 0
  return Math.min(one.greedy ? one.plan.maxAmps : amps, one.car.maxAmps)
}

/** No order will lower what it takes: it is away, hangs, or its car draws what it likes. */
export function beyondControl(one: Charger, tick: number): boolean {
  return !one.online || one.stuckUntil > tick || one.greedy
}

/** The most that the car could draw now or before the next read-back, of all that was ever ordered and may still be followed. */
export function couldDraw(one: Charger, at: number, settleMs: number): number {
  let amps = one.pilot
  for (const command of one.queue) if (command.amps > amps) amps = command.amps
  for (const past of one.old) if (past.amps > amps && past.replaced + settleMs > at) amps = past.amps
  if (!one.online && one.plan.fallbackAmps > amps) amps = one.plan.fallbackAmps
  return amps
}

function contact(one: Charger, tick: number, at: number): void {
  const up = one.offlineUntil <= tick
  // What a car does at a charger that nobody hears cannot be known: then it keeps to the pilot.
  one.greedy = up && one.greedyUntil > tick
  if (up && !one.online) {
    one.previous = Math.max(one.confirmed ?? one.plan.maxAmps, one.pilot, ...one.queue.map((command) => command.amps))
    one.confirmed = one.pilot
    one.confirmedAt = at
    one.queue = []
  }
  one.online = up
  if (up) one.lastContact = at
  else if (at - one.lastContact >= FALLBACK_AFTER_MS) {
    // What was on its way has arrived by now or never will.
    one.queue = []
    setPilot(one, one.plan.fallbackAmps, one.lastContact + FALLBACK_AFTER_MS)
  }
}

function setPilot(one: Charger, amps: number, at: number): void {
  if (amps === one.pilot) return
  if (!one.present) {
    one.pilot = amps
    return
  }
  if (one.old.length > 0 && one.old[0]!.replaced < at - 30_000) one.old.shift()
  one.old.push({ amps: one.pilot, replaced: at })
  one.pilot = amps
}

/** Commands arrive in their order; what arrived is read back at the next look. One that hangs or is away takes none. */
function deliver(one: Charger, tick: number, at: number): void {
  if (!one.online) return
  if (one.stuckUntil <= tick) {
    while (one.queue.length > 0 && one.queue[0]!.arrives <= at) {
      const { amps, arrives } = one.queue.shift()!
      const replaced = one.stuckUntil === 0 ? arrives : Math.max(arrives, at)
      const before = Math.max(one.confirmed ?? one.plan.maxAmps, one.pilot)
      setPilot(one, amps, replaced)
      one.previous = before
      one.confirmed = amps
      one.confirmedAt = replaced
    }
  }
  if (one.confirmed === null) {
    one.confirmed = one.pilot
    one.confirmedAt = at
  }
}

function charge(one: Charger, tickMs: number, at: number, mostWh: number): void {
  if (!one.present) return
  const amps = drawOf(one, at)
  if (amps > 0) one.chargingMs += tickMs
  one.energyWh += (amps * one.carPhases.length * 230 * tickMs) / 3_600_000
  if (one.energyWh >= mostWh) leave(one)
}

function measure(one: Charger, index: number, tick: number, at: number, noise: WorldOptions['noise']): void {
  if (!one.online || (tick + index) % one.plan.poll !== 0) return
  const amps = drawOf(one, at)
  const shown = amps === 0 ? 0 : amps + (noise?.(tick, index + 10) ?? 0)
  one.measured = one.terminals.map((_, terminal) => (terminal < one.carPhases.length ? shown : 0))
  one.measuredAt = at
}

function outletOf(one: Charger, index: number, options: WorldOptions, jumped: number): Outlet {
  const { plan } = one
  const pending = one.queue.length === 0 ? null : Math.max(...one.queue.map((command) => command.amps))
  return {
    id: one.id,
    circuitId: CIRCUIT_NAMES[plan.circuit]!,
    rotation: one.rotation,
    minAmps: plan.minAmps,
    maxAmps: plan.maxAmps,
    stepAmps: plan.stepAmps,
    wanted: one.present,
    refusal: one.present ? null : 'no-vehicle',
    profile: one.profile,
    online: one.online,
    fallbackAmps: plan.fallbackAmps,
    fallbackSureAt: one.lastContact + FALLBACK_AFTER_MS + SETTINGS.settleMs + 1_000 + jumped,
    confirmedAmps: one.confirmed,
    pendingAmps: pending,
    confirmedAt: one.confirmedAt + jumped,
    previousAmps: one.previous,
    measuredAmps: one.measured,
    measuredAt: one.measuredAt + jumped,
    session: one.present
      ? {
          id: `${one.id}-${one.visits}`,
          startedAt: one.since + jumped,
          energyWh: one.energyWh,
          wantedWh: null,
          departsAt: null,
          commitment: null,
          priority: one.car.priority,
          mayWait: null,
          ...options.facts?.(index, START_MS + jumped),
        }
      : null,
    softMinAmps: options.softMinAmps ?? null,
  }
}

function send(one: Charger, amps: number, at: number, tickMs: number): void {
  if (amps !== one.order) one.orderedAt = at
  one.order = amps
  if (!one.online) return
  const last = one.queue.at(-1)
  if ((last === undefined ? one.confirmed : last.amps) === amps) return
  const arrives = Math.max(at + one.plan.latency * tickMs, last?.arrives ?? 0)
  one.queue.push({ amps, arrives })
}

/** Fuse, usable share, what a person set, limits in force; what the meters show is not in it. */
function limitsNow(
  plan: SitePlan,
  parameters: ControllerParameters,
  limits: readonly { readonly limit: SiteLimit }[],
  at: number,
  into: Float64Array,
): void {
  plan.circuits.forEach((part, place) => {
    const share = part.parent === null ? parameters.usableSharePercent / 100 : 1
    const set = parameters.circuitMaxAmps.get(CIRCUIT_NAMES[place]!) ?? Infinity
    part.limitAmps.forEach((amps, phase) => (into[place * 3 + phase] = Math.min(amps * share, set)))
  })
  if (limits.length === 0) return
  for (const limit of limitsInForce(
    limits.map((one) => one.limit),
    at,
  )) {
    const place = CIRCUIT_NAMES.findIndex((name) => name === limit.circuitId)
    PHASES.forEach((phase, index) => {
      if (limit.maxAmps !== null) into[place * 3 + index] = Math.min(into[place * 3 + index]!, limit.maxAmps[phase])
    })
  }
}
