import { describe, expect, it } from 'vitest'
import type { Circuit } from '../../src/model/circuit.ts'
import { everyPhase } from '../../src/model/phase.ts'
import type { SiteLimit } from '../../src/model/site-limit.ts'
import { buildingOf } from '../../src/study/building.ts'
import { chance } from '../../src/study/chance.ts'
import { Charger } from '../../src/study/charger.ts'
import type { StudyStation } from '../../src/study/study-site.ts'
import { Wiring } from '../../src/study/wiring.ts'
import { circuit, MIDNIGHT, MINUTE, samples, station } from './site.ts'

const V = 230

/** A charger whose car draws `amps` on three phases from now on. */
function drawing(own: StudyStation, amps: number, at: number): Charger {
  const charger = new Charger(own, { at, voltage: V, followMs: 8000, next: chance(own.outletId) })
  charger.arrive({
    id: own.outletId,
    outletId: own.outletId,
    arrivesAt: at,
    leavesAt: Infinity,
    car: {
      phases: 3,
      maxAmps: amps,
      needWh: 90_000,
      taperWh: 1,
      deadSeconds: 1,
      rampAmpsPerSecond: 100,
      shyAmps: 0,
      wakeSeconds: 0,
      resumeSeconds: 0,
      givesUpAtPause: null,
      timerAt: null,
    },
    wantedWh: null,
    departsAt: null,
    commitment: null,
    priority: 1,
  })
  charger.send(32, at)
  for (let second = 1; second <= 10; second++) charger.step(at + second * 1000)
  return charger
}

function play(
  circuits: readonly Circuit[],
  amps: readonly number[],
  building: readonly ReturnType<typeof samples>[number][],
  seconds: number,
  limits: readonly SiteLimit[] = [],
) {
  const own = amps.map((_, index) => station(`CP-${index + 1}`, 'garage', { maxAmps: 32 }))
  const chargers = own.map((one, index) => drawing(one, amps[index] ?? 0, MIDNIGHT - 20_000))
  const load = buildingOf(circuits, building, MIDNIGHT, MIDNIGHT + 10 * MINUTE)
  const wiring = new Wiring({ circuits, stations: own, building: load, limits, voltage: V, tickMs: 5000 })
  for (let second = 0; second < seconds; second++) wiring.step(MIDNIGHT + second * 1000, chargers, true)
  return wiring
}

const TREE = [circuit('house', 63, { meterId: 'grid' }), circuit('garage', 40, { parentId: 'house' })]

describe('the true currents', () => {
  it('add up to the root, with the building', () => {
    const wiring = play(TREE, [16, 10], samples('house', MIDNIGHT, 2, 20), 5)
    expect(wiring.carsAmps('garage', 0)).toBeCloseTo(26)
    expect(wiring.loadAmps('garage', 0)).toBeCloseTo(26)
    expect(wiring.loadAmps('house', 0)).toBeCloseTo(46)
    expect(wiring.over).toMatchObject({ seconds: 0, jumpSeconds: 0, buildingSeconds: 0, circuitId: null })
  })

  it('tell a fuse that cars overload, and by how much', () => {
    const wiring = play(TREE, [16, 16, 16], samples('house', MIDNIGHT, 2, 0), 60)
    // 48 A on 40 A, of which half an ampere is tolerance
    expect(wiring.over).toMatchObject({ seconds: 60, circuitId: 'garage' })
    expect(wiring.over.worstAmps).toBeCloseTo(7.5)
  })

  it('grant the cars some seconds when the building jumps, and no more', () => {
    const jump = [...samples('house', MIDNIGHT, 1, 20), ...samples('house', MIDNIGHT + MINUTE, 5, 45)]
    const wiring = play(TREE, [16, 10], jump, 180)
    // 71 A on 63 A after the jump: 20 s are the jump's, the rest is the core's fault
    expect(wiring.over.jumpSeconds).toBeGreaterThanOrEqual(18)
    expect(wiring.over.jumpSeconds).toBeLessThanOrEqual(20)
    expect(wiring.over.seconds).toBe(120 - wiring.over.jumpSeconds)
  })

  it('do not blame the cars for a building that is over the fuse alone', () => {
    const wiring = play(TREE, [], samples('house', MIDNIGHT, 2, 70), 30)
    expect(wiring.over).toMatchObject({ seconds: 0, jumpSeconds: 0, buildingSeconds: 30 })
  })

  it('tell when cars take more power than they may', () => {
    const limited = [circuit('garage', 100, { carsMaxWatts: 11_000 })]
    expect(play(limited, [16], [], 10).over).toMatchObject({ seconds: 0 })
    const over = play(limited, [32], [], 10).over
    expect(over).toMatchObject({ seconds: 10, circuitId: 'garage' })
    // 96 A in all, of (11000 W + 2 %) / 230 V
    expect(over.worstAmps).toBeCloseTo(96 - 11_220 / 230)
  })

  it('hold a limit from outside once there was time to follow it', () => {
    const limit: SiteLimit = {
      id: 'ripple',
      source: 'dso',
      circuitId: 'garage',
      maxAmps: everyPhase(10),
      carsMaxWatts: null,
      priority: 0,
      since: MIDNIGHT + 10_000,
      until: MIDNIGHT + 40_000,
    }
    const { over } = play([circuit('garage', 40)], [16], [], 60, [limit])
    // from 20 s after it came until it ended
    expect(over).toMatchObject({ seconds: 10, circuitId: 'garage' })
    expect(over.worstAmps).toBeCloseTo(5.5)
    const watts = { ...limit, maxAmps: null, carsMaxWatts: 6900 }
    // 48 A in all, of (6900 W + 2 %) / 230 V
    expect(play([circuit('garage', 40)], [16], [], 60, [watts]).over).toMatchObject({ seconds: 10 })
  })

  it('do not count while the study warms up', () => {
    const own = [station('CP-1', 'garage', { maxAmps: 32 })]
    const circuits = [circuit('garage', 10)]
    const wiring = new Wiring({
      circuits,
      stations: own,
      building: buildingOf(circuits, [], MIDNIGHT, MIDNIGHT + MINUTE),
      limits: [],
      voltage: V,
      tickMs: 5000,
    })
    wiring.step(
      MIDNIGHT,
      own.map((one) => drawing(one, 32, MIDNIGHT - 20_000)),
      false,
    )
    expect(wiring.over).toMatchObject({ seconds: 0, worstAmps: 0 })
  })
})
