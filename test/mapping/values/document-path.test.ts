import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePath, pathText, valueAt, withValueAt } from '../../../src/mapping/values/document-path.ts'

const STATUS = { car: 2, nrg: [230, 231, 229], 'em:0': { power: -12.5 } }

describe('a path', () => {
  test.each([
    ['car', 2],
    ['nrg[2]', 229],
    ['["em:0"].power', -12.5],
  ])('%s finds its value', (text, value) => {
    const path = parsePath(text)
    expect(typeof path).not.toBe('string')
    expect(valueAt(STATUS, typeof path === 'string' ? [] : path)).toBe(value)
  })

  test.each(['nrg[9]', 'nrg.length', 'car.more', 'none', 'constructor', '__proto__'])('%s finds nothing', (text) => {
    const path = parsePath(text)
    expect(valueAt(STATUS, typeof path === 'string' ? [] : path)).toBeUndefined()
  })

  test.each(['.car', 'a..b', 'a[', 'a["b]', 'a b', 'a[-1]', `${'a.'.repeat(13)}a`])(
    '%s is refused with a sentence',
    (text) => {
      expect(typeof parsePath(text)).toBe('string')
    },
  )

  test('a value that is put somewhere is found there again', () => {
    const segment = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.stringMatching(/^[A-Za-z_:][A-Za-z0-9_: -]{0,8}$/u))
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 6 }), fc.double({ noNaN: true }), (path, value) => {
        const read = parsePath(pathText(path))
        expect(read).toEqual(path)
        expect(valueAt(withValueAt(undefined, path, value), path)).toBe(value)
        expect(
          valueAt(withValueAt(withValueAt({ kept: 1 }, ['other'], 2), ['other'], undefined), ['other']),
        ).toBeUndefined()
      }),
    )
  })
})
