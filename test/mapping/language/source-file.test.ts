import { describe, expect, test } from 'vitest'
import { parseSource } from '../../../src/mapping/language/source-file.ts'

const problemOf = (text: string): { line: number; column: number; message: string } => {
  const result = parseSource(text, 'x.yaml')
  if ('source' in result) throw new Error('was accepted')
  const [first] = result.problems
  if (first === undefined) throw new Error('no problem')
  return first
}

test('numbers as keys keep the order of the file', () => {
  const result = parseSource('bits: {7: a, 0x02: b, 5: c}', 'x.yaml')
  expect('source' in result && result.source.keysAt(['bits'])).toEqual(['7', '2', '5'])
})

test('YAML 1.2: yes and on are words', () => {
  const result = parseSource('a: yes\nb: on\nc: 0x10\nd: 010', 'x.yaml')
  expect('source' in result && result.source.data).toEqual({ a: 'yes', b: 'on', c: 16, d: 10 })
})

describe('hostile files (H1, H24)', () => {
  test.each<[string, string, number, number]>([
    ['anchors', 'a: 1\nb: &x [1]\n', 2, 4],
    ['aliases', 'b: *x', 1, 4],
    ['tags', 'a: !!js/function x', 1, 4],
    ['own tags', 'a:\n  - !secret x', 2, 5],
    ['a second document', 'a: 1\n---\nb: 2', 2, 1],
    ['directives', '%YAML 1.1\n---\na: 1', 1, 1],
    ['doubled keys', 'a: 1\nb: 2\na: 3', 3, 1],
    ['doubled keys in other spelling', 'a: {0x10: 1, 16: 2}', 1, 14],
    ['__proto__', 'x:\n  __proto__: {a: 1}', 2, 3],
    ['constructor', 'constructor: 1', 1, 1],
    ['an open quote', 'a: "x', 1, 6],
    ['not a number', 'a: .nan', 1, 4],
    ['infinity', 'a: .inf', 1, 4],
    ['a list', '- a', 1, 1],
    ['nothing', '', 1, 1],
    ['a word', 'hello', 1, 1],
  ])('%s', (_, text, line, column) => {
    expect(problemOf(text)).toMatchObject({ line, column })
  })

  test('large, deep and repetitive files end in one problem and not in a hang', () => {
    const bombs = [
      'x'.repeat(300_000),
      '['.repeat(200_000),
      '{a: '.repeat(60_000),
      '- '.repeat(100_000),
      '? '.repeat(100_000),
      '&a '.repeat(80_000),
      Array.from({ length: 600 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      Array.from({ length: 30_000 }, (_, index) => `${index}: 1`).join('\n') + '\nx: {y: 1',
    ]
    for (const bomb of bombs) expect(problemOf(bomb).message).not.toBe('')
  })
})
