import { describe, expect, it } from 'vitest'

import { orAbort, within } from '../../src/wire/waiting.ts'
import { ManualClock } from '../peers/manual-clock.ts'

const STAY = new AbortController().signal
const never = new Promise<number>(() => undefined)

describe('waiting with a time-out', () => {
  it('brings what comes in time, and leaves no timer', async () => {
    const clock = new ManualClock()
    expect(await within(clock, 100, STAY, Promise.resolve(7))).toBe(7)
    await expect(within(clock, 100, STAY, Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(clock.sleeping).toBe(0)
  })

  it('brings null after its time, whatever becomes of the work later', async () => {
    const clock = new ManualClock()
    const work = Promise.withResolvers<number>()
    const waiting = within(clock, 100, STAY, work.promise)
    await clock.advance(100)
    expect(await waiting).toBeNull()
    // Nobody hears this: a rejection without a listener would fail this test.
    work.reject(new Error('too late'))
    await clock.settle()
  })

  it('ends at once when it is aborted, also before it began', async () => {
    const clock = new ManualClock()
    const stop = new AbortController()
    const waiting = within(clock, 100, stop.signal, never)
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(within(clock, 100, stop.signal, Promise.reject(new Error('broken')))).rejects.toThrow('enough')
    expect(clock.sleeping).toBe(0)
  })
})

describe('waiting until aborted', () => {
  it('brings what comes', async () => {
    expect(await orAbort(Promise.resolve(7), STAY)).toBe(7)
    await expect(orAbort(Promise.reject(new Error('broken')), STAY)).rejects.toThrow('broken')
  })

  it('ends at once when it is aborted, also before it began', async () => {
    const stop = new AbortController()
    const waiting = orAbort(never, stop.signal)
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await expect(orAbort(Promise.reject(new Error('broken')), stop.signal)).rejects.toThrow('enough')
  })
})
