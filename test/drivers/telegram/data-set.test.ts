import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { formatDecimal, formatField, parseDataLine, parseField } from '../../../drivers/telegram/data-set.ts'

describe('a data line', () => {
  it.each([
    ['1.8.0(1*kWh)', [{ name: '1.8.0', fields: ['1*kWh'] }]],
    ['1.6.0(1*kW)(2005061230)', [{ name: '1.6.0', fields: ['1*kW', '2005061230'] }]],
    [
      '1.8.0(1)1.8.1(2)(3)',
      [
        { name: '1.8.0', fields: ['1'] },
        { name: '1.8.1', fields: ['2', '3'] },
      ],
    ],
    ['(00001.001)', [{ name: '', fields: ['00001.001'] }]],
    ['0.1.0()', [{ name: '0.1.0', fields: [''] }]],
  ])('%s is understood', (line, sets) => {
    expect(parseDataLine(line)).toEqual(sets)
  })

  it.each(['', '1.8.0', '1.8.0(1', '1.8.0(1)x', '1.8.0)1(', '1.8.0((1))'])('"%s" is none', (line) => {
    expect(parseDataLine(line)).toBeNull()
  })
})

describe('a field', () => {
  it.each([
    ['000123.456*kWh', { value: 123.456, unit: 'kWh' }],
    ['-0.5*kW', { value: -0.5, unit: 'kW' }],
    ['00012', { value: '00012', unit: null }],
    ['1e3*kWh', { value: '1e3', unit: 'kWh' }],
    ['*kWh', null],
    ['', null],
    ['  ', null],
  ])('%j is %j', (field, value) => {
    expect(parseField(field)).toEqual(value)
  })

  it('of a number is written without an exponent, and read as the same number', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e15, max: 1e15 }), fc.nat(6), (digits, places) => {
        const value = digits / 10 ** places
        const text = formatDecimal(value) ?? ''
        expect(text).toMatch(/^-?\d+(\.\d+)?$/)
        expect(Number(text)).toBeCloseTo(value, 12)
        expect(parseField(formatField({ value, unit: 'V' }) ?? '')).toEqual({ value: Number(text), unit: 'V' })
      }),
    )
    for (const none of [Number.NaN, Number.POSITIVE_INFINITY, 1e21]) expect(formatDecimal(none)).toBeNull()
    for (const text of ['a)b', 'a*b', 'ä', '!']) expect(formatField({ value: text, unit: null })).toBeNull()
    expect(formatField({ value: 1, unit: 'k)' })).toBeNull()
  })
})
