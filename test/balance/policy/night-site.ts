/** A house garage in the evening, for the policy's tests: 100 A for the cars, dear until 21:00, cheap until 07:00. Times are hours of a day. */
import type { PolicyInput, PolicySession } from '../../../src/balance/policy/policy-input.ts'
import type { Circuit } from '../../../src/model/circuit.ts'
import { everyPhase } from '../../../src/model/phase.ts'

export const HOUR = 3_600_000
export const hours = (hour: number): number => hour * HOUR

export const CHEAP_FROM = hours(21)
export const NIGHT_TARIFF = [
  { from: 0, price: 0.22 },
  { from: hours(7), price: 0.32 },
  { from: CHEAP_FROM, price: 0.22 },
  { from: hours(31), price: 0.32 },
]

export function circuit(id: string, parentId: string | null, amps: number, own: Partial<Circuit> = {}): Circuit {
  return {
    id,
    parentId,
    limitAmps: everyPhase(amps),
    meterId: null,
    failSafeAmps: 0,
    carsMaxWatts: null,
    unbalanceAmps: null,
    ...own,
  }
}

export const GARAGE: readonly Circuit[] = [circuit('house', null, 250), circuit('garage', 'house', 100)]

/** A car on three phases, not measured, that came at 18:00 and told that it wants 10 kWh until 07:00. */
export function car(id: string, own: Partial<PolicySession> = {}): PolicySession {
  return {
    id,
    circuitId: 'garage',
    phases: [0, 1, 2],
    maxAmps: 32,
    startedAt: hours(18),
    energyWh: 0,
    wantedWh: 10_000,
    departsAt: hours(31),
    commitment: null,
    priority: 1,
    running: false,
    ...own,
  }
}

export function evening(sessions: readonly PolicySession[], own: Partial<PolicyInput> = {}): PolicyInput {
  return {
    at: hours(18),
    sessions,
    circuits: GARAGE,
    tariff: NIGHT_TARIFF,
    usualStayMs: hours(8),
    usualWh: 12_000,
    voltage: 230,
    ...own,
  }
}
