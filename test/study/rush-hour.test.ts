import { describe, expect, it } from 'vitest'
import { rushHourSamples, rushHourSpan, rushHourVisits } from '../../src/study/rush-hour.ts'
import { moreStations } from '../../src/study/more-stations.ts'
import { circuit, HOUR, MIDNIGHT, stations } from './site.ts'

const DAY = { midnight: MIDNIGHT, timezone: 'UTC' }
const PLACES = stations(20, 'garage')

function rush(cars: number, seed = '1') {
  return rushHourVisits(PLACES, [], { ...DAY, cars, seed })
}

describe('a rush hour', () => {
  it('brings as many cars as asked, most between five and seven', () => {
    const { visits, turnedAway } = rush(20)
    expect(visits).toHaveLength(20)
    expect(turnedAway).toBe(0)
    const hours = visits.map(({ arrivesAt }) => (arrivesAt - MIDNIGHT) / HOUR)
    expect(hours.filter((hour) => hour > 16.5 && hour < 19.5).length).toBeGreaterThan(13)
  })

  it('lies within its span, and each car stays a while', () => {
    const { from, until } = rushHourSpan(DAY)
    for (const { arrivesAt, leavesAt, commitment, departsAt } of rush(200).visits) {
      expect(arrivesAt).toBeGreaterThanOrEqual(from)
      expect(leavesAt).toBeLessThanOrEqual(until)
      expect(leavesAt - arrivesAt).toBeGreaterThan(0.9 * HOUR)
      if (commitment !== null) expect(commitment.byAt).toBeLessThan(departsAt ?? 0)
    }
  })

  it('turns cars away when every place is taken', () => {
    const { visits, turnedAway } = rush(60)
    expect(visits.length + turnedAway).toBe(60)
    expect(turnedAway).toBeGreaterThan(0)
    for (const { outletId } of PLACES) {
      const own = visits.filter((visit) => visit.outletId === outletId)
      for (const [index, visit] of own.entries())
        expect(visit.arrivesAt).toBeGreaterThanOrEqual(own[index - 1]?.leavesAt ?? 0)
    }
  })

  it('turns fewer away with more places', () => {
    const added = moreStations(PLACES, 'garage', 10)
    const more = rushHourVisits(PLACES, added, { ...DAY, cars: 60, seed: '1' })
    expect(more.turnedAway).toBeLessThan(rush(60).turnedAway)
  })

  it('is the same for the same seed', () => {
    expect(rush(20)).toEqual(rush(20))
    expect(rush(20)).not.toEqual(rush(20, '2'))
  })
})

const night = (midnight: string) => ({ midnight: Date.parse(midnight), timezone: 'Europe/Zurich' })

describe('in a night in which the clocks change', () => {
  it.each([
    ['spring', '2026-03-28T00:00:00+01:00', '2026-03-28T15:00:00+01:00', 18],
    ['the day itself in spring', '2026-03-29T00:00:00+01:00', '2026-03-29T15:00:00+02:00', 19],
    ['autumn', '2026-10-24T00:00:00+02:00', '2026-10-24T15:00:00+02:00', 20],
    ['the day itself in autumn', '2026-10-25T00:00:00+02:00', '2026-10-25T15:00:00+01:00', 19],
  ])('%s: from three in the afternoon to ten in the morning, as the clocks show', (_, midnight, from, hours) => {
    const span = rushHourSpan(night(midnight))
    expect(span.from).toBe(Date.parse(from))
    expect((span.until - span.from) / HOUR).toBe(hours)
  })

  it('cars leave by the clocks, too', () => {
    const usual = rush(30).visits
    const { visits } = rushHourVisits(PLACES, [], { ...night('2026-03-28T00:00:00+01:00'), cars: 30, seed: '1' })
    const stays = (all: typeof visits) => all.map(({ arrivesAt, leavesAt }) => (leavesAt - arrivesAt) / HOUR)
    const shorter = stays(usual).map((hours, index) => Number((hours - (stays(visits)[index] ?? NaN)).toFixed(6)))
    // one hour less for all that stay the night
    expect(new Set(shorter)).toEqual(new Set([0, 1]))
  })

  it('the building’s evening is where the clocks show evening', () => {
    const house = [circuit('house', 100, { meterId: 'grid' })]
    const day = night('2026-10-25T00:00:00+02:00')
    const samples = rushHourSamples(house, day, '1')
    const top = samples.toSorted((one, other) => other.meanAmps.L1 - one.meanAmps.L1)[0]
    expect(Math.abs((top?.at ?? 0) - Date.parse('2026-10-25T18:45:00+01:00'))).toBeLessThan(HOUR / 2)
  })
})

describe('its building', () => {
  const circuits = [circuit('house', 100, { meterId: 'grid' }), circuit('garage', 40, { parentId: 'house' })]
  const samples = rushHourSamples(circuits, DAY, '1')

  it('is there where a meter is, every minute of it', () => {
    const { from, until } = rushHourSpan(DAY)
    expect(new Set(samples.map(({ circuitId }) => circuitId))).toEqual(new Set(['house']))
    expect(samples).toHaveLength((until - from) / 60_000)
  })

  it('has its peak in the evening and leaves room below the fuse', () => {
    const meanAt = (hour: number): number => {
      const own = samples.filter(({ at }) => Math.floor((at - MIDNIGHT) / HOUR) === hour)
      return own.reduce((sum, { meanAmps }) => sum + meanAmps.L1, 0) / own.length
    }
    expect(meanAt(18)).toBeGreaterThan(1.5 * meanAt(27))
    expect(Math.max(...samples.map(({ highestAmps }) => highestAmps.L1))).toBeLessThan(70)
    expect(samples.every(({ meanAmps, highestAmps }) => highestAmps.L1 >= meanAmps.L1)).toBe(true)
  })
})
