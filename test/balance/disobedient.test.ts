import { expect, test } from 'vitest'
import { allocate, initialBalanceState } from '../../src/balance/allocate.ts'
import { circuit, outlet, site } from './site.ts'

test('a charger that draws too much where there is no room is told to pause, and told again for a few seconds a minute', () => {
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
  const told = orders.filter((amps) => amps > 0).length
  expect(orders.slice(0, 55).filter((amps) => amps > 0)).toEqual([])
  expect(told).toBeGreaterThan(0)
  // Once a minute, for five seconds: an emergency never waits for the rest of a minute.
  expect(told).toBeLessThanOrEqual(12)
})
