import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { mappingJsonSchema, mappingLibrary } from '../../../src/mapping/index.ts'

const check = new Ajv2020({ strict: false, allErrors: false }).compile(mappingJsonSchema())

describe('what an editor thinks of', () => {
  test('every shipped file: nothing is wrong', () => {
    const wrong = mappingLibrary()
      .list()
      .flatMap(({ name, path }) => (check(parse(readFileSync(path, 'utf8'))) ? [] : [[name, check.errors?.at(0)]]))
    expect(wrong).toEqual([])
  })

  const WHOLE = 'device: A\nkind: meter\nmodbus: {tcp: 502}\nread: {power: {at: 1, unit: W}}\n'
  test.each<[string, string, boolean]>([
    ['a whole file', WHOLE, true],
    ['one without `kind`', WHOLE.replace('kind: meter\n', ''), false],
    ['one with a misspelt key', WHOLE.replace('unit: W', 'unti: W'), false],
    ['null in a whole file', WHOLE.replace('{at: 1, unit: W}', 'null'), false],
    ['a derived file', 'device: B\nfrom: a\n', true],
    ['a derived file that removes', 'device: B\nfrom: a\nread: {power: null, energy: {unit: null}}\n', true],
    ['a derived file with a misspelt key', 'device: B\nfrom: a\nread: {pwoer: null}\n', false],
    ['a derived file without a name', 'from: a\n', false],
    ['a variant', `${WHOLE}variants: [{when: otherwise, read: {power: {at: 2}, energy: null}}]\n`, true],
    ['a variant without a rule', `${WHOLE}variants: [{read: {power: {at: 2}}}]\n`, false],
    ['a variant with a misspelt key', `${WHOLE}variants: [{when: otherwise, read: {power: {ta: 2}}}]\n`, false],
    ['a variant of another kind', `${WHOLE}variants: [{when: otherwise, kind: charger}]\n`, false],
    ['a meter', `${WHOLE}meters: {ct1: {read: {power: {at: 2}}}}\n`, true],
    ['a meter with a misspelt key', `${WHOLE}meters: {ct1: {raed: {power: {at: 2}}}}\n`, false],
  ])('%s', (_, text, isRight) => {
    expect(check(parse(text))).toBe(isRight)
  })
})
