import { describe, expect, it } from 'vitest'
import { ceilToStep, floorToStep } from '../../../src/balance/known/grid.ts'

describe('the step grid', () => {
  it('rounds down, without the dust of binary fractions', () => {
    expect(floorToStep(33.333, 0.1)).toBe(33.3)
    expect(floorToStep(6.1, 0.1)).toBe(6.1)
    expect(floorToStep(0.3, 0.1)).toBe(0.3)
    expect(floorToStep(15.9, 1)).toBe(15)
    expect(floorToStep(15.9, 2)).toBe(14)
  })

  it('rounds a minimum up', () => {
    expect(ceilToStep(6, 4)).toBe(8)
    expect(ceilToStep(6, 0.1)).toBe(6)
  })
})
