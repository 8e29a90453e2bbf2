import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearestName } from '../../src/model/nearest-name.ts'

const KEYS = ['connect', 'circuit', 'phases', 'fail-safe', 'start-values']

describe('the nearest name', () => {
  it.each([
    ['conect', 'connect'],
    ['ocnnect', 'connect'],
    ['Circuits', 'circuit'],
    ['fail_safe', 'fail-safe'],
    ['phase', 'phases'],
    ['voltage', null],
    ['', null],
  ])('of %s is %s', (wrong, expected) => {
    expect(nearestName(wrong, KEYS)).toBe(expected)
  })

  it('of a name with one slip is that name', () => {
    fc.assert(
      fc.property(fc.constantFrom(...KEYS), fc.nat(), fc.constantFrom('x', '7', ''), (name, at, letter) => {
        const place = at % name.length
        expect(nearestName(name.slice(0, place) + letter + name.slice(place + 1), [name])).toBe(name)
      }),
    )
  })
})
