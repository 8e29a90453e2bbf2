import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runAround, zoneOffsetMs } from '../../src/model/local-days.ts'
import { naiveRunStart, shownAt } from './naive-profiles.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const utc = (text: string): number => Date.parse(`${text}Z`)

/** Local times at which the runs begin that are around the given moments. */
function shownRuns(first: string, moments: readonly string[], timezone: string, days: 1 | 7 = 1): readonly string[] {
  return moments.map((at) => shownAt(runAround(utc(first), days, utc(at), timezone).start, timezone))
}

/** Hours from one run to the next. */
function hours(first: string, at: string, timezone: string): number {
  const { start, next } = runAround(utc(first), 1, utc(at), timezone)
  return (next - start) / HOUR
}

describe('a run begins at the same wall time each day (OCPP 1.6 §7.37, errata 3.79)', () => {
  test('22:00 stays 22:00 in winter and summer', () => {
    const runs = shownRuns('2026-01-10T21:00', ['2026-01-20T23:00', '2026-07-20T21:00'], 'Europe/Zurich')
    expect(runs).toEqual(['2026-01-20 22:00:00', '2026-07-20 22:00:00'])
  })

  test('a week later it is the same weekday and time', () => {
    const runs = shownRuns('2026-03-23T21:00', ['2026-03-30T19:59', '2026-03-30T20:00'], 'Europe/Zurich', 7)
    expect(runs).toEqual(['2026-03-23 22:00:00', '2026-03-30 22:00:00'])
  })

  test('in UTC each day has 24 hours', () => {
    expect(hours('2026-03-01T02:30', '2026-03-29T12:00', 'UTC')).toBe(24)
  })

  test.each([
    ['Europe/Zurich', '2026-03-01T11:00', '2026-03-28T12:00', 23],
    ['Europe/Zurich', '2026-03-01T11:00', '2026-10-24T12:00', 25],
    ['America/New_York', '2026-03-01T17:00', '2026-03-07T18:00', 23],
    ['America/New_York', '2026-03-01T17:00', '2026-10-31T18:00', 25],
    ['Australia/Lord_Howe', '2026-03-01T01:00', '2026-04-04T02:00', 24.5],
    ['Australia/Lord_Howe', '2026-03-01T01:00', '2026-10-03T02:00', 23.5],
    ['Asia/Kathmandu', '2026-03-01T06:15', '2026-03-28T12:00', 24],
  ])('in %s a day from noon to noon around %s, %s has %d h', (timezone, first, at, length) => {
    expect(hours(first, at, timezone)).toBe(length)
  })
})

describe('wall times that a clock change skips or doubles', () => {
  test('02:30 does not exist: counted with the offset before the change, 24 h after the run before', () => {
    const first = '2026-03-01T01:30'
    const moments = ['2026-03-28T12:00', '2026-03-29T01:29', '2026-03-29T01:30', '2026-03-30T00:30']
    expect(shownRuns(first, moments, 'Europe/Zurich')).toEqual([
      '2026-03-28 02:30:00',
      '2026-03-28 02:30:00',
      '2026-03-29 03:30:00',
      '2026-03-30 02:30:00',
    ])
    expect(hours(first, '2026-03-28T12:00', 'Europe/Zurich')).toBe(24)
    expect(hours(first, '2026-03-29T12:00', 'Europe/Zurich')).toBe(23)
  })

  test('02:30 comes twice: the first counts, and the second begins nothing', () => {
    const first = '2026-03-01T01:30'
    // 00:30 and 01:30 UTC both show 02:30 on that morning.
    const starts = [
      '2026-10-25T00:29',
      '2026-10-25T00:30',
      '2026-10-25T01:10',
      '2026-10-25T01:30',
      '2026-10-25T12:00',
    ].map((at) => runAround(utc(first), 1, utc(at), 'Europe/Zurich').start)
    const run = utc('2026-10-25T00:30')
    expect(starts).toEqual([utc('2026-10-24T00:30'), run, run, run, run])
  })

  test('a schedule that is first to begin in the second 02:30 does so', () => {
    const first = utc('2026-10-25T01:30')
    expect(runAround(first, 1, first, 'Europe/Zurich')).toEqual({ start: first, next: utc('2026-10-26T01:30') })
  })

  test('half an hour is skipped on Lord Howe Island', () => {
    // 02:00 becomes 02:30 on 4 October 2026; 02:15 does not exist.
    const runs = shownRuns('2026-09-01T15:45', ['2026-10-03T15:45', '2026-10-04T16:00'], 'Australia/Lord_Howe')
    expect(runs).toEqual(['2026-10-04 02:45:00', '2026-10-05 02:15:00'])
  })

  test('a day that a country skips has no run of its own', () => {
    // Samoa went from 29 to 31 December 2011.
    const first = '2011-12-28T20:00'
    const runs = ['2011-12-30T19:00', '2011-12-30T20:00'].map((at) => runAround(utc(first), 1, utc(at), 'Pacific/Apia'))
    expect(runs.map(({ start, next }) => [start, next])).toEqual([
      [utc('2011-12-29T20:00'), utc('2011-12-30T20:00')],
      [utc('2011-12-30T20:00'), utc('2011-12-31T20:00')],
    ])
  })
})

test('the first run begins where it is said, and lasts until the same wall time of the next day', () => {
  const first = utc('2026-06-01T10:00:07.123')
  expect(runAround(first, 1, first, 'Europe/Zurich')).toEqual({ start: first, next: first + DAY })
})

test('a schedule from before all clock changes', () => {
  const { start, next } = runAround(Date.UTC(1, 0, 1), 1, utc('2026-07-01T12:00'), 'Europe/Zurich')
  expect(next - start).toBe(DAY)
})

test('a zone that is not there', () => {
  expect(() => zoneOffsetMs(0, 'Europe/Nowhere')).toThrow(RangeError)
})

test.each([
  ['Europe/Zurich', utc('2026-03-29T01:00')],
  ['Europe/Zurich', utc('2026-10-25T01:00')],
  ['America/New_York', utc('2026-03-08T07:00')],
  ['America/New_York', utc('2026-11-01T06:00')],
  ['Australia/Lord_Howe', utc('2026-04-04T15:00')],
  ['Australia/Lord_Howe', utc('2026-10-03T15:30')],
  ['Asia/Kathmandu', utc('1985-12-31T18:30')],
  ['UTC', utc('2026-03-29T01:00')],
])('in %s around %i it is the latest run that a search of the clocks finds', (timezone, change) => {
  fc.assert(
    fc.property(
      fc.constantFrom(1 as const, 7 as const),
      fc.integer({ min: 0, max: 15 }),
      fc.integer({ min: -180, max: 180 }),
      fc.integer({ min: -2 * DAY, max: 9 * DAY }),
      fc.integer({ min: -120, max: 120 }),
      fc.boolean(),
      (days, before, minutes, far, near, isNear) => {
        const first = change - before * DAY + minutes * 60_000 + 1
        const at = Math.max(first, change + (isNear ? near * 60_000 : far))
        const starts = [first]
        while ((starts.at(-1) ?? 0) <= at) starts.push(naiveRunStart(first, starts.length * days, timezone))
        const [start, next] = starts.slice(-2)
        expect(runAround(first, days, at, timezone)).toEqual({ start, next })
      },
    ),
    { numRuns: 1500, seed: 1 },
  )
})
