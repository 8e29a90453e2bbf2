import * as fc from 'fast-check'
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

  it('takes what is a hair below a step as that step: a device that cuts decimals off would lose a whole one', () => {
    expect(floorToStep(12.999999999999998, 1)).toBe(13)
    expect(floorToStep(0.3 - 1e-12, 0.1)).toBe(0.3)
  })

  it('rounds a minimum up', () => {
    expect(ceilToStep(6, 4)).toBe(8)
    expect(ceilToStep(6, 0.1)).toBe(6)
  })

  it('leaves a value of the grid where it is, also of one that is set in W', () => {
    const steps = fc.constantFrom(0.1, 0.25, 0.5, 1, 100 / 230, 100 / 690)
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 800 }), (step, tenths) => {
        const lower = floorToStep(tenths / 10, step)
        const upper = ceilToStep(tenths / 10, step)
        expect(floorToStep(lower, step)).toBe(lower)
        expect(ceilToStep(upper, step)).toBe(upper)
        expect(lower).toBeLessThanOrEqual(tenths / 10 + 1e-9)
        expect(upper).toBeGreaterThanOrEqual(tenths / 10 - 1e-9)
      }),
    )
  })
})
