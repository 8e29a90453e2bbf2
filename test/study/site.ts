/** A small site for studies: a house with a meter and a garage of a few stations. */
import type { Circuit } from '../../src/model/circuit.ts'
import { PLAIN_PARAMETERS } from '../../src/model/controller-parameters.ts'
import { everyPhase, rotation, type RotationName } from '../../src/model/phase.ts'
import type { SiteSample, VisitRecord } from '../../src/model/site-sample.ts'
import type { StudySite, StudyStation } from '../../src/study/study-site.ts'

/** 2026-11-20 00:00 UTC, a Friday. */
export const MIDNIGHT = Date.UTC(2026, 10, 20)
export const HOUR = 3_600_000
export const MINUTE = 60_000

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

export function station(id: string, circuitId: string, more: Partial<StudyStation> = {}): StudyStation {
  return {
    outletId: `${id}/1`,
    stationId: id,
    evse: 1,
    circuitId,
    rotation: rotation('L1L2L3'),
    minAmps: 6,
    maxAmps: 16,
    stepAmps: 1,
    fallbackAmps: 6,
    softMinAmps: null,
    priority: 1,
    ...more,
  }
}

const TURNS: readonly RotationName[] = ['L1L2L3', 'L2L3L1', 'L3L1L2']

export function stations(count: number, circuitId: string): readonly StudyStation[] {
  return Array.from({ length: count }, (_, index) =>
    station(`CP-${String(index + 1).padStart(2, '0')}`, circuitId, {
      rotation: rotation(TURNS[index % 3] ?? 'L1L2L3'),
    }),
  )
}

export function studySite(more: Partial<StudySite> = {}): StudySite {
  return {
    name: 'Parkhaus Nord',
    timezone: 'UTC',
    circuits: [
      circuit('house', 63, { meterId: 'grid', failSafeAmps: 20 }),
      circuit('garage', 40, { parentId: 'house' }),
    ],
    stations: stations(6, 'garage'),
    parameters: PLAIN_PARAMETERS,
    settings: {
      meterStaleMs: 10_000,
      settleMs: 8000,
      deadBandAmps: 1,
      riseIntervalMs: 15_000,
      restMs: 60_000,
      headroomShare: 0.02,
      strategy: 'fair',
      quantumWh: 10_000,
      voltage: 230,
      usualStayMs: 28_800_000,
      usualWh: 12_000,
    },
    tariff: null,
    policy: () => (input) => input,
    ...more,
  }
}

export function visitRecord(sessionId: string, stationId: string, more: Partial<VisitRecord> = {}): VisitRecord {
  return {
    sessionId,
    stationId,
    evse: 1,
    circuitId: 'garage',
    arrivedAt: MIDNIGHT + 8 * HOUR,
    leftAt: MIDNIGHT + 10 * HOUR,
    energyWh: 6000,
    full: true,
    phases: 3,
    highestAmps: 16,
    wantedWh: null,
    departsAt: null,
    commitment: null,
    priority: 1,
    pauses: 0,
    ...more,
  }
}

/** The same load for a stretch of minutes. */
export function samples(
  circuitId: string,
  from: number,
  minutes: number,
  amps: number,
  highest = amps,
): readonly SiteSample[] {
  return Array.from({ length: minutes }, (_, index) => ({
    at: from + index * MINUTE,
    circuitId,
    meanAmps: everyPhase(amps),
    highestAmps: everyPhase(highest),
  }))
}
