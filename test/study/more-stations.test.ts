import { describe, expect, it } from 'vitest'
import { busiestCircuit, moreStations, moreVisits } from '../../src/study/more-stations.ts'
import { recordedVisits } from '../../src/study/recorded-days.ts'
import { HOUR, MIDNIGHT, station, stations, visitRecord } from './site.ts'

const DAY = { from: MIDNIGHT, until: MIDNIGHT + 24 * HOUR, seed: '1' }

describe('more stations', () => {
  it('go where most stations are', () => {
    expect(busiestCircuit([...stations(3, 'garage'), station('Y-1', 'yard')])).toBe('garage')
    expect(busiestCircuit([station('Y-1', 'yard'), station('G-1', 'garage')])).toBe('garage')
    expect(busiestCircuit([])).toBeNull()
  })

  it('are like those that are there, each wired one phase further', () => {
    const added = moreStations(stations(1, 'garage'), 'garage', 3)
    expect(added.map(({ stationId }) => stationId)).toEqual(['new-1', 'new-2', 'new-3'])
    expect(added.map(({ rotation }) => rotation[0])).toEqual(['L2', 'L3', 'L1'])
    expect(added[0]).toMatchObject({ circuitId: 'garage', maxAmps: 16, outletId: 'new-1/1' })
  })

  it('never take a name that is taken', () => {
    const [added] = moreStations([station('new-1', 'garage')], 'garage', 1)
    expect(added?.stationId).toBe('new-1+')
  })
})

describe('more visits', () => {
  const records = [
    visitRecord('a', 'CP-01', { arrivedAt: MIDNIGHT + 8 * HOUR, leftAt: MIDNIGHT + 9 * HOUR }),
    visitRecord('b', 'CP-01', { arrivedAt: MIDNIGHT + 9 * HOUR, leftAt: MIDNIGHT + 12 * HOUR }),
    visitRecord('c', 'CP-02', { commitment: { energyWh: 4000, byAt: MIDNIGHT + 9.5 * HOUR } }),
  ]
  const { visits } = recordedVisits(records, stations(3, 'garage'), { ...DAY, voltage: 230 })
  const added = moreStations(stations(3, 'garage'), 'garage', 8)
  const more = moreVisits(visits, added, DAY)

  it('are like those of one station each, some minutes earlier or later', () => {
    expect(more.length).toBeGreaterThanOrEqual(8)
    for (const visit of more) {
      const model = visits.find(({ id }) => visit.id.startsWith(`${id} at `))
      expect(model?.car).toEqual(visit.car)
      expect(Math.abs(visit.arrivesAt - (model?.arrivesAt ?? 0))).toBeLessThanOrEqual(90 * 60_000)
      expect(visit.arrivesAt % 1000).toBe(0)
    }
  })

  it('do not overlap at a station', () => {
    for (const { outletId } of added) {
      const own = more.filter((visit) => visit.outletId === outletId)
      for (const [index, visit] of own.entries())
        expect(visit.arrivesAt).toBeGreaterThanOrEqual(own[index - 1]?.leavesAt ?? 0)
    }
  })

  it('have their commitments shifted with them', () => {
    const shifted = more.filter(({ commitment }) => commitment !== null)
    expect(shifted.length).toBeGreaterThan(0)
    for (const { commitment, arrivesAt } of shifted)
      if (commitment !== null) expect(commitment.byAt - arrivesAt).toBeCloseTo(1.5 * HOUR, -4)
  })

  it('are the same for the same seed; without any visit there are none', () => {
    expect(moreVisits(visits, added, DAY)).toEqual(more)
    expect(moreVisits([], added, DAY)).toEqual([])
  })
})
