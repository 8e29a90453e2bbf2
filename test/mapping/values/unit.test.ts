import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromBase, parseUnit, toBase, UNIT_SYMBOLS } from '../../../src/mapping/values/unit.ts'

const base = (raw: number, text: string): number => {
  const unit = parseUnit(text)
  if (typeof unit === 'string') throw new Error(unit)
  return toBase(raw, unit)
}

test.each([
  [135, '0.1 A', 13.5],
  [13_500, 'mA', 13.5],
  [5_520_944, 'mW', 5520.944],
  [12_345, '0.1 kWh', 1_234_500],
  [512, '1/256 kWh', 2000],
  [7200, 'Ws', 2],
  [80, '1/800 kWh', 100],
  [42, '-W', -42],
  [325, '0.1 °C', 32.5],
  [2312, '0.01 V', 23.12],
  [65, '0.001A', 0.065],
  [30_000, 'ms', 30],
  [1_700, '‰', 170],
])('%d of %s is %d', (raw, text, value) => {
  expect(base(raw, text)).toBe(value)
})

test('what is not on a data sheet is refused with a sentence', () => {
  for (const text of [
    '',
    'Amp',
    '0 A',
    '1/0 A',
    '1e3 A',
    '0.1',
    'A A',
    '1/3/4 W',
    'toString',
    '__proto__',
    '9'.repeat(40) + ' A',
  ]) {
    expect(typeof parseUnit(text), text).toBe('string')
  }
})

test('every unit can be undone', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...UNIT_SYMBOLS),
      fc.integer({ min: 1, max: 999 }),
      fc.integer({ min: 1, max: 800 }),
      fc.integer({ min: -1e6, max: 1e6 }),
      (symbol, over, under, raw) => {
        const unit = parseUnit(`${over}/${under} ${symbol}`)
        if (typeof unit === 'string') throw new Error(unit)
        expect(fromBase(toBase(raw, unit), unit)).toBeCloseTo(raw, 4)
      },
    ),
  )
})
