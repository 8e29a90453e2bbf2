import { expect, test } from 'vitest'
import { horizon } from '../../../src/balance/policy/horizon.ts'

const MINUTE = 60_000

test('slots are quarters of an hour and end where prices change', () => {
  const tariff = [
    { from: 0, price: 3 },
    { from: 20 * MINUTE, price: 2 },
  ]
  const { count, edges, prices } = horizon(0, 40 * MINUTE, tariff)
  expect(count).toBe(4)
  expect([...edges].map((edge) => edge / MINUTE)).toEqual([0, 15, 20, 35, 50])
  expect([...prices]).toEqual([3, 3, 2, 2])
})

test('without prices every slot costs the same', () => {
  expect([...horizon(0, 30 * MINUTE, []).prices]).toEqual([0, 0])
})

test('nothing ahead is no slot, and never more than two days', () => {
  expect(horizon(5, 5, []).count).toBe(0)
  expect(horizon(0, Infinity, []).count).toBe(192)
})

test('changes that have passed are passed', () => {
  const tariff = [0, 10, 20].map((minute) => ({ from: minute * MINUTE, price: minute }))
  expect([...horizon(15 * MINUTE, 30 * MINUTE, tariff).prices]).toEqual([10, 20])
})
