import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Taker } from '../../../src/balance/schedule/fill.ts'
import { fill } from '../../../src/balance/schedule/fill.ts'

const SLOTS = 4
const taker = (slots: readonly number[], capAmps: number, floorAmps = 0): Taker => ({
  loading: { slots, weights: slots.map(() => 1), phases: 1, unbalances: false },
  floorAmps,
  capAmps,
})
const room = (...amps: number[]): Float64Array => Float64Array.from(amps)
const nothing = new Float64Array(SLOTS)
const given = (capacity: Float64Array, takers: readonly Taker[]) =>
  fill(capacity, nothing, takers).map(({ amps }) => amps)

describe('equal shares', () => {
  it('rise together; who stands behind a tight fuse stops there, the others go on', () => {
    const shares = fill(room(30, 8, 100, 100), nothing, [taker([0, 1], 32), taker([0], 32), taker([0], 32)])
    expect(shares.map(({ amps }) => amps)).toEqual([8, 11, 11])
    expect(shares.map(({ slot }) => slot)).toEqual([1, 0, 0])
  })

  it('give what one does not take to the others, and name no slot where only the own cap binds', () => {
    const shares = fill(room(30, 0, 0, 0), nothing, [taker([0], 6), taker([0], 32)])
    expect(shares).toEqual([
      { amps: 6, slot: null },
      { amps: 24, slot: 0 },
    ])
  })

  it('leave what is taken anyway, and never less than the floor', () => {
    expect(fill(room(20, 0, 0, 0), room(10, 0, 0, 0), [taker([0], 32)])[0]?.amps).toBe(10)
    expect(given(room(4, 0, 0, 0), [taker([0], 32, 6)])).toEqual([6])
  })
})

const takers = fc.array(
  fc
    .record({
      slots: fc.uniqueArray(fc.nat({ max: SLOTS - 1 }), { minLength: 1, maxLength: SLOTS }),
      cap: fc.integer({ min: 0, max: 40 }),
    })
    .map(({ slots, cap }) => taker(slots, cap)),
  { minLength: 1, maxLength: 8 },
)
const rooms = fc
  .array(fc.integer({ min: 0, max: 100 }), { minLength: SLOTS, maxLength: SLOTS })
  .map((amps) => Float64Array.from(amps))

describe('whatever the site', () => {
  it('is max-min fair: who has less than its cap stands on a full slot where nobody has more', () => {
    fc.assert(
      fc.property(rooms, takers, (capacity, all) => {
        const amps = given(capacity, all)
        const usedOf = (slot: number): number =>
          all.reduce((sum, { loading }, index) => sum + (loading.slots.includes(slot) ? (amps[index] ?? 0) : 0), 0)
        for (let slot = 0; slot < SLOTS; slot++) expect(usedOf(slot)).toBeLessThanOrEqual((capacity[slot] ?? 0) + 1e-5)
        all.forEach(({ loading, capAmps }, index) => {
          const own = amps[index] ?? 0
          if (own >= capAmps - 1e-6) return
          const bottleneck = loading.slots.some(
            (slot) =>
              usedOf(slot) >= (capacity[slot] ?? 0) - 1e-5 &&
              all.every((other, place) => !other.loading.slots.includes(slot) || (amps[place] ?? 0) <= own + 1e-5),
          )
          expect(bottleneck).toBe(true)
        })
      }),
    )
  })

  it('gives twice as much of twice as much', () => {
    fc.assert(
      fc.property(rooms, takers, (capacity, all) => {
        const twice = given(
          capacity.map((amps) => 2 * amps),
          all.map((one) => ({ ...one, capAmps: 2 * one.capAmps })),
        )
        given(capacity, all).forEach((amps, index) => expect(twice[index]).toBeCloseTo(2 * amps, 4))
      }),
    )
  })
})
