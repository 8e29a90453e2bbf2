import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkNumber, expectedNumber, type NumberRule } from '../../src/model/number-rule.ts'

const share: NumberRule = { type: 'decimal', min: 1, max: 100 }
const count: NumberRule = { type: 'integer', min: 0, max: 5 }
const maximum: NumberRule = { type: 'decimal', min: 6, max: 1000, also: ['0', ''] }

test.each<[NumberRule, string, string | null]>([
  [share, '80', '80'],
  [share, ' 0080.500 ', '80.5'],
  [share, '1', '1'],
  [share, '0.999', null],
  [share, '100.001', null],
  [share, '80.1234', null],
  [share, '80,5', null],
  [share, '8e1', null],
  [share, '0x50', null],
  [share, '-80', null],
  [share, '+80', null],
  [share, '80 %', null],
  [share, '.5', null],
  [share, '80.', null],
  [share, '', null],
  [share, 'NaN', null],
  [share, 'Infinity', null],
  [share, '1'.repeat(500), null],
  [count, '3', '3'],
  [count, '3.0', null],
  [count, '6', null],
  [maximum, '0', '0'],
  [maximum, ' ', ''],
  [maximum, '5.9', null],
  [maximum, '6', '6'],
])('of %j the text "%s" is %j', (rule, text, stored) => {
  expect(checkNumber(rule, text)).toBe(stored)
})

describe('what is taken', () => {
  test('is in the range, and is taken again as it is stored', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(share, count, maximum),
        fc.oneof(fc.string({ maxLength: 12 }), fc.double({ noNaN: true }).map(String), fc.nat(200).map(String)),
        (rule, text) => {
          const stored = checkNumber(rule, text)
          if (stored === null) return
          expect(checkNumber(rule, stored)).toBe(stored)
          if (rule.also?.includes(stored) === true) return
          expect(Number(stored)).toBeGreaterThanOrEqual(rule.min)
          expect(Number(stored)).toBeLessThanOrEqual(rule.max)
        },
      ),
    )
  })

  test('is said in words', () => {
    expect(expectedNumber(share)).toBe('a number from 1 to 100')
    expect(expectedNumber(share, '70.12345')).toBe('a number from 1 to 100, with three decimals at most')
    expect(expectedNumber(share, '170.5')).toBe('a number from 1 to 100')
    expect(expectedNumber(count)).toBe('a whole number from 0 to 5')
    expect(expectedNumber(maximum)).toBe('a number from 6 to 1000, or 0, or nothing')
  })
})
