import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addLoad, loadingOf, roomFor, tightestSlot } from '../../../src/balance/known/loading.ts'
import { perSlot, powerSlotOf, slotOf, treeOf, unbalanceSlotOf } from '../../../src/balance/known/tree.ts'
import { circuit } from '../site.ts'

const tree = treeOf([circuit('house', 63, { unbalanceAmps: 20 }), circuit('row', 40, { parentId: 'house' })])
const ROW = 1
const L1 = 1
const ALL = 7

describe('what an outlet loads', () => {
  it('is its phases and the power of each circuit above it, and unbalance where that is limited', () => {
    const values = perSlot(tree)
    addLoad(values, loadingOf(tree, ROW, ALL, L1), 10)
    for (const place of [0, ROW]) {
      for (let phase = 0; phase < 3; phase++) expect(values[slotOf(place, phase)]).toBe(10)
      expect(values[powerSlotOf(place)]).toBe(30)
    }
    expect([0, 1, 2].map((phase) => values[unbalanceSlotOf(0, phase)])).toEqual([10, 0, 0])
    expect(values[unbalanceSlotOf(ROW, 0)]).toBe(0)
  })

  it('finds the least room and the slot that leaves it', () => {
    const room = perSlot(tree).fill(100)
    room[slotOf(0, 0)] = 16
    room[powerSlotOf(ROW)] = 30
    const used = perSlot(tree)
    const loading = loadingOf(tree, ROW, ALL, 0)
    expect(roomFor(room, used, loading)).toBe(10)
    expect(tightestSlot(room, used, loading)).toBe(powerSlotOf(ROW))
  })

  it('sums: loads put on and taken off leave nothing, and the room shrinks by what was put on', () => {
    const loads = fc.array(fc.record({ mask: fc.integer({ min: 1, max: 7 }), amps: fc.integer({ min: 0, max: 32 }) }))
    fc.assert(
      fc.property(loads, (all) => {
        const values = perSlot(tree)
        const room = perSlot(tree).fill(10_000)
        for (const { mask, amps } of all) {
          const loading = loadingOf(tree, ROW, mask, mask)
          const before = roomFor(room, values, loading)
          addLoad(values, loading, amps)
          expect(roomFor(room, values, loading)).toBeLessThanOrEqual(before - amps)
        }
        const phases = [0, 1, 2].reduce((sum, phase) => sum + (values[slotOf(0, phase)] ?? 0), 0)
        expect(values[powerSlotOf(0)]).toBe(phases)
        for (const { mask, amps } of all) addLoad(values, loadingOf(tree, ROW, mask, mask), -amps)
        expect(values.every((value) => value === 0)).toBe(true)
      }),
    )
  })
})
