import { describe, expect, it } from 'vitest'
import { phaseAmpsAt } from '../../../src/balance/known/tree.ts'
import type { Outlet } from '../../../src/model/balance-input.ts'
import { everyPhase, rotation } from '../../../src/model/phase.ts'
import { circuit, outlet, site } from '../site.ts'
import { stagesOf } from '../stages.ts'
import type { Remembered } from '../stages.ts'

const AT = 100_000
const circuits = [circuit('house', 100), circuit('row', 40, { parentId: 'house' })]
const HOUSE = 0
const ROW = 1

function at(values: Float64Array): number {
  return phaseAmpsAt(values, HOUSE).L1
}

/** Each value of an outlet that was measured a second ago, on phase L1 of the house. */
function drawn(more: Partial<Outlet>, remembered: Remembered = {}) {
  const one = outlet('a', { circuitId: 'row', measuredAt: AT - 1000, ...more })
  const { draw } = stagesOf(site({ at: AT, circuits, outlets: [one] }), { a: remembered })
  return {
    least: at(draw.leastAmps),
    most: at(draw.mostAmps),
    reserved: at(draw.reservedAmps),
    seen: at(draw.seenAmps),
  }
}

describe('what an outlet may have been drawing', () => {
  it('is what was measured, once its car had time to follow the last order', () => {
    expect(drawn({ confirmedAmps: 16, measuredAmps: [10, 10, 10] })).toEqual({
      least: 10,
      most: 10,
      reserved: 16,
      seen: 10,
    })
  })

  it('is anything between the lowest order and the reserve, while an order is on its way', () => {
    const falling = { confirmedAmps: 16, pendingAmps: 8, measuredAmps: [16, 16, 16] }
    expect(drawn(falling)).toMatchObject({ least: 8, most: 16 })
    const rising = { confirmedAmps: 10, pendingAmps: 16, measuredAmps: [10, 10, 10] }
    expect(drawn(rising)).toMatchObject({ least: 10, most: 16 })
  })

  it('is as uncertain after the order arrived, for the settle time of 8 s', () => {
    const cut = { confirmedAmps: 8, previousAmps: 16, measuredAmps: [16, 16, 16] }
    expect(drawn({ ...cut, confirmedAt: AT - 4000 })).toMatchObject({ least: 8, most: 16 })
    expect(drawn({ ...cut, measuredAmps: [8, 8, 8], confirmedAt: AT - 10_000 })).toMatchObject({ least: 8, most: 8 })
  })

  it('is nothing to the whole reserve where nothing is measured, the last value is old, or the charger is silent', () => {
    const unmeasured = { least: 0, most: 16, reserved: 16, seen: 16 }
    expect(drawn({ confirmedAmps: 16, measuredAmps: null })).toEqual(unmeasured)
    expect(drawn({ confirmedAmps: 16, measuredAmps: [9, 9, 9], measuredAt: AT - 20_000 })).toEqual(unmeasured)
    expect(drawn({ confirmedAmps: 16, measuredAmps: [9, 9, 9], online: false })).toEqual(unmeasured)
  })
})

describe('the sums', () => {
  it('count each outlet on the phases of its car, on its circuit and on all above', () => {
    const outlets = [
      outlet('a', { circuitId: 'row', confirmedAmps: 16, measuredAt: AT }),
      outlet('b', { circuitId: 'house', rotation: rotation('L2'), confirmedAmps: 10, measuredAt: AT }),
    ]
    const { draw } = stagesOf(site({ at: AT, circuits, outlets }), { a: { car: { phases: 0b001 } } })
    expect(phaseAmpsAt(draw.measuredAmps, HOUSE)).toEqual({ L1: 16, L2: 10, L3: 0 })
    expect(phaseAmpsAt(draw.measuredAmps, ROW)).toEqual({ L1: 16, L2: 0, L3: 0 })
  })

  it('tell how many are measured, how many are not, and when the oldest value was taken', () => {
    const outlets = [
      outlet('a', { circuitId: 'row', confirmedAmps: 16, measuredAt: AT - 3000 }),
      outlet('b', { circuitId: 'house', confirmedAmps: 16, measuredAt: AT - 1000 }),
      outlet('c', { circuitId: 'house', confirmedAmps: 16, measuredAmps: null }),
      // Nothing is reserved for it, so nothing is missing.
      outlet('d', { circuitId: 'house', confirmedAmps: 0, measuredAmps: null }),
    ]
    const { draw } = stagesOf(site({ at: AT, circuits, outlets }))
    expect([...draw.measuredOutlets]).toEqual([2, 1])
    expect([...draw.unmeasuredOutlets]).toEqual([1, 0])
    expect([...draw.oldestSampleAt]).toEqual([AT - 3000, AT - 3000])
  })

  it('are nothing where there is nobody', () => {
    const { draw } = stagesOf(site({ at: AT, circuits }))
    expect(phaseAmpsAt(draw.reservedAmps, HOUSE)).toEqual(everyPhase(0))
    expect([...draw.oldestSampleAt]).toEqual([Infinity, Infinity])
  })
})
