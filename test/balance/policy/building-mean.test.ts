import { expect, test } from 'vitest'
import { expectedBuilding } from '../../../src/balance/policy/building-mean.ts'
import { hours } from './night-site.ts'

const amps = [100, 80, 60] as const
const seen = (quarter: number, value: number) =>
  Array.from({ length: 96 }, (_, index) => (index === quarter ? ([value, value, value] as const) : null))

test('the building takes now what it takes now', () => {
  expect(expectedBuilding({ circuitId: 'house', amps }, 1, hours(18), hours(18))).toBe(80)
})

test('later it takes what it took on other days', () => {
  const load = { circuitId: 'house', amps, day: seen(4 * 4, 300) }
  expect(expectedBuilding(load, 0, hours(18), hours(28))).toBeGreaterThan(280)
})

test('where no other day was seen it is expected to fall', () => {
  const later = expectedBuilding({ circuitId: 'house', amps, day: seen(0, 300) }, 0, hours(18), hours(28))
  expect(later).toBeGreaterThan(60)
  expect(later).toBeLessThan(65)
})

test('feeding in is no room for cars', () => {
  expect(expectedBuilding({ circuitId: 'house', amps: [-50, 0, 0] }, 0, hours(12), hours(12))).toBe(0)
})
