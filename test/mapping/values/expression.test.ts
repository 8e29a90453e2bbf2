import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluate, namesIn, parseExpression } from '../../../src/mapping/values/expression.ts'
import type { Value } from '../../../src/mapping/values/expression.ts'

const NAMES: Readonly<Record<string, Value>> = {
  a: 10,
  b: 3,
  zero: 0,
  gone: null,
  yes: true,
  p: [1, null, 3],
  q: [10, 20, 30],
  none: [null, null, null],
}

function value(text: string): Value {
  const expression = parseExpression(text)
  if (typeof expression === 'string') throw new Error(`${text}: ${expression}`)
  return evaluate(expression, (name) => NAMES[name] ?? null)
}

describe('values', () => {
  test.each<[string, Value]>([
    ['a + b * 2', 16],
    ['(a + b) * 2', 26],
    ['-a - -b', -7],
    ['a / 4', 2.5],
    ['0x10 + 1', 17],
    ['a == 10 and b < 4', true],
    ['not yes or a >= 11', false],
    ['a != 10', false],
    ['sum(a, b, gone)', 13],
    ['sum(p)', 4],
    ['min(q)', 10],
    ['max(p, 2)', 3],
    ['p * q', [10, null, 90]],
    ['sum(p * q)', 100],
    ['A * 257', null],
  ])('%s', (text, expected) => expect(value(text)).toEqual(expected))
})

describe('missing and impossible', () => {
  test.each<[string, Value]>([
    ['gone + 1', null],
    ['gone == 0', null],
    ['not gone', null],
    ['a / zero', null],
    ['zero / zero', null],
    ['sum(none)', null],
    ['gone and a == 10', null],
    ['gone and a == 11', false],
    ['gone or a == 10', true],
    ['gone or a == 11', null],
  ])('%s', (text, expected) => expect(value(text)).toEqual(expected))
})

describe('the grammar has no way out (H21, H22)', () => {
  test.each([
    'a.b',
    'a[0]',
    'f(a)',
    'a = 1',
    'a; b',
    '"x"',
    "'x'",
    'while(1)',
    'a ? b : c',
    '`x`',
    'constructor(1)',
    'a b',
    '',
    'a +',
    '(a',
    'sum()',
    '1 < 2 < 3',
    'and',
    'a => b',
    '${a}',
  ])('%s is refused', (text) => {
    expect(typeof parseExpression(text)).toBe('string')
  })

  test('deep and long ones end with a sentence, quickly', () => {
    expect(typeof parseExpression('('.repeat(200) + 'a' + ')'.repeat(200))).toBe('string')
    expect(typeof parseExpression('not '.repeat(100) + 'a')).toBe('string')
    expect(typeof parseExpression('-'.repeat(400) + 'a')).toBe('string')
    expect(typeof parseExpression('a'.repeat(501))).toBe('string')
    expect(typeof parseExpression('a+'.repeat(249) + 'a')).toBe('string')
  })

  test('any text is either an expression or a sentence, and a value is never NaN', () => {
    const word = fc.constantFrom(
      'a',
      'b',
      'zero',
      'gone',
      'p',
      '1',
      '0',
      '2.5',
      '+',
      '-',
      '*',
      '/',
      '(',
      ')',
      '==',
      '<',
      'and',
      'or',
      'not',
      'sum(',
      'min(',
      ',',
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 14 }), (words) => {
        const expression = parseExpression(words.join(' '))
        if (typeof expression === 'string') return
        const result = evaluate(expression, (name) => NAMES[name] ?? null)
        for (const scalar of Array.isArray(result) ? result : [result])
          expect(typeof scalar === 'number' && !Number.isFinite(scalar)).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })
})

test('names are found wherever they stand', () => {
  const expression = parseExpression('not cable and sum(p, -q) > limit * 2')
  expect(typeof expression === 'string' ? [] : [...namesIn(expression)]).toEqual(['cable', 'p', 'q', 'limit'])
})
