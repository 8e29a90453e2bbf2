/** Small sites as the balancing core is told of them. */
import type { BalanceInput, Outlet } from '../../../src/model/balance-input.ts'
import type { Circuit } from '../../../src/model/circuit.ts'
import { PLAIN_PARAMETERS } from '../../../src/model/controller-parameters.ts'
import { everyPhase, rotation } from '../../../src/model/phase.ts'

export function circuit(id: string, parentId: string | null = null, meterId: string | null = null): Circuit {
  return {
    id,
    parentId,
    limitAmps: everyPhase(100),
    meterId,
    failSafeAmps: 0,
    carsMaxWatts: null,
    unbalanceAmps: null,
  }
}

/** Three phases, 10 A in force and measured. */
export function charger(id: string, over: Partial<Outlet> = {}): Outlet {
  return {
    id,
    circuitId: 'garage',
    rotation: rotation('L1L2L3'),
    minAmps: 6,
    maxAmps: 32,
    stepAmps: 1,
    wanted: true,
    refusal: null,
    profile: null,
    online: true,
    fallbackAmps: 6,
    confirmedAmps: 10,
    pendingAmps: null,
    confirmedAt: 0,
    previousAmps: 0,
    measuredAmps: [10, 10, 10],
    measuredAt: 100_000,
    session: null,
    softMinAmps: null,
    ...over,
  }
}

export function balanceInput(parts: Partial<BalanceInput>): BalanceInput {
  return {
    at: 0,
    circuits: [circuit('garage')],
    outlets: [],
    meters: [],
    limits: [],
    parameters: PLAIN_PARAMETERS,
    settings: {
      meterStaleMs: 10_000,
      settleMs: 8000,
      deadBandAmps: 1,
      riseIntervalMs: 15_000,
      restMs: 60_000,
      headroomShare: 0,
      strategy: 'fair',
      quantumWh: 10_000,
      voltage: 230,
      usualStayMs: 28_800_000,
      usualWh: 12_000,
    },
    ...parts,
  }
}
