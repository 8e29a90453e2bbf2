import { describe, expect, test } from 'vitest'
import type { Fleet } from '../../../src/balance/policy/fleet.ts'
import { learnFleet, likelyPhases, likelyShares, surePhases, UNKNOWN_FLEET } from '../../../src/balance/policy/fleet.ts'
import { car } from './night-site.ts'

const fleet = (one: number, two: number, three: number): Fleet => ({ counts: [one, two, three], counted: new Set() })

describe('on how many phases the cars of a site charge', () => {
  test('before any was measured, one is sure and two are likely', () => {
    expect(surePhases(UNKNOWN_FLEET)).toBe(1)
    expect(likelyPhases(UNKNOWN_FLEET)).toBe(2)
  })

  test('a depot whose first nine cars charge on three phases counts on three', () => {
    expect(surePhases(fleet(0, 0, 8))).toBe(1)
    expect(surePhases(fleet(0, 0, 9))).toBe(3)
    expect(surePhases(fleet(0, 5, 20))).toBe(2)
    expect(surePhases(fleet(5, 0, 20))).toBe(1)
  })

  test('a car is counted once, as soon as it was measured, and forgotten by name when it leaves', () => {
    const arrived = learnFleet(UNKNOWN_FLEET, [car('a')])
    expect(arrived.counts).toEqual([0, 0, 0])
    const charged = learnFleet(arrived, [car('a', { energyWh: 500 }), car('b', { energyWh: 300, phases: [1] })])
    expect(charged.counts).toEqual([1, 0, 1])
    const later = learnFleet(charged, [car('a', { energyWh: 900 })])
    expect(later.counts).toEqual([1, 0, 1])
    expect([...later.counted]).toEqual(['a'])
  })

  test('a car that charged without being measured teaches nothing', () => {
    expect(learnFleet(UNKNOWN_FLEET, [car('a', { energyWh: 5000, isMeasured: false })]).counts).toEqual([0, 0, 0])
  })

  test('old cars fade', () => {
    expect(learnFleet(fleet(100, 0, 101), []).counts).toEqual([50, 0, 50.5])
  })

  test('what is not measured spreads over the terminals and adds up', () => {
    const shares = likelyShares(UNKNOWN_FLEET)
    expect(shares[0]).toBeGreaterThan(shares[1])
    expect(shares[1]).toBeGreaterThan(shares[2])
    expect(shares[0] + shares[1] + shares[2]).toBeCloseTo(1)
  })
})
