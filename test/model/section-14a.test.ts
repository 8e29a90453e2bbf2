/** Section 14a EnWG: the guaranteed power, against the figures of BNetzA BK6-22-300, Anlage 1, 4.5. */
import { describe, expect, it } from 'vitest'
import { guaranteedWatts, isControllable, simultaneityFactor } from '../../src/model/section-14a.ts'

describe('the guaranteed power of n charging points behind one energy manager', () => {
  it('is 4.2 kW for one, as where the grid operator steers it directly', () => {
    expect(guaranteedWatts(1)).toBe(4200)
  })

  it.each([
    [2, 0.8, 7560],
    [3, 0.75, 10_500],
    [4, 0.7, 13_020],
    [5, 0.65, 15_120],
    [6, 0.6, 16_800],
    [7, 0.55, 18_060],
    [8, 0.5, 18_900],
    [9, 0.45, 19_320],
    [10, 0.45, 21_210],
    [100, 0.45, 191_310],
  ])('is for %i: factor %d, %i W', (devices, factor, watts) => {
    expect(simultaneityFactor(devices)).toBe(factor)
    expect(guaranteedWatts(devices)).toBe(watts)
  })

  it('never shrinks when a charging point is added', () => {
    for (let devices = 1; devices < 200; devices++)
      expect(guaranteedWatts(devices + 1)).toBeGreaterThan(guaranteedWatts(devices) ?? Infinity)
  })

  it.each([0, -1, 1.5, Number.NaN])('is nothing for %d', (devices) => {
    expect(guaranteedWatts(devices)).toBeNull()
  })
})

it('counts what can take more than 4.2 kW: not a socket of 16 A on one phase', () => {
  expect(isControllable(16, 1, 230)).toBe(false)
  expect(isControllable(20, 1, 230)).toBe(true)
  expect(isControllable(16, 3, 230)).toBe(true)
  expect(isControllable(6, 3, 230)).toBe(false)
})
