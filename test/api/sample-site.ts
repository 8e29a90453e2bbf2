/** A car park in the evening, as plain data: three cars charge, one waits, the house connection is full on L2. */
import { PLAIN_PARAMETERS } from '../../src/model/controller-parameters.ts'
import { parametersSnapshot } from '../../src/site/controller/parameter-operations.ts'
import type { SiteSnapshot } from '../../src/site/facade.ts'
import type { EvseSnapshot, StationSnapshot } from '../../src/site/snapshot.ts'

export const AT = Date.UTC(2026, 2, 17, 17, 30, 5)

export function sampleEvse(values: Partial<EvseSnapshot> = {}): EvseSnapshot {
  return {
    evse: 1,
    pilot: 'C',
    status: 'charging',
    fault: null,
    setAmps: 9,
    pendingAmps: null,
    measuredAmps: [8.9, 8.9, 8.8],
    phasesAmps: { L1: 8.9, L2: 8.9, L3: 8.8 },
    powerW: 6120,
    energyWh: 128_485,
    why: 'circuit house, phase L2',
    rank: null,
    transaction: {
      id: '6f1c0c9e-8f57-4c8e-9d57-5a1c3a8a2b10',
      csmsTransactionId: '1042',
      wish: null,
      idToken: 'D4CD7650',
      startedAt: AT - 47 * 60_000,
      energyWh: 5320,
    },
    ...values,
  }
}

export function sampleStation(id: string, values: Partial<StationSnapshot> = {}): StationSnapshot {
  return {
    id,
    stationId: id,
    vendor: 'KEBA',
    model: 'KeContact P30',
    circuitId: 'garage',
    rotation: ['L1', 'L2', 'L3'],
    online: true,
    problem: null,
    evses: [sampleEvse()],
    upstreamIds: ['operator'],
    ...values,
  }
}

export function sampleSite(values: Partial<SiteSnapshot> = {}): SiteSnapshot {
  return {
    name: 'Parkhaus Nord',
    at: AT,
    circuits: [
      {
        id: 'house',
        parentId: null,
        limitAmps: { L1: 63, L2: 63, L3: 63 },
        meterId: 'grid',
        measuredAmps: { L1: 47.2, L2: 61.8, L3: 39.5 },
        buildingAmps: { L1: 18.4, L2: 33.1, L3: 12.6 },
        reservedAmps: { L1: 29, L2: 29.9, L3: 27 },
        availableAmps: { L1: 44.6, L2: 29.9, L3: 50.4 },
        failSafe: false,
      },
      {
        id: 'garage',
        parentId: 'house',
        limitAmps: { L1: 40, L2: 40, L3: 40 },
        meterId: null,
        measuredAmps: { L1: 28.8, L2: 28.7, L3: 26.9 },
        buildingAmps: null,
        reservedAmps: { L1: 29, L2: 29.9, L3: 27 },
        availableAmps: { L1: 40, L2: 40, L3: 40 },
        failSafe: false,
      },
    ],
    meters: [
      {
        id: 'grid',
        online: true,
        currentAmps: { L1: 47.2, L2: 61.8, L3: 39.5 },
        powerW: 33_900,
        ageSeconds: 0.4,
        problem: null,
      },
    ],
    stations: [
      sampleStation('CP-001'),
      sampleStation('CP-002', {
        vendor: 'ABB',
        model: 'Terra AC',
        rotation: ['L2', 'L3', 'L1'],
        evses: [
          sampleEvse({
            setAmps: 12,
            pendingAmps: 9,
            phasesAmps: { L2: 11.8, L3: 11.9, L1: 11.8 },
            powerW: 8140,
            why: 'charging profile of operator',
            rank: null,
          }),
        ],
      }),
      sampleStation('CP-003', {
        vendor: 'Heidelberg',
        model: 'Energy Control',
        rotation: ['L3', 'L1', 'L2'],
        evses: [
          sampleEvse({
            setAmps: 16,
            phasesAmps: { L3: 6.2, L1: 8.1, L2: 8 },
            powerW: 5100,
            why: 'the charger’s own maximum',
            rank: null,
          }),
        ],
      }),
      sampleStation('CP-004', {
        vendor: 'Heidelberg',
        model: 'Energy Control',
        rotation: ['L2', 'L3', 'L1'],
        evses: [
          sampleEvse({
            pilot: 'B',
            status: 'suspended-evse',
            setAmps: 0,
            phasesAmps: { L2: 0, L3: 0, L1: 0 },
            powerW: 0,
            why: 'less than the minimum is left on circuit house',
            rank: null,
            transaction: {
              id: 'x',
              csmsTransactionId: null,
              wish: null,
              idToken: 'employee-7',
              startedAt: AT - 40_000,
              energyWh: 0,
            },
          }),
        ],
      }),
    ],
    upstreams: ['CP-001', 'CP-002', 'CP-003', 'CP-004'].map((stationId) => ({
      id: 'operator',
      stationId,
      state: stationId === 'CP-004' ? 'down' : 'accepted',
      backlog: stationId === 'CP-004' ? 3 : 0,
      problem: null,
    })),
    alarms: [],
    parameters: parametersSnapshot(PLAIN_PARAMETERS),
    loop: { ticks: 4711, missedTicks: 0, lastTickMs: 3 },
    ...values,
  }
}
