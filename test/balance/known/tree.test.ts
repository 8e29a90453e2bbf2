import { describe, expect, it } from 'vitest'
import {
  meaningOfSlot,
  placeOfSlot,
  powerSlotOf,
  slotOf,
  treeOf,
  unbalanceSlotOf,
} from '../../../src/balance/known/tree.ts'
import { circuit } from '../site.ts'

describe('the tree of circuits', () => {
  it('has the same places whatever the order of the input', () => {
    const circuits = [circuit('row', 40, { parentId: 'house' }), circuit('house', 63)]
    const tree = treeOf(circuits)
    expect(treeOf(circuits.toReversed())).toEqual(tree)
    expect(tree.circuits.map(({ id }) => id)).toEqual(['house', 'row'])
    expect(tree.circuits[1]?.path).toEqual([1, 0])
  })

  it.each([
    ['its parent is unknown', [circuit('row', 40, { parentId: 'nowhere' })]],
    ['it is its own ancestor', [circuit('row', 40, { parentId: 'b' }), circuit('b', 40, { parentId: 'row' })]],
    ['it is there twice', [circuit('row', 40), circuit('row', 63)]],
    ['its limit is no number', [circuit('row', NaN)]],
  ])('gives a circuit nothing when %s', (_, circuits) => {
    const tree = treeOf(circuits)
    expect(tree.circuits[tree.placeOf.get('row') ?? -1]?.fuseAmps).toEqual([0, 0, 0])
  })

  it('knows of each slot what it limits', () => {
    const slots = [slotOf(3, 1), powerSlotOf(3), unbalanceSlotOf(3, 2)]
    expect(slots.map((slot) => meaningOfSlot(slot).kind)).toEqual(['phase', 'power', 'unbalance'])
    expect(meaningOfSlot(slotOf(3, 1)).phase).toBe('L2')
    expect(meaningOfSlot(unbalanceSlotOf(3, 2)).phase).toBe('L3')
    expect(slots.map(placeOfSlot)).toEqual([3, 3, 3])
    expect(new Set(slots).size).toBe(3)
  })
})
