import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decreasesFirst } from '../../src/site/write-order.ts'

function outlet(id: string, confirmedAmps: number | null, pendingAmps: number | null = null) {
  return { id, confirmedAmps, pendingAmps }
}

function orderOf(outlets: ReturnType<typeof outlet>[], amps: Readonly<Record<string, number>>): string {
  const allocations = Object.entries(amps).map(([outletId, granted]) => ({ outletId, amps: granted }))
  return decreasesFirst(allocations, outlets)
    .map(({ outletId }) => outletId)
    .join(' ')
}

test('an outlet of which nothing is known counts as the most that there is: its order is a decrease and goes first', () => {
  expect(orderOf([outlet('a', 16), outlet('b', null), outlet('c', 32)], { a: 6, b: 16, c: 10 })).toBe('b c a')
})

test('what is on its way counts, not what was confirmed before', () => {
  expect(orderOf([outlet('a', 6, 32), outlet('b', 16)], { a: 16, b: 6 })).toBe('a b')
})

test('the greatest decrease goes first, then what stays, then increases; among equals by name', () => {
  const outlets = ['d', 'c', 'b', 'a'].map((id) => outlet(id, 10))
  expect(orderOf(outlets, { d: 6, c: 16, b: 10, a: 0 })).toBe('a d b c')
  expect(orderOf(outlets, { d: 8, c: 8, b: 8, a: 8 })).toBe('a b c d')
})

test('written in this order the sum in force is never above what it was before or will be after', () => {
  const ids = ['a', 'b', 'c', 'd', 'e']
  const amps = fc.array(fc.integer({ min: 0, max: 32 }), { minLength: 5, maxLength: 5 })
  fc.assert(
    fc.property(amps, amps, (before, after) => {
      const inForce = new Map(ids.map((id, index) => [id, before[index]!]))
      const sum = (): number => [...inForce.values()].reduce((total, one) => total + one, 0)
      const allocations = ids.map((outletId, index) => ({ outletId, amps: after[index]! }))
      const most = Math.max(
        sum(),
        after.reduce((total, one) => total + one, 0),
      )
      const outlets = ids.map((id, index) => outlet(id, before[index]!))
      for (const { outletId, amps: granted } of decreasesFirst(allocations, outlets)) {
        inForce.set(outletId, granted)
        expect(sum()).toBeLessThanOrEqual(most)
      }
    }),
  )
})
