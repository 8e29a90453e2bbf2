import { expect, test } from 'vitest'
import { registerMs, wireMs } from '../../../src/mapping/device/wire-time.ts'

test.each([
  // 8 + 5 + 40 characters and twice 3.5 of them, 11 bits each.
  [9600, 68.75],
  [19_200, 34.375],
  // The silences stay at 1.75 ms each.
  [38_400, 18.682],
  [115_200, 8.561],
])('twenty registers at %i baud are %f ms', (baud, ms) => {
  expect(wireMs(20, baud)).toBeCloseTo(ms, 3)
})

test('a register is two characters', () => {
  expect(wireMs(7, 9600) - wireMs(4, 9600)).toBeCloseTo(3 * registerMs(9600), 9)
})
