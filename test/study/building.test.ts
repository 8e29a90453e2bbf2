import { describe, expect, it } from 'vitest'
import { buildingOf } from '../../src/study/building.ts'
import { circuit, MIDNIGHT, MINUTE, samples } from './site.ts'

const HOUSE = circuit('house', 100, { meterId: 'grid' })

/** Loads of phase L1 in each second of a stretch. */
function seconds(building: ReturnType<typeof buildingOf>, circuitId: string, from: number, count: number): number[] {
  const amps = new Float64Array(3)
  return Array.from({ length: count }, (_, second) => {
    building.loadAt(circuitId, from + second * 1000, amps)
    return amps[0] ?? Number.NaN
  })
}

function make() {
  return buildingOf([HOUSE], samples('house', MIDNIGHT, 2, 20, 30), MIDNIGHT, MIDNIGHT + 2 * MINUTE)
}

describe('the building second by second', () => {
  it('has the recorded mean and the recorded highest in each minute', () => {
    const building = buildingOf([HOUSE], samples('house', MIDNIGHT, 3, 20, 30), MIDNIGHT, MIDNIGHT + 3 * MINUTE)
    for (let minute = 0; minute < 3; minute++) {
      const loads = seconds(building, 'house', MIDNIGHT + minute * MINUTE, 60)
      expect(loads.reduce((sum, amps) => sum + amps, 0) / 60).toBeCloseTo(20)
      expect(Math.max(...loads)).toBe(30)
      // ten seconds at 30 A, the others at (60 x 20 - 10 x 30) / 50
      expect(loads.filter((amps) => amps === 30)).toHaveLength(10)
      expect(Math.min(...loads)).toBeCloseTo(18)
    }
  })

  it('is never negative, whatever was recorded', () => {
    const building = buildingOf([HOUSE], samples('house', MIDNIGHT, 1, -5, 80), MIDNIGHT, MIDNIGHT + MINUTE)
    expect(Math.min(...seconds(building, 'house', MIDNIGHT, 60))).toBe(0)
  })

  it('is the same whenever it is asked', () => {
    expect(seconds(make(), 'house', MIDNIGHT, 120)).toEqual(seconds(make(), 'house', MIDNIGHT, 120))
  })

  it('holds the minute before where one is missing, and counts it', () => {
    const recorded = [...samples('house', MIDNIGHT, 1, 20), ...samples('house', MIDNIGHT + 3 * MINUTE, 1, 40)]
    const building = buildingOf([HOUSE], recorded, MIDNIGHT - MINUTE, MIDNIGHT + 4 * MINUTE)
    const at = (minute: number): number | undefined => seconds(building, 'house', MIDNIGHT + minute * MINUTE, 1)[0]
    expect([-1, 0, 1, 2, 3].map(at)).toEqual([20, 20, 20, 20, 40])
    expect(building.missingMinutes).toBe(3)
  })

  it('gives a circuit without a meter what meters below it see, and one above its own meter', () => {
    const circuits = [
      circuit('root', 200),
      { ...HOUSE, parentId: 'root' },
      circuit('annex', 40, { parentId: 'root', meterId: 'annex' }),
      circuit('garage', 40, { parentId: 'house' }),
    ]
    const recorded = [...samples('house', MIDNIGHT, 1, 20), ...samples('annex', MIDNIGHT, 1, 7)]
    const building = buildingOf(circuits, recorded, MIDNIGHT, MIDNIGHT + MINUTE)
    const load = (id: string): number | undefined => seconds(building, id, MIDNIGHT, 1)[0]
    expect([load('root'), load('house'), load('annex'), load('garage')]).toEqual([27, 20, 7, 0])
  })
})
