/** A small site to put before the policy. */
import type { BalanceSettings, ChargingSession, Outlet } from '../../../src/model/balance-input.ts'
import type { Circuit } from '../../../src/model/circuit.ts'
import { everyPhase, rotation } from '../../../src/model/phase.ts'
import { balanceSettings } from '../../../src/site/balance-settings.ts'

const HOUR_MS = 3_600_000

export const SETTINGS: BalanceSettings = balanceSettings(
  { strategy: 'fair', quantumWh: 10_000, voltage: 230, usualStayMs: 8 * HOUR_MS, usualWh: 12_000 },
  [],
)

export function circuit(id: string, parentId: string | null, amps: number, meterId: string | null = null): Circuit {
  return {
    id,
    parentId,
    limitAmps: everyPhase(amps),
    meterId,
    failSafeAmps: 0,
    carsMaxWatts: null,
    unbalanceAmps: null,
  }
}

/** Three-phase, 32 A, with a car that wants current, not yet offered any. */
export function outlet(id: string, circuitId: string, own: Partial<Outlet> = {}): Outlet {
  return {
    id,
    circuitId,
    rotation: rotation('L1L2L3'),
    minAmps: 6,
    maxAmps: 32,
    stepAmps: 1,
    wanted: true,
    refusal: null,
    profile: null,
    online: true,
    fallbackAmps: 0,
    confirmedAmps: 0,
    pendingAmps: null,
    confirmedAt: 0,
    previousAmps: 0,
    measuredAmps: [0, 0, 0],
    measuredAt: 0,
    session: session(id),
    softMinAmps: null,
    ...own,
  }
}

export function session(id: string, own: Partial<ChargingSession> = {}): ChargingSession {
  return {
    id,
    startedAt: 0,
    energyWh: 0,
    wantedWh: null,
    departsAt: null,
    commitment: null,
    priority: 1,
    mayWait: null,
    ...own,
  }
}
