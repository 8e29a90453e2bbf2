import { expect, test } from 'vitest'
import { machineTimezone, parseMoment, writeMoment, writeMomentBeside } from '../../src/cli/moment.ts'

const ZURICH = 'Europe/Zurich'
const NOW = Date.parse('2026-11-22T20:30:00Z')

test.each([
  ['2026-11-22 18:05', '2026-11-22T17:05:00Z'],
  ['2026-11-22T18:05', '2026-11-22T17:05:00Z'],
  ['2026-11-22 18:05:30', '2026-11-22T17:05:30Z'],
  ['18:05', '2026-11-22T17:05:00Z'],
  ['2026-07-01 18:05', '2026-07-01T16:05:00Z'],
  ['2026-11-22T18:05:00Z', '2026-11-22T18:05:00Z'],
  ['2026-11-22T18:05:00.250-03:00', '2026-11-22T21:05:00.250Z'],
  // comes twice: the first
  ['2026-10-25 02:30', '2026-10-25T00:30:00Z'],
])('%s is a moment', (text, iso) => {
  expect(parseMoment(text, NOW + 7_200_000, ZURICH)).toBe(Date.parse(iso))
})

test('today is the site’s day', () => {
  const afterMidnight = Date.parse('2026-11-22T23:30:00Z')
  expect(parseMoment('00:10', afterMidnight, ZURICH)).toBe(Date.parse('2026-11-22T23:10:00Z'))
  expect(parseMoment('00:10', afterMidnight, 'UTC')).toBe(Date.parse('2026-11-22T00:10:00Z'))
})

test.each([
  '',
  'now',
  '25:00',
  '18.05',
  '2026-02-30 10:00',
  '2026-02-30T10:00:00Z',
  '2026-13-01 10:00',
  '22.11.2026 18:05',
  '2026-11-22',
])('%j is none', (text) => {
  expect(() => parseMoment(text, NOW, ZURICH)).toThrow(/write it as/)
})

test('what has not come yet is said', () => {
  expect(() => parseMoment('23:59', NOW, ZURICH)).toThrow(/not come yet/)
})

test('it is written by the site’s clocks, without the day where that is known', () => {
  expect(writeMoment(NOW, ZURICH)).toBe('2026-11-22 21:30:00')
  expect(writeMomentBeside(NOW - 1000, NOW, ZURICH)).toBe('21:29:59')
  expect(writeMomentBeside(NOW - 86_400_000, NOW, ZURICH)).toBe('2026-11-21 21:30:00')
  expect(() => new Intl.DateTimeFormat('en', { timeZone: machineTimezone() })).not.toThrow()
})
