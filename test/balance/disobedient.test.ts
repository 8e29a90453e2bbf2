import { expect, test } from 'vitest'
import { allocate, initialBalanceState } from '../../src/balance/allocate.ts'
import { circuit, outlet, site } from './site.ts'

test('a charger that draws too much where there is no room is told to pause, and told again for a few seconds now and then', () => {
  // The building's branch leaves 10 A; the charger takes 16 A whatever it is told.
  const seconds = Array.from({ length: 130 }, (_, second) => second)
  let state = initialBalanceState
  let ordered = 6
  const orders = seconds.map((second) => {
    const at = second * 1000
    const stuck = outlet('a', { confirmedAmps: ordered, measuredAmps: [16, 16, 16], measuredAt: at })
    const result = allocate(site({ at, circuits: [circuit('main', 10)], outlets: [stuck] }), state)
    ;({ state } = result)
    ordered = result.allocations[0]?.amps ?? NaN
    return ordered
  })
  expect(orders.slice(0, 25).filter((amps) => amps > 0)).toEqual([])
  // Twice a minute, for five seconds: an emergency never waits for long.
  expect(changes(orders)).toEqual([30, 35, 60, 65, 90, 95, 120, 125])
})

test('a charger that draws too much where there is room is told another value now and then, never more than it draws', () => {
  let state = initialBalanceState
  let ordered = 6
  const orders = Array.from({ length: 130 }, (_, second) => {
    const at = second * 1000
    const stuck = outlet('a', { confirmedAmps: ordered, measuredAmps: [16, 16, 16], measuredAt: at })
    const result = allocate(site({ at, circuits: [circuit('main', 40)], outlets: [stuck] }), state)
    ;({ state } = result)
    ordered = result.allocations[0]?.amps ?? NaN
    return ordered
  })
  expect(changes(orders).length).toBeGreaterThanOrEqual(3)
  expect(Math.max(...orders)).toBeLessThanOrEqual(16)
})

/** Seconds in which the order is another one than before. */
function changes(orders: readonly number[]): readonly number[] {
  return orders.flatMap((amps, second) => (second > 0 && amps !== orders[second - 1] ? [second] : []))
}
