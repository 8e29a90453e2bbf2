/** Builders for inputs: one word per thing that a test is about, sensible for the rest. */
import type {
  BalanceInput,
  BalanceResult,
  BalanceSettings,
  ChargingSession,
  MeterCurrent,
  Outlet,
} from '../../src/model/balance-input.ts'
import type { Circuit } from '../../src/model/circuit.ts'
import { PLAIN_PARAMETERS } from '../../src/model/controller-parameters.ts'
import { everyPhase, rotation } from '../../src/model/phase.ts'
import { allocate, initialBalanceState } from '../../src/balance/allocate.ts'
import type { BalanceState } from '../../src/balance/allocate.ts'

export const SETTINGS: BalanceSettings = {
  meterStaleMs: 10_000,
  settleMs: 8_000,
  deadBandAmps: 1,
  riseIntervalMs: 15_000,
  restMs: 120_000,
  headroomShare: 0,
  strategy: 'fair',
  quantumWh: 10_000,
  voltage: 230,
  usualStayMs: 28_800_000,
  usualWh: 12_000,
}

export function circuit(id: string, limitAmps: number, more: Partial<Circuit> = {}): Circuit {
  return {
    id,
    parentId: null,
    limitAmps: everyPhase(limitAmps),
    meterId: null,
    failSafeAmps: 0,
    carsMaxWatts: null,
    unbalanceAmps: null,
    ...more,
  }
}

/** A three-phase charger whose car wants current, that obeys and measures what it was given. */
export function outlet(id: string, more: Partial<Outlet> = {}): Outlet {
  const confirmedAmps = more.confirmedAmps === undefined ? 0 : more.confirmedAmps
  return {
    id,
    circuitId: 'main',
    rotation: rotation('L1L2L3'),
    minAmps: 6,
    maxAmps: 32,
    stepAmps: 0.1,
    wanted: true,
    refusal: null,
    profile: null,
    online: true,
    fallbackAmps: 0,
    confirmedAmps,
    pendingAmps: null,
    confirmedAt: -1_000_000,
    previousAmps: confirmedAmps ?? 0,
    measuredAmps: (more.rotation ?? rotation('L1L2L3')).map(() => confirmedAmps ?? 0),
    measuredAt: 0,
    session: null,
    softMinAmps: null,
    ...more,
  }
}

export function session(id: string, energyWh: number, more: Partial<ChargingSession> = {}): ChargingSession {
  return {
    id,
    startedAt: 0,
    energyWh,
    wantedWh: null,
    departsAt: null,
    commitment: null,
    priority: 1,
    mayWait: null,
    ...more,
  }
}

/** The outlet `afterMs` later: its car has followed the order for all of that time. */
export function driven(one: Outlet, orderedAmps: number, at: number, afterMs: number): Outlet {
  const wh = (orderedAmps * one.rotation.length * SETTINGS.voltage * afterMs) / 3_600_000
  return {
    ...one,
    previousAmps: one.confirmedAmps ?? one.maxAmps,
    confirmedAmps: orderedAmps,
    confirmedAt: at - afterMs,
    measuredAmps: one.rotation.map(() => orderedAmps),
    measuredAt: at,
    session: one.session === null ? null : { ...one.session, energyWh: one.session.energyWh + wh },
  }
}

export function meter(meterId: string, shownAmps: number, takenAt = 0): MeterCurrent {
  return { meterId, amps: everyPhase(shownAmps), takenAt }
}

export function site(parts: Partial<BalanceInput>): BalanceInput {
  return {
    at: 0,
    circuits: [circuit('main', 100)],
    outlets: [],
    meters: [],
    limits: [],
    parameters: PLAIN_PARAMETERS,
    settings: SETTINGS,
    ...parts,
  }
}

export type Result = BalanceResult<BalanceState>

/** Ticks once a second with everything measured anew and every set-point obeyed at once, from a fresh start; the last result. */
export function play(input: BalanceInput, seconds: number, from: BalanceState = initialBalanceState): Result {
  let result = allocate(input, from)
  let outlets = input.outlets
  for (let second = 1; second <= seconds; second++) {
    const at = input.at + second * 1000
    const ordered = amps(result)
    outlets = outlets.map((one) => (one.online ? obeyed(one, ordered[one.id] ?? 0, at) : one))
    result = allocate({ ...input, at, outlets, meters: metersAt(input, outlets, at) }, result.state)
  }
  return result
}

function obeyed(one: Outlet, orderedAmps: number, at: number): Outlet {
  const changed = one.confirmedAmps !== orderedAmps
  const drawn = one.wanted ? orderedAmps : 0
  return {
    ...one,
    confirmedAmps: orderedAmps,
    previousAmps: changed ? (one.confirmedAmps ?? one.maxAmps) : one.previousAmps,
    confirmedAt: changed ? at : one.confirmedAt,
    measuredAmps: one.rotation.map(() => drawn),
    measuredAt: at,
  }
}

/** The meters of the input saw the building and the outlets as they were at its time; the building stays as it was. */
function metersAt(input: BalanceInput, outlets: readonly Outlet[], at: number): readonly MeterCurrent[] {
  return input.meters.map((one) => {
    if (one.amps === null || one.takenAt < input.at) return one
    const below = input.circuits.filter((other) => isBelow(input.circuits, other, one.meterId))
    const ids = new Set(below.map((other) => other.id))
    const drawn = { L1: 0, L2: 0, L3: 0 }
    for (const [list, sign] of [
      [outlets, 1],
      [input.outlets, -1],
    ] as const) {
      for (const each of list) {
        if (!ids.has(each.circuitId)) continue
        each.rotation.forEach((phase, terminal) => (drawn[phase] += sign * (each.measuredAmps?.[terminal] ?? 0)))
      }
    }
    const { L1, L2, L3 } = one.amps
    return { ...one, amps: { L1: L1 + drawn.L1, L2: L2 + drawn.L2, L3: L3 + drawn.L3 }, takenAt: at }
  })
}

function isBelow(circuits: readonly Circuit[], one: Circuit, meterId: string): boolean {
  if (one.meterId === meterId) return true
  const parent = circuits.find((other) => other.id === one.parentId)
  return parent !== undefined && isBelow(circuits, parent, meterId)
}

/** Set-points by outlet. */
export function amps(result: Result): Record<string, number> {
  return Object.fromEntries(result.allocations.map((one) => [one.outletId, one.amps]))
}

export function bindings(result: Result): Record<string, unknown> {
  return Object.fromEntries(result.allocations.map((one) => [one.outletId, one.binding]))
}

export function alarms(result: Result): readonly string[] {
  return result.alarms.map((one) => `${one.kind} ${one.id}`)
}
