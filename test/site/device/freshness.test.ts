import { expect, test } from 'vitest'
import { Freshness } from '../../../src/site/device/freshness.ts'

/** A process that stood still and went on at `returnedAt`. */
function afterReturn(returnedAt: number): Freshness {
  return new Freshness('CP-1', { stoodStillSince: (at) => returnedAt > at })
}

test('what was asked for before the process stood still does not hold, however late it is answered', () => {
  const freshness = afterReturn(5000)
  expect(() => freshness.read(4000)).toThrow(expect.objectContaining({ code: 'BRIDGE_STOOD_STILL' }))
  expect(freshness.holds).toBe(false)
  expect(() => freshness.check()).toThrow('CP-1: the bridge stood still')
})

test('what was asked for after the return holds again', () => {
  const freshness = afterReturn(5000)
  freshness.read(5000)
  expect(freshness.holds).toBe(true)
  expect(() => freshness.check()).not.toThrow()
})
