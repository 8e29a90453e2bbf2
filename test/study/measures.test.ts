import { describe, expect, it } from 'vitest'
import { buildingOf } from '../../src/study/building.ts'
import { dueWh, isIntact, measuresOf, mostAtOnce, quantile, supplyOf } from '../../src/study/measures.ts'
import type { Run, VisitOutcome } from '../../src/study/run.ts'
import { circuit, HOUR, MIDNIGHT, MINUTE, studySite } from './site.ts'

/** A visit from eight to ten that got the ten kWh it wanted. */
function outcome(more: Partial<VisitOutcome> = {}, visit: Partial<VisitOutcome['visit']> = {}): VisitOutcome {
  return {
    visit: {
      id: 'a',
      outletId: 'CP-01/1',
      arrivesAt: MIDNIGHT + 8 * HOUR,
      leavesAt: MIDNIGHT + 10 * HOUR,
      car: {
        phases: 3,
        maxAmps: 16,
        needWh: 20_000,
        taperWh: 2500,
        deadSeconds: 1,
        rampAmpsPerSecond: 1,
        shyAmps: 0,
        wakeSeconds: 1,
        resumeSeconds: 1,
        givesUpAtPause: null,
        timerAt: null,
      },
      wantedWh: null,
      departsAt: null,
      commitment: null,
      priority: 1,
      ...visit,
    },
    energyWh: 10_000,
    batteryWh: 9000,
    aloneWh: 10_000,
    isFull: false,
    pauses: 0,
    gaveUp: false,
    firstServedAt: MIDNIGHT + 8 * HOUR + 2 * MINUTE,
    deferred: false,
    commitmentMet: null,
    ...more,
  }
}

function run(visits: readonly VisitOutcome[], more: Partial<Run> = {}): Run {
  const site = studySite()
  const span = { from: MIDNIGHT, until: MIDNIGHT + 24 * HOUR }
  return {
    site,
    days: {
      ...span,
      building: buildingOf(site.circuits, [], span.from, span.until),
      visits: [],
      limits: [],
      turnedAway: 0,
    },
    visits,
    over: { seconds: 0, worstAmps: 0, circuitId: null, jumpSeconds: 0, buildingSeconds: 0 },
    peakWatts: 40_000,
    carsPeakWatts: 30_000,
    cost: null,
    setPoints: 0,
    decisions: [],
    course: { from: span.from, minutes: 1, stations: [], circuits: [] },
    ...more,
  }
}

function from(begin: number, end: number): VisitOutcome {
  return outcome({}, { arrivesAt: begin, leavesAt: end })
}

describe('what a visit is due', () => {
  it('is what it could have had alone, or what its driver asked for when that is less', () => {
    expect(dueWh(outcome())).toBe(10_000)
    expect(dueWh(outcome({}, { wantedWh: 7000 }))).toBe(7000)
    expect(dueWh(outcome({}, { wantedWh: 50_000 }))).toBe(10_000)
  })
})

describe('a visit is served as it should be', () => {
  it('when it got all of that', () => {
    expect(isIntact(outcome())).toBe(true)
    expect(isIntact(outcome({ energyWh: 9850 }))).toBe(true)
    expect(isIntact(outcome({ energyWh: 9700 }))).toBe(false)
  })

  it('when its car is full, whatever was lost on the way', () => {
    expect(isIntact(outcome({ energyWh: 8000, isFull: true }))).toBe(true)
  })

  it('not when a promise was broken, it was paused a third time, or it gave up', () => {
    expect(isIntact(outcome({ commitmentMet: true }))).toBe(true)
    expect(isIntact(outcome({ commitmentMet: false }))).toBe(false)
    expect(isIntact(outcome({ pauses: 2 }))).toBe(true)
    expect(isIntact(outcome({ pauses: 3 }))).toBe(false)
    expect(isIntact(outcome({ gaveUp: true }))).toBe(false)
  })
})

describe('the measures of a run', () => {
  it('are those that one can count by hand', () => {
    const visits = [
      outcome(),
      outcome({ energyWh: 5000, batteryWh: 4000, pauses: 3, commitmentMet: false, firstServedAt: MIDNIGHT + 9 * HOUR }),
      outcome({ energyWh: 0, batteryWh: 0, firstServedAt: null }),
      outcome({ energyWh: 9000, batteryWh: 8600, isFull: true, pauses: 1, commitmentMet: true }),
    ]
    const site = studySite({ tariff: { currency: 'EUR', priceAt: () => 0.3, demandChargePerKWYear: 90 } })
    const measures = measuresOf(run(visits, { site, cost: 7.2, setPoints: 288 }))
    expect(measures).toMatchObject({
      visits: 4,
      turnedAway: 0,
      energyWh: 24_000,
      // 10 + 5 + 0 + 10 (full) of 40 kWh
      energyShare: 0.625,
      lossShare: 1 - 21_600 / 24_000,
      integrity: 0.5,
      commitments: { met: 1, of: 2 },
      pauses: { perVisit: 1, most: 3 },
      neverServed: 1,
      // 7.20 EUR for 21.6 kWh in batteries
      costPerKWh: 7.2 / 21.6,
      demandChargePerYear: 3600,
      peakKW: 40,
      carsPeakKW: 30,
      // 63 A x 3 x 230 V
      supplyKVA: 43.47,
      peakSessions: 2,
      // 288 over 6 stations and 24 hours
      setPointsPerStationHour: 2,
    })
    expect(measures.peakSessionsPerKVA).toBeCloseTo(2 / 43.47)
    expect(measures.waitMinutes).toEqual({ median: 2, ninetyFifth: 60, longest: 60 })
  })

  it('do not call it a wait when a car was put off to a better hour', () => {
    const late = { deferred: true, firstServedAt: MIDNIGHT + 9.5 * HOUR }
    expect(measuresOf(run([outcome(), outcome(late)]))).toMatchObject({
      deferred: 1,
      neverServed: 0,
      waitMinutes: { median: 2, longest: 2 },
    })
  })

  it('of a day without cars are not zero but none', () => {
    expect(measuresOf(run([]))).toMatchObject({
      visits: 0,
      energyWh: 0,
      energyShare: null,
      lossShare: null,
      integrity: null,
      costPerKWh: null,
      demandChargePerYear: null,
      commitments: { met: 0, of: 0 },
      pauses: { perVisit: null, most: 0 },
      waitMinutes: { median: null, ninetyFifth: null, longest: null },
    })
  })

  it('has no cost without a tariff', () => {
    expect(measuresOf(run([outcome()])).costPerKWh).toBeNull()
  })
})

describe('parts of it', () => {
  it('a quantile is a value that was there', () => {
    expect(quantile([], 0.5)).toBeNull()
    expect(quantile([5], 0.95)).toBe(5)
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2)
    expect(quantile([4, 1, 3, 2], 0.95)).toBe(4)
  })

  it('the most at once counts nobody twice at a change', () => {
    expect(mostAtOnce([from(0, 10), from(10, 20), from(5, 15)])).toBe(2)
    expect(mostAtOnce([])).toBe(0)
  })

  it('the supply is that of all grid connections, per phase', () => {
    const circuits = [circuit('a', 100), circuit('b', 63), circuit('c', 40, { parentId: 'a' })]
    expect(supplyOf(circuits, 230)).toBeCloseTo((163 * 3 * 230) / 1000)
  })
})
