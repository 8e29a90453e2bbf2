import { expect, test } from 'vitest'
import { Sleepers } from './sleepers.ts'

const NEVER = new AbortController().signal

test('who was sent home by an earlier one is not woken', async () => {
  const sleepers = new Sleepers()
  const stop = new AbortController()
  const early = sleepers.sleepUntil(10, NEVER)
  const late = sleepers.sleepUntil(20, stop.signal)
  stop.abort(new Error('enough'))
  sleepers.wakeDue(20)
  await early
  await expect(late).rejects.toThrow('enough')
})

test('the next moment is that of the earliest who is still there', () => {
  const sleepers = new Sleepers()
  const stop = new AbortController()
  sleepers.sleepUntil(10, stop.signal).catch(() => undefined)
  void sleepers.sleepUntil(20, NEVER)
  expect(sleepers.nextDueAt).toBe(10)
  stop.abort()
  expect([sleepers.nextDueAt, sleepers.count]).toEqual([20, 1])
  sleepers.wakeEarliest()
  expect([sleepers.nextDueAt, sleepers.count]).toEqual([Number.POSITIVE_INFINITY, 0])
})

test('among those of one moment the first who lay down is woken first', async () => {
  const sleepers = new Sleepers()
  const woken: string[] = []
  for (const name of ['a', 'b', 'c']) void sleepers.sleepUntil(5, NEVER).then(() => woken.push(name))
  sleepers.wakeEarliest()
  await Promise.resolve()
  expect(woken).toEqual(['a'])
  sleepers.wakeDue(5)
  await Promise.resolve()
  expect(woken).toEqual(['a', 'b', 'c'])
})

test('an aborted signal lets nobody sleep', async () => {
  const sleepers = new Sleepers()
  await expect(sleepers.sleepUntil(5, AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
  expect(sleepers.count).toBe(0)
})
