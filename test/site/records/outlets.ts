/** Outlets and sessions as the balancing core is told of them, for tests of what the site records. */
import type { ChargingSession, Outlet } from '../../../src/model/balance-input.ts'

export function outlet(id: string, over: Partial<Outlet> = {}): Outlet {
  return {
    id,
    circuitId: 'garage',
    rotation: ['L1', 'L2', 'L3'],
    minAmps: 6,
    maxAmps: 16,
    stepAmps: 1,
    wanted: true,
    refusal: null,
    profile: null,
    online: true,
    fallbackAmps: 6,
    confirmedAmps: 16,
    pendingAmps: null,
    confirmedAt: 0,
    previousAmps: 0,
    measuredAmps: null,
    measuredAt: 0,
    session: null,
    softMinAmps: null,
    ...over,
  }
}

export function session(over: Partial<ChargingSession> = {}): ChargingSession {
  return {
    id: 'T1',
    startedAt: 0,
    energyWh: 0,
    wantedWh: null,
    departsAt: null,
    commitment: null,
    priority: 1,
    mayWait: null,
    ...over,
  }
}
