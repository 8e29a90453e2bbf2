import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CURRENT, DURATION, parseQuantity, quantityPattern } from '../../src/config/quantity.ts'

describe('a quantity', () => {
  it.each([
    ['16 A', CURRENT, 16],
    ['16A', CURRENT, 16],
    ['  6.5 A ', CURRENT, 6.5],
    ['500 ms', DURATION, 0.5],
    ['2 min', DURATION, 120],
    ['1 h', DURATION, 3600],
    ['0.1 s', DURATION, 0.1],
  ])('%s is in the base unit', (text, kind, expected) => {
    expect(parseQuantity(text, kind, 0, 10_000)).toEqual({ value: expected })
  })

  it.each(['16', '16 V', 'A', '', '16 a', '1e3 A', '0x10 A', '١٦ A', '16 A A', '1,000 A', '16..5 A', '16 toString'])(
    '%j is refused with a remedy',
    (text) => {
      const result = parseQuantity(text, CURRENT, 0, 10_000)
      expect('hint' in result && result.hint).toBeTruthy()
    },
  )

  it('is a number in its range, whatever comes in', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.string(),
          fc.double().map((n) => `${n} A`),
        ),
        (input) => {
          const result = parseQuantity(input, CURRENT, 6, 100)
          if ('value' in result) expect(result.value >= 6 && result.value <= 100).toBe(true)
          else expect(result.problem).not.toContain('\n')
        },
      ),
    )
  })

  it('that editors accept is one that the loader can read', () => {
    fc.assert(
      fc.property(fc.stringMatching(quantityPattern(CURRENT)), (text) => {
        const result = parseQuantity(text, CURRENT, 0, 1e12)
        expect(result).toHaveProperty('value')
      }),
    )
  })
})
