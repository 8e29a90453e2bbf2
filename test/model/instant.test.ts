import { expect, test } from 'vitest'
import { parseInstant } from '../../src/model/instant.ts'

test.each([
  ['2026-11-22T17:05:00Z', Date.UTC(2026, 10, 22, 17, 5)],
  ['2026-11-22T18:05+01:00', Date.UTC(2026, 10, 22, 17, 5)],
  ['2026-11-22T18:05:00.250-03:00', Date.UTC(2026, 10, 22, 21, 5, 0, 250)],
  ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
  // midnight at the end of a day
  ['2026-11-22T24:00:00Z', Date.UTC(2026, 10, 23)],
])('%s is a moment', (text, at) => {
  expect(parseInstant(text)).toBe(at)
})

test.each([
  ['a day that no calendar has', '2026-11-31T05:00:00Z'],
  ['29 February of another year', '2026-02-29T05:00:00+01:00'],
  ['a month that there is not', '2026-13-01T05:00:00Z'],
  ['an hour that there is not', '2026-11-22T25:00:00Z'],
  ['without its offset', '2026-11-22T05:00:00'],
  ['with a space', '2026-11-22 05:00:00Z'],
  ['with something behind it', '2026-11-22T05:00:00Z '],
  ['a day alone', '2026-11-22'],
  ['nothing', ''],
])('%s is none', (_, text) => {
  expect(parseInstant(text)).toBeNull()
})
