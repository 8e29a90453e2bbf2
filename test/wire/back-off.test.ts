import { expect, it } from 'vitest'

import { backOffMs } from '../../src/wire/back-off.ts'

const BACK_OFF = { firstMs: 250, limitMs: 10_000 }

it('a back-off doubles up to its limit', () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 1000].map((failures) => backOffMs(BACK_OFF, failures, () => 1))
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000])
})

it('a back-off is half as long or longer, as chance has it, in whole milliseconds', () => {
  expect(backOffMs(BACK_OFF, 0, () => 0)).toBe(125)
  expect(backOffMs(BACK_OFF, 0, () => 0.5)).toBe(188)
})
