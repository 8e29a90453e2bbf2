/**
 * A small true world for the allocator: cars that follow late, chargers that are polled, commands that are slow or lost, meters with an
 * age, building load, restarts and silence. Times in ms; everything random comes from one seed. It knows the true currents, so it can
 * say whether a fuse is overloaded, whatever the allocator believes.
 */
import { allocate, initialBalanceState } from '../../src/balance/allocate.ts'
import type { BalanceState } from '../../src/balance/allocate.ts'
import type { BalanceInput, BalanceResult, MeterCurrent, Outlet } from '../../src/model/balance-input.ts'
import type { Circuit } from '../../src/model/circuit.ts'
import { PLAIN_PARAMETERS } from '../../src/model/controller-parameters.ts'
import { PHASES, ROTATIONS, rotation } from '../../src/model/phase.ts'
import type { Phase, PhaseAmps, PhaseRotation } from '../../src/model/phase.ts'
import { SETTINGS } from './site.ts'

export const STEP_MS = 500
/** A charger that hears nothing for this long falls back. */
const FALLBACK_AFTER_MS = 40_000
const OFFLINE_AFTER_MS = 3_000
const RESEND_MS = 3_000
/** A charger that is back needs this long to be told and to follow. */
const TOLD_MS = 20_000

export interface WorldOptions {
  readonly seed: number
  /** The building's load jumps. */
  readonly buildingSteps: boolean
  readonly lostCommands: boolean
  readonly restarts: boolean
  readonly offline: boolean
  readonly silentMeters: boolean
  readonly cars: boolean
  /** Some chargers do not measure. */
  readonly unmeasured: boolean
  /** Some cars draw what they like while they are offered anything at all. */
  readonly disobedient: boolean
}

interface Excess {
  readonly at: number
  readonly circuitId: string
  readonly phase: Phase
  readonly amps: number
  /** Drawn by chargers that could have been told to stop. */
  readonly controllableAmps: number
}

interface Car {
  present: boolean
  hungry: boolean
  ignores: boolean
  maxAmps: number
}

interface Command {
  readonly amps: number
  readonly arrivesAt: number
  readonly lost: boolean
}

/** The charger itself and what the site loop believes of it. */
interface Charger {
  readonly id: string
  readonly circuit: number
  readonly rotation: PhaseRotation
  readonly maxAmps: number
  readonly stepAmps: number
  readonly latencyMs: number
  readonly carDelayMs: number
  readonly pollMs: number
  readonly fallbackAmps: number
  readonly measures: boolean
  readonly car: Car
  profileAmps: number | null
  pilotAmps: number
  /** Past pilots that the car may still follow. */
  history: { until: number; amps: number }[]
  commands: Command[]
  lossesInRow: number
  linkDownUntil: number
  lastHeardAt: number
  believed: Belief
}

interface Belief {
  online: boolean
  confirmedAmps: number | null
  confirmedAt: number
  previousAmps: number
  pending: { amps: number; highestAmps: number; sentAt: number } | null
  measuredAmps: number[] | null
  measuredAt: number
  present: boolean
  polledAt: number
}

export interface World {
  readonly circuits: readonly Circuit[]
  readonly chargers: readonly Charger[]
  readonly results: BalanceResult<BalanceState>[]
  readonly inputs: BalanceInput[]
  readonly excesses: readonly Excess[]
  /** When the building last rose below each circuit. */
  readonly risenAt: readonly number[]
  run(durationMs: number, each?: (world: World) => void): void
}

function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export function createWorld(options: WorldOptions): World {
  const random = randomOf(options.seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1))

  const count = between(1, 4)
  const parents: (number | null)[] = Array.from({ length: count }, (_, place) =>
    place === 0 ? null : between(0, place - 1),
  )
  const metered: boolean[] = []
  for (let place = 0; place < count; place++) {
    const parent = parents[place] ?? null
    // Building load is seen only where every circuit above has a meter too.
    metered.push(random() < 0.6 && (parent === null || metered[parent] === true))
  }
  const pathOf = (place: number): number[] => {
    const parent = parents[place] ?? null
    return parent === null ? [place] : [place, ...pathOf(parent)]
  }
  const limits = Array.from({ length: count }, () => between(10, 100))
  const building: Record<Phase, number>[] = metered.map((has, place) => {
    const most = has ? Math.min(...pathOf(place).map((above) => limits[above]!)) / (count + 1) : 0
    return { L1: random() * most, L2: random() * most, L3: random() * most }
  })
  const buildingBelow = (place: number, phase: Phase): number =>
    building.reduce((sum, part, other) => (pathOf(other).includes(place) ? sum + part[phase] : sum), 0)
  const roomFor = (place: number): number =>
    Math.max(0, limits[place]! - Math.max(...PHASES.map((phase) => buildingBelow(place, phase))))
  const circuits: Circuit[] = limits.map((amps, place) => ({
    id: `c${place}`,
    parentId: parents[place] === null ? null : `c${parents[place]}`,
    limitAmps: { L1: amps, L2: amps, L3: amps },
    meterId: metered[place] ? `m${place}` : null,
    failSafeAmps: metered[place] ? Math.floor(roomFor(place) * random()) : 0,
    carsMaxWatts: null,
    unbalanceAmps: null,
  }))

  // Commissioning: all fallbacks together fit beside the building and within every fail-safe current.
  const spare = circuits.map((one, place) => (metered[place] ? one.failSafeAmps : limits[place]!))
  const chargers: Charger[] = Array.from({ length: between(1, 8) }, (_, index): Charger => {
    const circuit = between(0, count - 1)
    const path = pathOf(circuit)
    const wish = pick([0, 6, 8])
    const fallbackAmps = path.every((place) => spare[place]! >= wish) ? wish : 0
    for (const place of path) spare[place]! -= fallbackAmps
    const own = rotation(pick(ROTATIONS))
    return {
      id: `o${index}`,
      circuit,
      rotation: own,
      maxAmps: pick([16, 20, 32]),
      stepAmps: pick([0.1, 0.5, 1]),
      latencyMs: between(0, 4) * STEP_MS,
      carDelayMs: between(0, 10) * STEP_MS,
      pollMs: between(2, 8) * STEP_MS,
      fallbackAmps,
      measures: random() < 0.85 || !options.unmeasured,
      car: { present: random() < 0.7, hungry: random() < 0.8, ignores: false, maxAmps: pick([6, 10, 16, 32]) },
      profileAmps: null,
      pilotAmps: fallbackAmps,
      history: [],
      commands: [],
      lossesInRow: 0,
      linkDownUntil: -TOLD_MS,
      lastHeardAt: 0,
      believed: unknown(),
    }
  })

  let at = 0
  let state = initialBalanceState
  let sinceStart = 0
  const meters: { amps: PhaseAmps | null; takenAt: number; silentUntil: number }[] = circuits.map(() => ({
    amps: null,
    takenAt: 0,
    silentUntil: 0,
  }))
  const risenAt = circuits.map(() => -Infinity)
  const excesses: Excess[] = []
  const results: BalanceResult<BalanceState>[] = []
  const inputs: BalanceInput[] = []

  const drawOf = (charger: Charger): number => {
    if (!charger.car.present || !charger.car.hungry) return 0
    const followed = Math.max(charger.pilotAmps, ...charger.history.map((past) => past.amps))
    if (charger.car.ignores && followed >= 6) return Math.min(charger.maxAmps, charger.car.maxAmps)
    return followed < 6 ? 0 : Math.min(followed, charger.car.maxAmps)
  }
  const setPilot = (charger: Charger, amps: number): void => {
    if (amps === charger.pilotAmps) return
    charger.history.push({ until: at + charger.carDelayMs, amps: charger.pilotAmps })
    charger.pilotAmps = amps
  }
  const loadOf = (place: number, phase: Phase): { total: number; controllable: number } => {
    let total = buildingBelow(place, phase)
    let controllable = 0
    for (const charger of chargers) {
      if (!charger.rotation.includes(phase) || !pathOf(charger.circuit).includes(place)) continue
      const drawn = drawOf(charger)
      total += drawn
      if (!charger.car.ignores && at - charger.linkDownUntil >= TOLD_MS && at - charger.lastHeardAt < OFFLINE_AFTER_MS)
        controllable += drawn
    }
    return { total, controllable }
  }

  const events = (): void => {
    if (options.cars) {
      for (const charger of chargers) {
        if (random() < 0.004) {
          charger.car.present = !charger.car.present
          // The contactor was open (IEC 61851-1, state A): who arrives follows the pilot that it finds, not those before.
          charger.history = []
        }
        if (random() < 0.01) charger.car.hungry = !charger.car.hungry
        if (random() < 0.003) charger.profileAmps = pick([null, 0, 7, 10, 16])
      }
    }
    if (options.disobedient) {
      for (const charger of chargers) if (random() < 0.002) charger.car.ignores = !charger.car.ignores
    }
    if (options.offline)
      for (const charger of chargers) if (random() < 0.001) charger.linkDownUntil = at + between(2, 120) * 1000
    if (options.silentMeters)
      for (const one of meters) if (random() < 0.002) one.silentUntil = at + between(2, 60) * 1000
    if (options.buildingSteps && random() < 0.01) {
      const place = between(0, count - 1)
      if (metered[place]) {
        const most = (limits[place]! * 1.1) / count
        for (const phase of PHASES) building[place]![phase] = random() * most
        for (const above of pathOf(place)) risenAt[above] = at
      }
    }
    if (options.restarts && random() < 0.004) {
      state = initialBalanceState
      sinceStart = at
      // What the process knew is lost; commands on the wire still arrive.
      for (const charger of chargers)
        charger.believed = { ...unknown(), online: at < charger.linkDownUntil ? false : charger.believed.online }
      for (const one of meters) one.amps = null
    }
  }

  const deliver = (charger: Charger): void => {
    const up = at >= charger.linkDownUntil
    charger.history = charger.history.filter((past) => past.until > at)
    for (const command of charger.commands)
      if (command.arrivesAt <= at && !command.lost && up) setPilot(charger, command.amps)
    charger.commands = charger.commands.filter((command) => command.arrivesAt > at)
    if (up) {
      if (charger.lastHeardAt < charger.linkDownUntil || at - charger.lastHeardAt >= charger.pollMs)
        charger.lastHeardAt = at
    } else if (at - charger.lastHeardAt >= FALLBACK_AFTER_MS) setPilot(charger, charger.fallbackAmps)
  }

  const poll = (charger: Charger): void => {
    const { believed } = charger
    if (at < charger.linkDownUntil) {
      if (at - charger.lastHeardAt >= OFFLINE_AFTER_MS) believed.online = false
      return
    }
    if (at - believed.polledAt < charger.pollMs) return
    const back = !believed.online
    believed.online = true
    believed.polledAt = at
    believed.present = charger.car.present
    believed.measuredAt = at
    believed.measuredAmps = charger.measures ? charger.rotation.map(() => drawOf(charger)) : null
    const shown = charger.pilotAmps
    const { pending } = believed
    if (back || (pending === null && shown !== believed.confirmedAmps)) {
      believed.previousAmps = Math.max(believed.confirmedAmps ?? charger.maxAmps, pending?.highestAmps ?? 0, shown)
      believed.confirmedAmps = shown
      believed.confirmedAt = at
      if (back) believed.pending = null
      if (back) charger.commands = []
    } else if (
      pending !== null &&
      shown === pending.amps &&
      !charger.commands.some((command) => command.amps > shown && !command.lost)
    ) {
      believed.previousAmps = Math.max(believed.confirmedAmps ?? charger.maxAmps, pending.highestAmps)
      believed.confirmedAmps = shown
      believed.confirmedAt = at
      believed.pending = null
    }
  }

  const send = (charger: Charger, amps: number): void => {
    const { believed } = charger
    if (!believed.online) return
    const { pending } = believed
    if (pending === null ? believed.confirmedAmps === amps : pending.amps === amps && at - pending.sentAt < RESEND_MS)
      return
    const lost = options.lostCommands && charger.lossesInRow < 2 && random() < 0.3
    charger.lossesInRow = lost ? charger.lossesInRow + 1 : 0
    // One queue per device: a later command never overtakes an earlier one.
    const arrivesAt = Math.max(at + charger.latencyMs, charger.commands.at(-1)?.arrivesAt ?? 0)
    charger.commands.push({ amps, arrivesAt, lost })
    believed.pending = { amps, highestAmps: Math.max(amps, pending?.highestAmps ?? 0), sentAt: at }
  }

  const gather = (): BalanceInput => ({
    at,
    circuits,
    settings: SETTINGS,
    limits: [],
    parameters: PLAIN_PARAMETERS,
    meters: circuits.flatMap((one, place): MeterCurrent[] =>
      one.meterId === null
        ? []
        : [{ meterId: one.meterId, amps: meters[place]!.amps, takenAt: meters[place]!.takenAt }],
    ),
    outlets: chargers.map((charger): Outlet => {
      const { believed } = charger
      return {
        id: charger.id,
        circuitId: `c${charger.circuit}`,
        rotation: charger.rotation,
        minAmps: 6,
        maxAmps: charger.maxAmps,
        stepAmps: charger.stepAmps,
        wanted: believed.present,
        refusal: believed.present ? null : 'no-vehicle',
        profile: charger.profileAmps === null ? null : { amps: charger.profileAmps, source: 'CSMS' },
        online: believed.online,
        fallbackAmps: charger.fallbackAmps,
        // The charger was heard after the poll that we remember, at most one poll later.
        fallbackSureAt:
          Math.max(sinceStart, believed.polledAt) + charger.pollMs + FALLBACK_AFTER_MS + charger.carDelayMs + 1000,
        confirmedAmps: believed.confirmedAmps,
        pendingAmps: believed.pending?.highestAmps ?? null,
        confirmedAt: believed.confirmedAt,
        previousAmps: believed.previousAmps,
        measuredAmps: believed.measuredAmps,
        measuredAt: believed.measuredAt,
        session: null,
        softMinAmps: null,
      }
    }),
  })

  const check = (): void => {
    circuits.forEach((one, place) => {
      for (const phase of PHASES) {
        const { total, controllable } = loadOf(place, phase)
        const amps = total - one.limitAmps[phase]
        if (amps > 0.001) excesses.push({ at, circuitId: one.id, phase, amps, controllableAmps: controllable })
      }
    })
  }

  const world: World = {
    circuits,
    chargers,
    results,
    inputs,
    excesses,
    risenAt,
    run(durationMs, each) {
      const end = at + durationMs
      while (at < end) {
        at += STEP_MS
        events()
        for (const charger of chargers) deliver(charger)
        check()
        circuits.forEach((one, place) => {
          const own = meters[place]!
          if (one.meterId === null || at < own.silentUntil || at % 1000 !== 0) return
          own.amps = { L1: loadOf(place, 'L1').total, L2: loadOf(place, 'L2').total, L3: loadOf(place, 'L3').total }
          own.takenAt = at
        })
        for (const charger of chargers) poll(charger)
        if (at % 1000 === 500) {
          const input = gather()
          const result = allocate(input, state)
          state = result.state
          inputs.push(input)
          results.push(result)
          for (const allocation of result.allocations)
            send(
              chargers.find((one) => one.id === allocation.outletId)!,
              allocation.amps,
            )
        }
        each?.(world)
      }
    },
  }
  return world
}

function unknown(): Belief {
  return {
    online: false,
    confirmedAmps: null,
    confirmedAt: 0,
    previousAmps: 0,
    pending: null,
    measuredAmps: null,
    measuredAt: 0,
    present: false,
    polledAt: -1_000_000,
  }
}
