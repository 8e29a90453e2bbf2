import { expect, onTestFinished, test, vi } from 'vitest'
import { systemClock } from '../../src/model/clock.ts'

test('a sleep until a moment that has just passed is over at once, without a warning of the runtime', async () => {
  const timer = vi.spyOn(globalThis, 'setTimeout')
  onTestFinished(() => timer.mockRestore())
  await systemClock.sleep(-0.0004, new AbortController().signal)
  expect(timer.mock.calls.map(([, ms]) => ms)).toEqual([0])
})

test('a sleep ends with the reason of whoever wakes it', async () => {
  const stop = new AbortController()
  const asleep = systemClock.sleep(60_000, stop.signal)
  stop.abort(new Error('enough'))
  await expect(asleep).rejects.toThrow('enough')
  await expect(systemClock.sleep(1, stop.signal)).rejects.toThrow('enough')
})
