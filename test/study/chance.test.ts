import { describe, expect, it } from 'vitest'
import { around, between, chance, oneOf } from '../../src/study/chance.ts'

function firstNumbers(seed: string): number[] {
  return Array.from({ length: 5 }, chance(seed))
}

describe('chance', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    expect(firstNumbers('a')).toEqual(firstNumbers('a'))
    expect(firstNumbers('a')).not.toEqual(firstNumbers('b'))
  })

  it('spreads evenly over [0, 1)', () => {
    const numbers = Array.from({ length: 20_000 }, chance('even'))
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...numbers)).toBeLessThan(1)
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = numbers.filter((number) => Math.floor(number * 10) === tenth).length / numbers.length
      expect(share).toBeCloseTo(0.1, 1)
    }
  })

  it('keeps between its bounds and around its mean', () => {
    const next = chance('bounds')
    const inside = Array.from({ length: 1000 }, () => between(next, 3, 12))
    expect(Math.min(...inside)).toBeGreaterThanOrEqual(3)
    expect(Math.max(...inside)).toBeLessThan(12)
    const bell = Array.from({ length: 4000 }, () => around(next, 100, 10))
    expect(bell.reduce((sum, one) => sum + one, 0) / bell.length).toBeCloseTo(100, 0)
    expect(Math.max(...bell)).toBeLessThanOrEqual(130)
  })

  it('chooses by weight', () => {
    const next = chance('weights')
    const chosen = Array.from({ length: 4000 }, () =>
      oneOf(next, [
        { weight: 3, name: 'often' },
        { weight: 1, name: 'seldom' },
      ]),
    )
    expect(chosen.filter(({ name }) => name === 'often').length / 4000).toBeCloseTo(0.75, 1)
  })
})
