/** Wishes: which are refused, and how they are stored. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readWish, storedWish, type Wish, wishProblem } from '../../src/site/wish.ts'

const NOW = Date.UTC(2026, 10, 22, 6)
const NOTHING: Wish = { departsAt: null, energyWh: null, promised: false, priority: null }

describe('a wish', () => {
  it.each<Partial<Wish>>([
    { departsAt: NOW + 1 },
    { departsAt: NOW + 7 * 86_400_000 },
    { energyWh: 1 },
    { energyWh: 1_000_000 },
    { priority: 1 },
    { priority: 9 },
    { departsAt: NOW + 1, energyWh: 1, promised: true },
  ])('%j is one', (wish) => {
    expect(wishProblem({ ...NOTHING, ...wish }, NOW)).toBeNull()
  })

  it.each<[Partial<Wish>, string]>([
    [{ departsAt: NOW }, 'the departure is in the past: it is 2026-11-22T06:00:00.000Z'],
    [{ departsAt: NOW + 7 * 86_400_000 + 1 }, 'the departure is more than 7 days away'],
    [{ departsAt: Number.NaN }, 'the departure is no time'],
    [{ energyWh: 0 }, 'the energy is more than 0 and at most 1000 kWh'],
    [{ energyWh: 1_000_001 }, 'the energy is more than 0 and at most 1000 kWh'],
    [{ energyWh: Number.NaN }, 'the energy is more than 0 and at most 1000 kWh'],
    [{ promised: true, energyWh: 1 }, 'a promise needs the energy and the time of departure'],
    [{ promised: true, departsAt: NOW + 1 }, 'a promise needs the energy and the time of departure'],
    [{ priority: 0 }, 'the priority is a whole number from 1 to 9'],
    [{ priority: 10 }, 'the priority is a whole number from 1 to 9'],
    [{ priority: 1.5 }, 'the priority is a whole number from 1 to 9'],
  ])('%j is none: %s', (wish, problem) => {
    expect(wishProblem({ ...NOTHING, ...wish }, NOW)).toBe(problem)
  })
})

describe('a stored wish', () => {
  it('is read as it was', () => {
    const number = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0))
    const wishes = fc.record({ departsAt: number, energyWh: number, promised: fc.boolean(), priority: number })
    fc.assert(
      fc.property(fc.string(), wishes, (transactionId, wish) => {
        expect(readWish(storedWish(transactionId, wish))).toEqual({ transactionId, wish })
      }),
    )
  })

  it.each(['', '{', 'null', '7', '[]', '{}', '{"transactionId":"T"}', storedWish('T', NOTHING).replace('null', '"x"')])(
    '%j is none',
    (text) => {
      expect(readWish(text)).toBeNull()
    },
  )
})
