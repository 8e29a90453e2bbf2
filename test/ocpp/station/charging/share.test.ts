import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Sharer, shareOf } from '../../../../src/ocpp/station/charging/share.ts'

const NOON = Date.UTC(2026, 2, 2, 12)
const TURN = 15 * 60_000

function sharer(evse: number, changes: Partial<Sharer> = {}): Sharer {
  return { evse, active: true, minAmps: 6, mostAmps: 32, offeredAmps: null, measuredAmps: null, ...changes }
}

function shares(stationAmps: number, sharers: readonly Sharer[], at: number = NOON): readonly number[] {
  return sharers.map(({ evse }) => shareOf(evse, stationAmps, sharers, at))
}

describe('the station’s maximum is for all EVSEs together (§3.13.3)', () => {
  test('alone an EVSE has all of it, as far as it can use it', () => {
    expect(shares(20, [sharer(1)])).toEqual([20])
    expect(shares(63, [sharer(1)])).toEqual([32])
  })

  test('equal parts among those that may draw', () => {
    expect(shares(30, [sharer(1), sharer(2), sharer(3)])).toEqual([10, 10, 10])
  })

  test('what one cannot use goes to the others', () => {
    expect(shares(30, [sharer(1, { mostAmps: 8 }), sharer(2), sharer(3)])).toEqual([8, 11, 11])
  })

  test('an EVSE whose own limit pauses it takes nothing from the others', () => {
    expect(shares(20, [sharer(1, { mostAmps: 5 }), sharer(2)])).toEqual([0, 20])
  })

  test('a car that draws little keeps its part: it may draw more in a moment', () => {
    expect(shares(30, [sharer(1, { offeredAmps: 15, measuredAmps: 2 }), sharer(2, { offeredAmps: 15 })])).toEqual([
      15, 15,
    ])
  })

  test('one that is not charging is told what it would get', () => {
    expect(shareOf(2, 20, [sharer(1), sharer(2, { active: false })], NOON)).toBe(10)
    expect(shareOf(1, 20, [sharer(1), sharer(2, { active: false })], NOON)).toBe(20)
  })

  test('0 A is for nobody', () => {
    expect(shares(0, [sharer(1), sharer(2)])).toEqual([0, 0])
    expect(shares(5.9, [sharer(1)])).toEqual([0])
  })
})

describe('too little for all minima', () => {
  const three = [sharer(1), sharer(2), sharer(3)]

  test('as many as it is enough for are served', () => {
    expect(shares(14, three, 0)).toEqual([7, 7, 0])
    expect(shares(10, three, 0)).toEqual([10, 0, 0])
  })

  test('in turns', () => {
    expect([0, 1, 2, 3].map((turn) => shares(10, three, turn * TURN))).toEqual([
      [10, 0, 0],
      [0, 10, 0],
      [0, 0, 10],
      [10, 0, 0],
    ])
    expect(shares(10, three, TURN - 1)).toEqual([10, 0, 0])
  })
})

describe('a change never adds the old to the new', () => {
  test('who comes waits until the other has come down', () => {
    expect(shares(20, [sharer(1, { offeredAmps: 20 }), sharer(2, { offeredAmps: 0 })])).toEqual([10, 0])
    expect(shares(20, [sharer(1, { offeredAmps: 10 }), sharer(2, { offeredAmps: 0 })])).toEqual([10, 10])
  })

  test('a car that still draws above its new offer counts with what it draws', () => {
    expect(shares(20, [sharer(1, { offeredAmps: 10, measuredAmps: 16 }), sharer(2, { offeredAmps: 0 })])).toEqual([
      10, 4,
    ])
  })

  test('also one whose transaction has ended', () => {
    const ended = sharer(1, { active: false, offeredAmps: 16, measuredAmps: 12 })
    expect(shareOf(2, 20, [ended, sharer(2, { offeredAmps: 6 })], NOON)).toBe(8)
  })

  test('an idle charger that shows an offer holds nothing', () => {
    expect(shareOf(2, 20, [sharer(1, { active: false, offeredAmps: 16 }), sharer(2)], NOON)).toBe(20)
  })

  test('two above their parts come down to them, not below', () => {
    const both = [sharer(1, { offeredAmps: 16, measuredAmps: 16 }), sharer(2, { offeredAmps: 16, measuredAmps: 16 })]
    expect(shares(20, both)).toEqual([10, 10])
  })

  test('noise of a meter does not hold the others down', () => {
    expect(shares(12, [sharer(1, { offeredAmps: 6, measuredAmps: 6.3 }), sharer(2)])).toEqual([6, 6])
  })
})

const anySharers = fc
  .array(
    fc.record({
      active: fc.boolean(),
      minAmps: fc.constantFrom(6, 6, 8, 0),
      mostAmps: fc.oneof(fc.constantFrom(0, 6, 16, 32), fc.double({ min: 0, max: 80, noNaN: true })),
      offeredAmps: fc.option(fc.double({ min: 0, max: 40, noNaN: true }), { nil: null }),
      measuredAmps: fc.option(fc.double({ min: 0, max: 40, noNaN: true }), { nil: null }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((drawn) => drawn.map((each, index): Sharer => ({ ...each, evse: index + 1 })))
const anyAmps = fc.oneof(fc.constantFrom(0, 6, 12, 18), fc.double({ min: 0, max: 200, noNaN: true }))
const anyTime = fc.integer({ min: 0, max: 4_000_000_000_000 })

test('the parts of all that may draw are never above the station’s maximum, nor any above what it can use', () => {
  fc.assert(
    fc.property(anySharers, anyAmps, anyTime, (sharers, stationAmps, at) => {
      const parts = shares(stationAmps, sharers, at)
      const drawn = parts.filter((_, index) => sharers[index]?.active === true)
      expect(drawn.reduce((sum, part) => sum + part, 0)).toBeLessThanOrEqual(stationAmps + 1e-9)
      for (const [index, part] of parts.entries()) {
        expect(part).toBeGreaterThanOrEqual(0)
        expect(part).toBeLessThanOrEqual(Math.min(stationAmps, sharers[index]?.mostAmps ?? 0) + 1e-9)
      }
    }),
    { numRuns: 3000, seed: 1 },
  )
})

test('when all is settled nothing that could be used is kept back', () => {
  fc.assert(
    fc.property(anySharers, anyAmps, anyTime, (drawn, stationAmps, at) => {
      const sharers = drawn.map((each) => ({
        ...each,
        active: true,
        minAmps: 6,
        offeredAmps: null,
        measuredAmps: null,
      }))
      const parts = shares(stationAmps, sharers, at)
      const able = sharers.filter(({ mostAmps }) => mostAmps >= 6)
      const usable = able.reduce((sum, { mostAmps }) => sum + mostAmps, 0)
      // With room for all minima everything is given out; with less, everybody who is served has at least the minimum.
      if (able.length * 6 <= stationAmps)
        expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(Math.min(stationAmps, usable), 6)
      for (const part of parts) expect(part === 0 || part >= 6 - 1e-9).toBe(true)
    }),
    { numRuns: 2000, seed: 2 },
  )
})

test('orders that follow the parts never add up to more than the maximum, whatever arrives late', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), { minLength: 5, maxLength: 40 }),
      fc.array(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), { minLength: 5, maxLength: 40 }),
      fc.double({ min: 6, max: 70, noNaN: true }),
      (actives, arrivals, stationAmps) => {
        const offered = [0, 0, 0]
        for (const [step, active] of actives.entries()) {
          const sharers = offered.map((offeredAmps, index) =>
            sharer(index + 1, { active: active[index] ?? false, offeredAmps, measuredAmps: offeredAmps }),
          )
          const wanted = sharers.map((each) =>
            each.active ? shareOf(each.evse, stationAmps, sharers, step * TURN) : 0,
          )
          // Increases arrive at once, decreases when the charger answers: the worst order there is.
          for (const [index, amps] of wanted.entries()) {
            const arrives = arrivals[step % arrivals.length]?.[index] ?? true
            if (amps > (offered[index] ?? 0) || arrives) offered[index] = amps
          }
          // What the tolerance forgives: one ampere for each that has not come down yet.
          expect(offered.reduce((sum, amps) => sum + amps, 0)).toBeLessThanOrEqual(stationAmps + 3)
        }
      },
    ),
    { numRuns: 500, seed: 3 },
  )
})
