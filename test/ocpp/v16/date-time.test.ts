import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkedDates, formatDateTime, parseDateTime, timeOrNull } from '../../../src/ocpp/v16/date-time.ts'

fc.configureGlobal({ seed: 1 })

test.each([
  ['2026-03-01T12:00:00Z', Date.UTC(2026, 2, 1, 12)],
  ['2026-03-01T12:00:00.5Z', Date.UTC(2026, 2, 1, 12, 0, 0, 500)],
  ['2026-03-01T12:00:00.123456789Z', Date.UTC(2026, 2, 1, 12, 0, 0, 123)],
  ['2026-03-01t12:00:00z', Date.UTC(2026, 2, 1, 12)],
  ['2026-03-01T12:00:00+01:00', Date.UTC(2026, 2, 1, 11)],
  ['2026-03-01T00:30:00-09:30', Date.UTC(2026, 2, 1, 10)],
  ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
  ['1970-01-01T00:00:00Z', 0],
  ['9999-12-31T23:59:59Z', Date.UTC(9999, 11, 31, 23, 59, 59)],
])('%s', (text, ms) => {
  expect(parseDateTime(text)).toBe(ms)
})

test.each([
  '2025-02-30T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2025-00-01T00:00:00Z',
  '2025-13-01T00:00:00Z',
  '2025-01-00T00:00:00Z',
  '2025-01-01T24:00:00Z',
  '2025-01-01T00:60:00Z',
  '2025-01-01T00:00:61Z',
  '2025-01-01T12:00:60Z',
  '2025-01-01T00:00:00',
  '2025-01-01 00:00:00Z',
  '2025-01-01',
  '2025-01-01T00:00Z',
  '2025-01-01T00:00:00+99:99',
  '2025-01-01T00:00:00+24:00',
  '2025-01-01T00:00:00+0100',
  '2025-01-01T00:00:00.Z',
  '9999-12-31T23:59:59-00:01',
  '0000-01-01T00:00:00+00:01',
  '9999-12-31T23:59:60Z',
  '+012025-01-01T00:00:00Z',
  '2025-01-01T00:00:00Z\n',
  '٢٠٢٥-01-01T00:00:00Z',
  '',
])('%j is no time (H36)', (text) => {
  expect(parseDateTime(text)).toBeNull()
})

test('what we write, we read', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
      expect(parseDateTime(formatDateTime(date.getTime()))).toBe(date.getTime())
    }),
  )
})

test('a time that is missing is none', () => {
  expect(timeOrNull(undefined)).toBeNull()
  expect(timeOrNull('1970-01-01T00:00:00Z')).toBe(0)
})

test('a time that cannot be written makes the whole message FRAME_INVALID; other faults stay what they are', () => {
  expect(() => checkedDates('our X', () => formatDateTime(1e20))).toThrow(
    expect.objectContaining({ code: 'FRAME_INVALID' }),
  )
  const fault = new TypeError('other')
  expect(() =>
    checkedDates('our X', () => {
      throw fault
    }),
  ).toThrow(fault)
})
