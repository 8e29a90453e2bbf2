import { describe, expect, it } from 'vitest'

import { QUEUE_LIMIT, Turns } from '../../src/wire/turns.ts'
import type { Urgency } from '../../src/model/driver.ts'
import { ManualClock } from '../peers/manual-clock.ts'

const STAY = new AbortController().signal

function row() {
  const clock = new ManualClock()
  const turns = new Turns('test', clock)
  const order: string[] = []
  const enter = (name: string, urgency: Urgency = 'normal', signal = STAY): Promise<void> =>
    turns.take(urgency, 0, signal, async () => {
      order.push(name)
      await clock.sleep(10, STAY)
    })
  return { clock, turns, order, enter }
}

describe('turns', () => {
  it('are taken one at a time: urgent, normal, slow, in order within each', async () => {
    const { clock, order, enter } = row()
    const all = [enter('first'), enter('slow', 'slow'), enter('a'), enter('b'), enter('now', 'urgent')]
    await clock.advance(0)
    expect(order).toEqual(['first'])
    await clock.advance(50)
    await Promise.all(all)
    expect(order).toEqual(['first', 'now', 'a', 'b', 'slow'])
  })

  it('come to everyone, however many are more urgent', async () => {
    const { clock, order, enter } = row()
    const slow = enter('first').then(() => undefined)
    const waiting = enter('slow', 'slow')
    const urgent = Array.from({ length: 40 }, (_, index) => enter(`urgent ${index}`, 'urgent'))
    await clock.advance(1000)
    await Promise.all([slow, waiting, ...urgent])
    expect(order.indexOf('slow')).toBe(17)
  })

  it('keep the pause after the one before', async () => {
    const { clock, turns, order, enter } = row()
    const first = enter('first')
    const second = turns.take('normal', 100, STAY, () => {
      order.push('second')
      return Promise.resolve()
    })
    await clock.advance(109)
    expect(order).toEqual(['first'])
    await clock.advance(1)
    await Promise.all([first, second])
    expect(order).toEqual(['first', 'second'])
  })

  it('are given up when their call is aborted, while they wait and in their pause', async () => {
    const { clock, turns, order, enter } = row()
    const stop = new AbortController()
    const first = enter('first')
    const waiting = enter('never', 'normal', stop.signal)
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    await clock.advance(10)
    await first
    const late = new AbortController()
    const pausing = turns.take('normal', 1000, late.signal, () => Promise.resolve(order.push('never')))
    await clock.advance(5)
    late.abort(new Error('too late'))
    await expect(pausing).rejects.toThrow('too late')
    const next = enter('next')
    await clock.advance(10)
    await next
    expect(order).toEqual(['first', 'next'])
  })

  it('go on after work that failed', async () => {
    const { clock, turns, order, enter } = row()
    await expect(turns.take('normal', 0, STAY, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    const next = enter('next')
    await clock.advance(10)
    await next
    expect(order).toEqual(['next'])
  })

  it('have a limit', async () => {
    const { clock, enter } = row()
    const all = Array.from({ length: QUEUE_LIMIT + 1 }, (_, index) => enter(String(index)))
    await expect(enter('one too many')).rejects.toMatchObject({ code: 'LINK_OVERLOADED' })
    await clock.advance(10 * (QUEUE_LIMIT + 1))
    await Promise.all(all)
  })
})
