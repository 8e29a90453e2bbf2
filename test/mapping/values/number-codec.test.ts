import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeNumber,
  decodeText,
  encodeNumber,
  encodeText,
  limitsOf,
  NUMBER_TYPES,
  ORDERS,
  wordsOf,
} from '../../../src/mapping/values/number-codec.ts'

describe('numbers', () => {
  for (const type of NUMBER_TYPES) {
    for (const order of ORDERS) {
      test(`${type} ${order} comes back as it went`, () => {
        const limits = limitsOf(type, 2)
        const value =
          limits === null
            ? type === 'f32'
              ? fc.float({ noNaN: true, noDefaultInfinity: true })
              : fc.double({ noNaN: true, noDefaultInfinity: true })
            : fc.integer(limits)
        fc.assert(
          fc.property(value, (number) => {
            const words = encodeNumber(number, type, order, 2)
            expect(words).toHaveLength(wordsOf(type, 2))
            expect(words.every((word) => Number.isInteger(word) && word >= 0 && word <= 0xffff)).toBe(true)
            expect(decodeNumber(words, type, order)).toBe(number)
          }),
        )
      })
    }
  }

  test('the four orders of 0x01020304', () => {
    expect(encodeNumber(0x01020304, 'u32', 'ABCD')).toEqual([0x0102, 0x0304])
    expect(encodeNumber(0x01020304, 'u32', 'CDAB')).toEqual([0x0304, 0x0102])
    expect(encodeNumber(0x01020304, 'u32', 'BADC')).toEqual([0x0201, 0x0403])
    expect(encodeNumber(0x01020304, 'u32', 'DCBA')).toEqual([0x0403, 0x0201])
  })

  test('not a number, infinity and digits above 9 are missing', () => {
    expect(decodeNumber([0x7fc0, 0x0000], 'f32', 'ABCD')).toBeNaN()
    expect(decodeNumber([0xffff, 0xffff], 'f32', 'ABCD')).toBeNaN()
    expect(decodeNumber([0x7f80, 0x0000], 'f32', 'ABCD')).toBeNaN()
    expect(decodeNumber([0x12a4], 'bcd', 'ABCD')).toBeNaN()
    expect(decodeNumber([0x7fff, 0xffff, 0xffff, 0xffff], 'i64', 'ABCD')).toBeNaN()
  })

  test('a value that does not fit is never cut', () => {
    for (const value of [-1, 65_536, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => encodeNumber(value, 'u16', 'ABCD')).toThrow(RangeError)
    expect(() => encodeNumber(1e39, 'f32', 'ABCD')).toThrow(RangeError)
  })
})

describe('text', () => {
  test('ends at the first NUL, without blanks', () => {
    expect(decodeText([0x4331, 0x2000, 0x4141], 'text', 'ABCD')).toBe('C1')
    expect(decodeText([0x3143, 0x0020], 'text', 'BADC')).toBe('C1')
    expect(decodeText([0x0043, 0x0031, 0], 'utf16', 'ABCD')).toBe('C1')
  })

  test('control characters never come through', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 }), (words) => {
        for (const type of ['text', 'utf16'] as const) {
          // eslint-disable-next-line no-control-regex
          expect(decodeText(words, type, 'ABCD')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/u)
        }
      }),
    )
  })

  test('printable text comes back as it went', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[!-~]{0,16}$/u), (text) => {
        expect(decodeText(encodeText(text, 'text', 'BADC', 8), 'text', 'BADC')).toBe(text)
        expect(decodeText(encodeText(text, 'utf16', 'ABCD', 16), 'utf16', 'ABCD')).toBe(text)
      }),
    )
  })
})
