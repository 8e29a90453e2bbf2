import { expect, test } from 'vitest'
import { allocate, initialBalanceState } from '../../src/balance/allocate.ts'
import type { Outlet } from '../../src/model/balance-input.ts'
import { circuit, outlet, session, site } from './site.ts'

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

/** Orders to a charger `a` each second; `shown` is what it reads back and measures when it was told `amps`. */
function ordersTo(
  shown: (amps: number, second: number) => Partial<Outlet>,
  mainAmps: (second: number) => number,
  seconds: number,
  others: readonly Outlet[] = [],
): readonly number[] {
  let state = initialBalanceState
  let ordered = 6
  return Array.from({ length: seconds }, (_, second) => {
    const at = second * 1000
    const own = outlet('a', { confirmedAmps: ordered, measuredAt: at, ...shown(ordered, second) })
    const fresh = others.map((other) => ({ ...other, measuredAt: at }))
    const input = site({ at, circuits: [circuit('main', mainAmps(second))], outlets: [own, ...fresh] })
    const result = allocate(input, state)
    ;({ state } = result)
    ordered = result.allocations[0]?.amps ?? NaN
    return ordered
  })
}

const everyTerminal = (amps: number) => [amps, amps, amps]
const draws = (amps: number) => ({ measuredAmps: everyTerminal(amps) })

test('where a charger that draws too much harms others it is told another value now and then, never more than it draws', () => {
  const orders = ordersTo(
    () => draws(16),
    () => 24,
    130,
    [outlet('b', { confirmedAmps: 8, previousAmps: 8, measuredAmps: [8, 8, 8] })],
  )
  expect(changes(orders).length).toBeGreaterThanOrEqual(3)
  expect(Math.max(...orders)).toBeLessThanOrEqual(16)
})

test('where it harms nobody it is left alone', () => {
  expect(
    changes(
      ordersTo(
        () => draws(16),
        () => 40,
        130,
      ),
    ),
  ).toEqual([])
})

test('a charger whose meter shows 4 % too much is no disobeying one', () => {
  const orders = ordersTo(
    (amps) => ({ ...draws(amps * 1.04), maxAmps: 32 }),
    () => 40,
    300,
  )
  expect(orders.slice(60)).toEqual(orders.slice(60).map(() => 32))
})

test('a paused charger whose read-back hangs, and whose car takes nothing, is not started by being told again', () => {
  const orders = ordersTo(
    (amps, second) => ({ confirmedAmps: 16, ...draws(second < 20 ? amps : 0) }),
    (second) => (second < 20 ? 40 : 0),
    300,
  )
  expect(orders.slice(21).filter((amps) => amps > 0)).toEqual([])
})

test.each([[null], [[null, 0, 0]]])(
  'a value that goes missing (%j) frees nothing of what a disobeying charger draws',
  (gone) => {
    let state = initialBalanceState
    let other = 6
    for (let second = 0; second < 60; second++) {
      const at = second * 1000
      const measuredAmps = second < 20 ? [16, 0, 0] : gone
      const result = allocate(
        site({
          at,
          circuits: [circuit('main', 24)],
          outlets: [
            outlet('a', { confirmedAmps: 6, measuredAmps, measuredAt: at }),
            outlet('b', { confirmedAmps: other, measuredAt: at }),
          ],
        }),
        state,
      )
      ;({ state } = result)
      other = result.allocations[1]?.amps ?? NaN
      expect(other).toBeLessThanOrEqual(8)
    }
  },
)

test('an excess on one phase is seen although another phase tells nothing', () => {
  let state = initialBalanceState
  let other = 6
  for (let second = 0; second < 90; second++) {
    const at = second * 1000
    const measuredAmps = second < 40 ? [15, 15, 15] : [21, null, null]
    const own = outlet('a', { confirmedAmps: 15, previousAmps: 15, maxAmps: 15, measuredAmps, measuredAt: at })
    const beside = outlet('b', { confirmedAmps: other, previousAmps: other, measuredAt: at })
    const result = allocate(site({ at, circuits: [circuit('main', 30)], outlets: [own, beside] }), state)
    ;({ state } = result)
    other = result.allocations[1]?.amps ?? NaN
  }
  expect(other).toBeLessThanOrEqual(9)
})

test('the next car is not blamed for the one before, though its charger measures fewer phases', () => {
  let state = initialBalanceState
  let ordered = 6
  for (let second = 0; second < 200; second++) {
    const at = second * 1000
    const isNext = second >= 60
    const measuredAmps = isNext ? [ordered, null, null] : [21, 21, 21]
    const visit = session(isNext ? 'next' : 'first', 0, { startedAt: at })
    const own = outlet('a', {
      confirmedAmps: ordered,
      previousAmps: ordered,
      measuredAmps,
      measuredAt: at,
      session: visit,
    })
    const result = allocate(site({ at, circuits: [circuit('main', 16)], outlets: [own] }), state)
    ;({ state } = result)
    ordered = result.allocations[0]?.amps ?? NaN
  }
  expect(ordered).toBe(16)
})

test('one whose read-back hangs is started when all that it may take is free', () => {
  const orders = ordersTo(
    (amps) => ({ confirmedAmps: 16, ...draws(amps) }),
    (second) => (second > 20 && second < 60 ? 0 : 40),
    400,
  )
  expect(orders.slice(21, 60).every((amps) => amps === 0)).toBe(true)
  expect(orders.at(-1)).toBeGreaterThanOrEqual(6)
})

test('what cars draw above their pilots is not there for others: a fuse stays whole with meters that show 5 % more', () => {
  let state = initialBalanceState
  let last = [0, 0]
  for (let second = 0; second < 200; second++) {
    const at = second * 1000
    const outlets = ['a', 'b'].map((id, place) => {
      const own = last[place] ?? 0
      return outlet(id, {
        confirmedAmps: own,
        previousAmps: own,
        measuredAmps: everyTerminal(own * 1.05),
        measuredAt: at,
      })
    })
    const result = allocate(site({ at, circuits: [circuit('main', 60)], outlets }), state)
    ;({ state } = result)
    last = result.allocations.map(({ amps }) => amps)
  }
  expect(last.reduce((sum, amps) => sum + amps * 1.05, 0)).toBeLessThanOrEqual(61)
})

test('after a restart a charger that shows a little too much keeps what is in force', () => {
  const outlets = [outlet('a', { confirmedAmps: 16, previousAmps: 16, measuredAmps: [18, 18, 18], measuredAt: 0 })]
  const result = allocate(site({ at: 0, circuits: [circuit('main', 40)], outlets }), initialBalanceState)
  expect(result.allocations[0]?.amps).toBe(16)
})

/** Seconds in which the order is another one than before. */
function changes(orders: readonly number[]): readonly number[] {
  return orders.flatMap((amps, second) => (second > 0 && amps !== orders[second - 1] ? [second] : []))
}
