import { expect, it } from 'vitest'
import { nearestHint } from '../../src/config/nearest-name.ts'

it('names the nearest, or else what is known', () => {
  expect(nearestHint('conect', ['connect', 'circuit'])).toBe('did you mean `connect`?')
  expect(nearestHint('zzz', ['a', 'b'])).toBe('known: a, b')
  expect(nearestHint('zzz', [])).toBe('there is none')
})
