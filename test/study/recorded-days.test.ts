import { describe, expect, it } from 'vitest'
import { batteryWh } from '../../src/study/car.ts'
import { endOfStays, recordedVisits, taperOf } from '../../src/study/recorded-days.ts'
import { HOUR, MIDNIGHT, stations, visitRecord } from './site.ts'

const DAY = { from: MIDNIGHT, until: MIDNIGHT + 24 * HOUR, voltage: 230, seed: '1' }
const PLACES = stations(3, 'garage')

function one(record: ReturnType<typeof visitRecord>) {
  const { visits } = recordedVisits([record], PLACES, DAY)
  const [visit] = visits
  if (visit === undefined) throw new Error('no visit')
  return visit
}

describe('a recorded visit', () => {
  it('comes again at its time, as the car that it was', () => {
    const visit = one(visitRecord('a', 'CP-02', { phases: 1, highestAmps: 14, priority: 3 }))
    expect(visit).toMatchObject({
      id: 'a',
      outletId: 'CP-02/1',
      arrivesAt: MIDNIGHT + 8 * HOUR,
      leavesAt: MIDNIGHT + 10 * HOUR,
      car: { phases: 1, maxAmps: 14, timerAt: null },
      priority: 3,
    })
  })

  it('that was full wants what it got', () => {
    const visit = one(visitRecord('a', 'CP-01', { energyWh: 6000, full: true }))
    expect(visit.car.needWh).toBeCloseTo(batteryWh(6000, 3 * 16 * 230))
  })

  it('that was not full wants what its driver said', () => {
    const visit = one(visitRecord('a', 'CP-01', { energyWh: 6000, full: false, wantedWh: 9000 }))
    expect(visit.car.needWh).toBeCloseTo(batteryWh(9000, 11_040))
    expect(visit.wantedWh).toBe(9000)
  })

  it('that was not full and told nothing wants all it could get in its time, and is counted as such', () => {
    const record = visitRecord('a', 'CP-01', { energyWh: 6000, full: false })
    const { visits, unsatisfied } = recordedVisits([record], PLACES, DAY)
    // two hours at 11.04 kW
    expect(visits[0]?.car.needWh).toBeCloseTo(batteryWh(22_080, 11_040))
    expect(unsatisfied).toBe(1)
  })

  it('has of its energy the part that its stay has of the days', () => {
    const night = visitRecord('a', 'CP-01', {
      arrivedAt: MIDNIGHT - 4 * HOUR,
      leftAt: MIDNIGHT + 4 * HOUR,
      energyWh: 8000,
    })
    const visit = one(night)
    expect(visit).toMatchObject({ arrivesAt: MIDNIGHT, leavesAt: MIDNIGHT + 4 * HOUR })
    expect(visit.car.needWh).toBeCloseTo(batteryWh(4000, 11_040))
  })

  it('has of its promise the same part, if its time comes while it is played', () => {
    const begun = { arrivedAt: MIDNIGHT - 4 * HOUR, leftAt: MIDNIGHT + 4 * HOUR }
    const inTime = { energyWh: 8000, byAt: MIDNIGHT + 3 * HOUR }
    expect(one(visitRecord('a', 'CP-01', { ...begun, commitment: inTime })).commitment).toEqual({
      energyWh: 4000,
      byAt: MIDNIGHT + 3 * HOUR,
    })
    const late = { energyWh: 8000, byAt: MIDNIGHT + 30 * HOUR }
    const ending = { arrivedAt: MIDNIGHT + 20 * HOUR, leftAt: MIDNIGHT + 31 * HOUR }
    expect(one(visitRecord('a', 'CP-01', { ...ending, commitment: late })).commitment).toBeNull()
    const whole = one(visitRecord('a', 'CP-01', { commitment: { energyWh: 5000, byAt: MIDNIGHT + 9 * HOUR } }))
    expect(whole.commitment?.energyWh).toBe(5000)
  })

  it('whose end nobody saw has no length: it is left out, and counted', () => {
    // its station was taken out of the site file while the car stood there
    const record = visitRecord('a', 'CP-01', { leftAt: MIDNIGHT + 8 * HOUR })
    expect(recordedVisits([record, visitRecord('b', 'CP-02')], PLACES, DAY)).toMatchObject({
      visits: [{ id: 'b' }],
      endless: 1,
      strangers: [],
    })
    // told once, by the station that is missing
    expect(recordedVisits([{ ...record, stationId: 'CP-99' }], PLACES, DAY)).toMatchObject({
      endless: 0,
      strangers: ['CP-99'],
    })
  })

  it('that is still here stays to the end', () => {
    expect(one(visitRecord('a', 'CP-01', { leftAt: null })).leavesAt).toBe(DAY.until)
  })

  it('of a car that was never measured uses what its charger has', () => {
    expect(one(visitRecord('a', 'CP-01', { phases: null, highestAmps: null })).car).toMatchObject({
      phases: 3,
      maxAmps: 16,
    })
  })

  it('at a station that is gone is left out and named', () => {
    const { visits, strangers } = recordedVisits([visitRecord('a', 'OLD'), visitRecord('b', 'CP-01')], PLACES, DAY)
    expect(visits.map(({ id }) => id)).toEqual(['b'])
    expect(strangers).toEqual(['OLD'])
  })

  it('behaves the same whenever it is played', () => {
    expect(one(visitRecord('a', 'CP-01'))).toEqual(one(visitRecord('a', 'CP-01')))
  })
})

it('the taper is the last quarter, at most 2.5 kWh', () => {
  expect(taperOf(4000)).toBe(1000)
  expect(taperOf(40_000)).toBe(2500)
})

it('the days are played until the last car that came has left, at most a day longer', () => {
  const until = MIDNIGHT + 24 * HOUR
  expect(endOfStays([visitRecord('a', 'CP-01')], until)).toBe(until)
  expect(endOfStays([visitRecord('a', 'CP-01', { leftAt: until + 7 * HOUR })], until)).toBe(until + 7 * HOUR)
  expect(endOfStays([visitRecord('a', 'CP-01', { leftAt: until + 70 * HOUR })], until)).toBe(until + 24 * HOUR)
  expect(endOfStays([visitRecord('a', 'CP-01', { leftAt: null })], until)).toBe(until)
})
