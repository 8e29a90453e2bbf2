import { expect, it } from 'vitest'

import { inShort, toText } from '../../src/wire/text.ts'

it('a text is UTF-8, and one byte per letter where it is not', () => {
  expect(toText(Buffer.from('Zähler'))).toBe('Zähler')
  expect(toText(Buffer.from('Zähler', 'latin1'))).toBe('Zähler')
})

it('a text is shown on one line, without what moves a cursor', () => {
  expect(inShort(' a\r\n\tb\u001B[2Jc ', 100)).toBe('a b [2Jc')
  expect(inShort('abcdef', 3)).toBe('abc')
})
