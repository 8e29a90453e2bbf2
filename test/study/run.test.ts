import { beforeAll, describe, expect, it } from 'vitest'
import type { SiteLimit } from '../../src/model/site-limit.ts'
import { buildingOf } from '../../src/study/building.ts'
import { measuresOf } from '../../src/study/measures.ts'
import { play, type Run } from '../../src/study/run.ts'
import type { StudySite, StudyVisit } from '../../src/study/study-site.ts'
import { circuit, HOUR, MIDNIGHT, MINUTE, samples, stations, studySite } from './site.ts'

const FROM = MIDNIGHT + 8 * HOUR

function visit(index: number, more: Partial<StudyVisit> = {}): StudyVisit {
  return {
    id: `visit-${index}`,
    outletId: `CP-0${index}/1`,
    arrivesAt: FROM + 10 * MINUTE,
    leavesAt: FROM + 2 * HOUR,
    car: {
      phases: 3,
      maxAmps: 16,
      needWh: 6000,
      taperWh: 1000,
      deadSeconds: 2,
      rampAmpsPerSecond: 4,
      shyAmps: 0.2,
      wakeSeconds: 5,
      resumeSeconds: 10,
      givesUpAtPause: null,
      timerAt: null,
    },
    wantedWh: null,
    departsAt: null,
    commitment: null,
    priority: 1,
    ...more,
  }
}

function playing(
  site: StudySite,
  visits: readonly StudyVisit[],
  buildingAmps: number,
  hours = 2.5,
  limits: readonly SiteLimit[] = [],
): Promise<Run> {
  const until = FROM + hours * HOUR
  const building = buildingOf(site.circuits, samples('house', FROM - HOUR, 300, buildingAmps), FROM, until)
  return play(site, { from: FROM, until, building, visits, limits, turnedAway: 0 }, { tickMs: 5000, seed: '1' })
}

describe('a car alone', () => {
  let run: Run
  beforeAll(async () => {
    const tariff = {
      currency: 'EUR',
      priceAt: (at: number) => (at < FROM + HOUR ? 0.4 : 0.2),
      demandChargePerKWYear: null,
    }
    const commitment = { energyWh: 5000, byAt: FROM + 1.5 * HOUR }
    run = await playing(studySite({ tariff }), [visit(1, { commitment })], 10)
  })

  it('gets what it wants, in time, without a pause', () => {
    expect(run.visits).toHaveLength(1)
    expect(run.visits[0]).toMatchObject({ isFull: true, pauses: 0, gaveUp: false, commitmentMet: true })
    expect(run.visits[0]?.energyWh).toBeGreaterThan(6000 / 0.94)
    expect(run.over.seconds).toBe(0)
  })

  it('is served soon, and at no time before it came', () => {
    const waited = (run.visits[0]?.firstServedAt ?? Infinity) - (FROM + 10 * MINUTE)
    expect(waited).toBeGreaterThan(0)
    expect(waited).toBeLessThan(10 * MINUTE)
  })

  it('pays the price of the hours in which it charged', () => {
    const kWh = (run.visits[0]?.energyWh ?? 0) / 1000
    expect(run.cost).toBeGreaterThan(kWh * 0.3)
    expect(run.cost).toBeLessThanOrEqual(kWh * 0.4)
  })

  it('has its set-points told with their reasons', () => {
    expect(run.decisions.length).toBeGreaterThan(0)
    for (const { stationId, sessionId, at } of run.decisions) {
      expect({ stationId, sessionId }).toEqual({ stationId: 'CP-01', sessionId: 'visit-1' })
      expect(at).toBeGreaterThanOrEqual(FROM + 10 * MINUTE)
    }
    expect(run.setPoints).toBeGreaterThan(0)
  })

  it('makes the peak that its current makes', () => {
    // 10 A of building on three phases, and 15.8 A of the car
    expect(run.carsPeakWatts / 1000).toBeCloseTo((15.8 * 3 * 230) / 1000, 0)
    expect(run.peakWatts / 1000).toBeCloseTo((25.8 * 3 * 230) / 1000, 0)
  })

  it('is in the picture minute by minute', () => {
    const course = run.course.stations[0]
    expect(run.course.minutes).toBe(150)
    expect(course?.presence[5]).toBe('away')
    expect(course?.presence[25]).toBe('charging')
    expect(course?.presence[115]).toBe('done')
    expect(course?.presence[140]).toBe('away')
    expect(course?.amps[0][25]).toBeCloseTo(15.8, 1)
    expect(run.course.circuits[0]?.buildingAmps[1][25]).toBeCloseTo(10, 1)
  })
})

describe('a site with too little', () => {
  const scarce = studySite({
    circuits: [
      circuit('house', 40, { meterId: 'grid', failSafeAmps: 6 }),
      circuit('garage', 32, { parentId: 'house' }),
    ],
  })
  const visits = [1, 2, 3, 4, 5, 6].map((index) => visit(index, { arrivesAt: FROM + index * MINUTE * 3 }))

  it('overloads no fuse and gives each car less than alone', async () => {
    const run = await playing(scarce, visits, 12)
    expect(run.visits).toHaveLength(6)
    expect(run.over.seconds).toBe(0)
    expect(measuresOf(run).energyShare).toBeLessThan(1)
    for (const { aloneWh } of run.visits) expect(aloneWh).toBeGreaterThan(6000)
  })

  it('is the same for the same seed', async () => {
    const [one, other] = await Promise.all([playing(scarce, visits, 12, 1), playing(scarce, visits, 12, 1)])
    expect(one.decisions).toEqual(other.decisions)
    expect(measuresOf(one)).toEqual(measuresOf(other))
  })

  it('gives the cars nothing when the building alone is over the fuse, and does not blame them', async () => {
    const run = await playing(scarce, visits, 45, 1)
    expect(run.visits.every(({ energyWh, firstServedAt }) => energyWh === 0 && firstServedAt === null)).toBe(true)
    expect(run.over).toMatchObject({ seconds: 0, buildingSeconds: 3600 })
  })
})

describe('a limit from outside', () => {
  it('that held on the day holds again, from when it came', async () => {
    const limit: SiteLimit = {
      id: 'ripple',
      source: 'dso',
      circuitId: 'garage',
      maxAmps: null,
      carsMaxWatts: 6000,
      priority: 0,
      since: FROM + 20 * MINUTE,
      until: FROM + 35 * MINUTE,
    }
    const run = await playing(studySite(), [visit(1)], 0, 1, [limit])
    const amps = run.course.stations[0]?.amps[0] ?? []
    expect(run.over.seconds).toBe(0)
    expect(amps[18]).toBeGreaterThan(15)
    // 6 kW on three phases
    for (let minute = 22; minute < 35; minute++) expect(amps[minute]).toBeLessThan(8.9)
    expect(amps[45]).toBeGreaterThan(12)
  })
})

describe('visits', () => {
  it('at one place follow each other, and those that end outside are cut', async () => {
    const run = await playing(
      studySite({ stations: stations(1, 'garage') }),
      [
        visit(1, { id: 'first', leavesAt: FROM + HOUR }),
        visit(1, { id: 'second', arrivesAt: FROM + HOUR, leavesAt: FROM + 99 * HOUR }),
      ],
      0,
    )
    expect(run.visits.map(({ visit: { id } }) => id)).toEqual(['first', 'second'])
    expect(run.visits[1]?.aloneWh).toBeLessThan(1.5 * 11_040 + 1)
  })

  it('of an hour without a price have no cost', async () => {
    const tariff = { currency: 'EUR', priceAt: () => null, demandChargePerKWYear: null }
    expect((await playing(studySite({ tariff }), [visit(1)], 0, 1)).cost).toBeNull()
  })

  it('end when somebody stops the study', async () => {
    const days = {
      from: FROM,
      until: FROM + 24 * HOUR,
      building: buildingOf([], [], FROM, FROM),
      visits: [],
      limits: [],
      turnedAway: 0,
    }
    const stop = AbortSignal.abort(new Error('stopped'))
    await expect(play(studySite(), days, { tickMs: 5000, seed: '1', signal: stop })).rejects.toThrow('stopped')
  })

  it('pass through the policy each tick', async () => {
    let asked = 0
    const policy = () => (input: Parameters<ReturnType<StudySite['policy']>>[0]) => {
      asked += 1
      return { ...input, outlets: input.outlets.map((outlet) => ({ ...outlet, wanted: false })) }
    }
    const run = await playing(studySite({ policy }), [visit(1)], 0, 1)
    expect(asked).toBe((3600 + 300) / 5)
    expect(run.visits[0]?.energyWh).toBe(0)
  })
})
