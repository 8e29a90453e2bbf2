import { describe, expect, it } from 'vitest'
import { everyPhase } from '../../src/model/phase.ts'
import { circuitSnapshots } from '../../src/site/circuit-snapshot.ts'
import type { EvseSnapshot, StationSnapshot } from '../../src/site/snapshot.ts'

const HOUSE = {
  id: 'house',
  parentId: null,
  limitAmps: everyPhase(100),
  meterId: 'grid',
  failSafeAmps: 20,
  carsMaxWatts: null,
  unbalanceAmps: null,
}
const GARAGE = {
  id: 'garage',
  parentId: 'house',
  limitAmps: everyPhase(63),
  meterId: null,
  failSafeAmps: 0,
  carsMaxWatts: null,
  unbalanceAmps: null,
}

function station(id: string, phasesAmps: EvseSnapshot['phasesAmps']): StationSnapshot {
  return {
    id,
    stationId: id,
    vendor: 'V',
    model: 'M',
    circuitId: 'garage',
    rotation: ['L1', 'L2', 'L3'],
    online: true,
    problem: null,
    upstreamIds: [],
    evses: [
      {
        evse: 1,
        pilot: 'C',
        status: 'charging',
        fault: null,
        setAmps: 16,
        pendingAmps: null,
        measuredAmps: null,
        phasesAmps,
        powerW: null,
        energyWh: null,
        why: '',
        rank: null,
        transaction: null,
      },
    ],
  }
}

describe('the current of a circuit', () => {
  const grid = { L1: 30, L2: 31, L3: 32 }

  it('is what its meter shows', () => {
    const [house] = circuitSnapshots([HOUSE, GARAGE], [], [], () => grid)
    expect(house?.measuredAmps).toEqual(grid)
  })

  it('is the sum of its chargers where there is no meter', () => {
    const chargers = [station('a', { L1: 10, L2: 10, L3: 10 }), station('b', { L1: 6, L2: 0, L3: 0 })]
    const [, garage] = circuitSnapshots([HOUSE, GARAGE], [], chargers, () => grid)
    expect(garage?.measuredAmps).toEqual({ L1: 16, L2: 10, L3: 10 })
  })

  it('is unknown, and not less, when a charger does not tell or the meter has never spoken', () => {
    const [house, garage] = circuitSnapshots([HOUSE, GARAGE], [], [station('a', { L1: 10 })], () => null)
    expect(house?.measuredAmps).toBeNull()
    expect(garage?.measuredAmps).toBeNull()
  })
})
