import { describe, expect, it } from 'vitest'
import { rotation } from '../../src/model/phase.ts'
import { chance } from '../../src/study/chance.ts'
import { Charger } from '../../src/study/charger.ts'
import type { StudyVisit } from '../../src/study/study-site.ts'
import { station } from './site.ts'

const VISIT: StudyVisit = {
  id: 'one',
  outletId: 'CP-01/1',
  arrivesAt: 0,
  leavesAt: 3_600_000,
  car: {
    phases: 3,
    maxAmps: 16,
    needWh: 20_000,
    taperWh: 2500,
    deadSeconds: 1,
    rampAmpsPerSecond: 20,
    shyAmps: 0,
    wakeSeconds: 0,
    resumeSeconds: 5,
    givesUpAtPause: null,
    timerAt: null,
  },
  wantedWh: 9000,
  departsAt: 3_600_000,
  commitment: null,
  priority: 2,
}

function charger(phases: 'L1L2L3' | 'L2' = 'L1L2L3'): Charger {
  const own = station('CP-01', 'garage', { rotation: rotation(phases) })
  return new Charger(own, { at: 0, voltage: 230, followMs: 8000, next: chance('charger') })
}

/** Seconds `from` to `to`, both included. */
function run(one: Charger, from: number, to: number): void {
  for (let second = from; second <= to; second++) one.step(second * 1000)
}

describe('a charger and what the bridge knows of it', () => {
  it('wants nothing while nobody is there', () => {
    expect(charger().outlet(0)).toMatchObject({ wanted: false, refusal: 'no-vehicle', session: null, online: true })
  })

  it('tells the session as its driver did', () => {
    const one = charger()
    one.arrive(VISIT)
    expect(one.outlet(0)).toMatchObject({
      wanted: true,
      refusal: null,
      session: {
        id: 'one',
        startedAt: 0,
        energyWh: 0,
        wantedWh: 9000,
        departsAt: 3_600_000,
        priority: 2,
        mayWait: null,
      },
    })
  })

  it('has a set-point on its way until a poll shows it; then the one before counts as previous', () => {
    const one = charger()
    one.arrive(VISIT)
    expect(one.send(16, 0)).toBe(true)
    expect(one.outlet(0)).toMatchObject({ pendingAmps: 16, confirmedAmps: 0 })
    // no second one before the first is there
    expect(one.send(10, 1000)).toBe(false)
    run(one, 1, 3)
    const outlet = one.outlet(3000)
    expect(outlet).toMatchObject({ pendingAmps: null, confirmedAmps: 16, previousAmps: 16 })
    expect(outlet.confirmedAt).toBeGreaterThanOrEqual(1000)
    expect(outlet.confirmedAt).toBeLessThanOrEqual(3000)
    one.send(8, 4000)
    run(one, 5, 8)
    expect(one.outlet(8000)).toMatchObject({ confirmedAmps: 8, previousAmps: 16 })
  })

  it('of two cuts within the time of a car tells the set-point before the first, until the car has followed', () => {
    const one = charger()
    one.send(16, 0)
    run(one, 1, 60)
    one.send(12, 60_000)
    run(one, 61, 63)
    one.send(8, 63_000)
    run(one, 64, 66)
    expect(one.outlet(66_000)).toMatchObject({ confirmedAmps: 8, previousAmps: 16 })
    expect(one.outlet(80_000)).toMatchObject({ confirmedAmps: 8, previousAmps: 12 })
  })

  it('does not send what is in force already', () => {
    expect(charger().send(0, 0)).toBe(false)
  })

  it('measures on the terminals that the car uses, some seconds ago', () => {
    const one = charger()
    one.arrive({ ...VISIT, car: { ...VISIT.car, phases: 2 } })
    one.send(10, 0)
    run(one, 1, 60)
    const { measuredAmps, measuredAt, session } = one.outlet(60_000)
    expect(measuredAmps).toEqual([10, 10, 0])
    expect(60_000 - measuredAt).toBeLessThanOrEqual(6000)
    expect(session?.energyWh).toBeGreaterThan(0)
  })

  it('uses no more phases than it is wired to', () => {
    const one = charger('L2')
    one.arrive(VISIT)
    one.send(10, 0)
    run(one, 1, 60)
    expect(one.drawingPhases).toBe(1)
    expect(one.outlet(60_000).measuredAmps).toEqual([10])
  })

  it('draws nothing any more when the car has left', () => {
    const one = charger()
    one.arrive(VISIT)
    one.send(16, 0)
    run(one, 1, 30)
    one.leave()
    one.step(31_000)
    expect(one.amps).toBe(0)
    expect(one.outlet(31_000)).toMatchObject({ wanted: false, confirmedAmps: 16 })
  })
})
