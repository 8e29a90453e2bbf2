import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ciString,
  ciStringAtWord,
  ciStringEnd,
  decimalText,
  idTag,
  isIdTag,
  optional,
} from '../../../src/ocpp/v16/text.ts'

fc.configureGlobal({ seed: 1 })

test.each([
  ['Wallbox Süd', 'Wallbox Sud'],
  ['Übertemperatur: 95 °C', 'Ubertemperatur: 95 ?C'],
  ['charger’s “own” – fault', 'charger\'s "own" - fault'],
  ['a\nb\u0000c', 'a b?c'],
  ['充电桩', '???'],
])('%j becomes printable ASCII', (text, ascii) => {
  expect(ciString(text, 50)).toBe(ascii)
})

test('a text is cut at its end, a serial number at its beginning', () => {
  expect(ciString('Heidelberg Energy Control', 20)).toBe('Heidelberg Energy Co')
  expect(ciStringEnd('MANUFACTURER-2026-SERIES-0000017', 25)).toBe('URER-2026-SERIES-0000017'.padStart(25, 'T'))
})

test.each([
  ['The charger is too hot inside and pauses until it has cooled', 'The charger is too hot inside and pauses until it'],
  ['The charger is too hot inside and pauses until now.', 'The charger is too hot inside and pauses until'],
  ['The charger is too hot inside and pauses till now.', 'The charger is too hot inside and pauses till now.'],
  [`hot ${'x'.repeat(60)}`, `hot ${'x'.repeat(46)}`],
  ['x'.repeat(60), 'x'.repeat(50)],
  ['Zu heiß', 'Zu heiss'],
])('the sentence %j is cut at a word: %j', (text, cut) => {
  expect(ciStringAtWord(text, 50)).toBe(cut)
})

test('never longer, never anything but printable ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 60 }), (text, length) => {
      expect(ciString(text, length)).toMatch(new RegExp(`^[\\x20-\\x7e]{0,${length}}$`))
      expect(ciStringAtWord(text, length)).toMatch(new RegExp(`^[\\x20-\\x7e]{0,${length}}$`))
      expect(ciStringEnd(text, length)).toMatch(new RegExp(`^[\\x20-\\x7e]{0,${length}}$`))
    }),
  )
})

test('an idTag is taken as it is or not at all', () => {
  expect(idTag('04A2B3C4D5E6F708090A')).toBe('04A2B3C4D5E6F708090A')
  expect(isIdTag('04A2B3C4D5E6F708090A')).toBe(true)
  for (const wrong of ['', '04A2B3C4D5E6F708090A1', 'Süd', 'a\nb']) {
    expect(isIdTag(wrong)).toBe(false)
    expect(() => idTag(wrong)).toThrow(expect.objectContaining({ code: 'FRAME_INVALID' }))
  }
})

test.each([
  [0.1 + 0.2, '0.3'],
  [15.9, '15.9'],
  [230.45678, '230.457'],
  [-0.0001, '0'],
  [-3.5, '-3.5'],
  [123456789, '123456789'],
  [1e14, '100000000000000'],
  [1e-7, '0'],
])('%d is written %s', (value, text) => {
  expect(decimalText(value)).toBe(text)
})

test.each([Number.NaN, Infinity, -Infinity, 1e15, 1e308])('%d is no measured value', (value) => {
  expect(decimalText(value)).toBeNull()
})

test('what is not known is left out, not sent empty', () => {
  expect(optional('info', '')).toEqual({})
  expect(optional('info', 'x')).toEqual({ info: 'x' })
})
