import { describe, expect, it } from 'vitest'

import { Waiters } from '../../src/wire/waiters.ts'
import { ManualClock } from '../peers/manual-clock.ts'

const STAY = new AbortController().signal

describe('those who wait', () => {
  it('all get what comes next, and only that', async () => {
    const clock = new ManualClock()
    const waiters = new Waiters<number>(clock)
    waiters.came(1)
    const waiting = [waiters.next(100, STAY), waiters.next(100, STAY)]
    expect(waiters.size).toBe(2)
    waiters.came(2)
    waiters.came(3)
    expect(await Promise.all(waiting)).toEqual([2, 2])
    expect([waiters.size, clock.sleeping]).toEqual([0, 0])
  })

  it('get nothing when their time is over', async () => {
    const clock = new ManualClock()
    const waiters = new Waiters<number>(clock)
    const [short, long] = [waiters.next(100, STAY), waiters.next(200, STAY)]
    await clock.advance(100)
    expect([await short, waiters.size]).toEqual([null, 1])
    waiters.came(1)
    expect(await long).toBe(1)
  })

  it('hear why nothing will come, or leave by themselves', async () => {
    const waiters = new Waiters<number>(new ManualClock())
    const stop = new AbortController()
    const [left, stayed] = [waiters.next(100, stop.signal), waiters.next(100, STAY)]
    stop.abort(new Error('enough'))
    await expect(left).rejects.toThrow('enough')
    waiters.fail(new Error('gone'))
    await expect(stayed).rejects.toThrow('gone')
    expect(waiters.size).toBe(0)
  })
})
