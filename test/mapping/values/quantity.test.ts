import { expect, test } from 'vitest'
import { inRange, parseAmount, parseDuration, parseRange } from '../../../src/mapping/values/quantity.ts'

test('amounts carry their unit', () => {
  expect(parseAmount('13.5 A', 'A')).toBe(13.5)
  expect(parseAmount('500 mA', 'A')).toBe(0.5)
  expect(parseAmount(6, 'A')).toBe(6)
  expect(parseAmount('13.5 V', 'A')).toBeNull()
  expect(parseAmount('much', 'A')).toBeNull()
})

test('times say what they count', () => {
  expect(parseDuration('100ms')).toBe(100)
  expect(parseDuration('20s')).toBe(20_000)
  expect(parseDuration('5 min')).toBe(300_000)
  for (const bad of [20, '20', '-1s', '8 A', '100 h 3', '999999 h']) expect(parseDuration(bad)).toBeNull()
})

test('ranges', () => {
  expect(parseRange('6..32 A', 'A')).toEqual({ min: 6, max: 32, orZero: false })
  expect(parseRange('0 or 6..32 A', 'A')).toEqual({ min: 6, max: 32, orZero: true })
  expect(parseRange('-50..150 °C', '°C')).toEqual({ min: -50, max: 150, orZero: false })
  expect(parseRange('0..200000 kWh', 'Wh')).toEqual({ min: 0, max: 2e8, orZero: false })
  expect(parseRange('300000..399999', null)).toEqual({ min: 300_000, max: 399_999, orZero: false })
  for (const bad of ['32..6 A', '6-32 A', '6..32 V', '..5', 'a..b'])
    expect(typeof parseRange(bad, 'A'), bad).toBe('string')
})

test('zero is inside only where the range says so', () => {
  expect(inRange(0, { min: 6, max: 32, orZero: false })).toBe(false)
  expect(inRange(0, { min: 6, max: 32, orZero: true })).toBe(true)
  expect(inRange(3, { min: 6, max: 32, orZero: true })).toBe(false)
})
