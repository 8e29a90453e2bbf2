import { describe, expect, it } from 'vitest'

import { KeptOpen } from '../../src/wire/kept-open.ts'
import { ManualClock } from '../peers/manual-clock.ts'

/** Something whose openings the test lets succeed, fail and end. */
function kept() {
  const clock = new ManualClock()
  const told: string[] = []
  const attempts: {
    readonly life: AbortController
    readonly opened: () => void
    readonly end: PromiseWithResolvers<string>
  }[] = []
  const link = new KeptOpen({
    clock,
    random: () => 1,
    backOff: { firstMs: 100, limitMs: 400 },
    once: (life, opened) => {
      const end = Promise.withResolvers<string>()
      attempts.push({ life, opened, end })
      life.signal.addEventListener('abort', () => end.reject(life.signal.reason))
      return end.promise
    },
    ended: (reason, wasOpen) => told.push(`${wasOpen ? 'ended' : 'failed'}: ${reason}`),
  })
  return { clock, told, attempts, link, last: () => attempts.at(-1) }
}

describe('what is kept open', () => {
  it('is opened at once, and again when it ended', async () => {
    const { clock, told, attempts, link, last } = kept()
    expect([link.state, attempts.length]).toEqual(['connecting', 1])
    last()?.opened()
    expect(link.state).toBe('open')
    last()?.end.resolve('hung up')
    await clock.settle()
    expect([link.state, told, link.reconnects]).toEqual(['waiting', ['ended: hung up'], 0])
    expect(attempts[0]?.life.signal.aborted).toBe(true)
    await clock.advance(100)
    last()?.opened()
    expect([link.state, link.reconnects]).toEqual(['open', 1])
    await link.close()
  })

  it('is tried later and later while it fails, also when it opens and ends without being of use', async () => {
    const { clock, told, attempts, link, last } = kept()
    const opens = [false, true, false, true]
    for (const [index, waitMs] of [100, 200, 400, 400].entries()) {
      if (opens[index] === true) last()?.opened()
      last()?.end.reject(new Error('no'))
      await clock.advance(waitMs - 1)
      expect(attempts).toHaveLength(index + 1)
      await clock.advance(1)
      expect(attempts).toHaveLength(index + 2)
    }
    expect(told).toEqual(['failed: no', 'ended: no', 'failed: no', 'ended: no'])
    await link.close()
  })

  it('is opened soon again when it has been of use', async () => {
    const { clock, attempts, link, last } = kept()
    for (const waitMs of [100, 200]) {
      last()?.end.reject(new Error('no'))
      await clock.advance(waitMs)
    }
    last()?.opened()
    link.good()
    last()?.end.resolve('hung up')
    await clock.advance(100)
    expect(attempts).toHaveLength(4)
    await link.close()
  })

  it.each(['connecting', 'open', 'waiting'] as const)('ends for good when it is closed while %s', async (state) => {
    const { clock, told, attempts, link, last } = kept()
    if (state !== 'connecting') last()?.opened()
    if (state === 'waiting') last()?.end.resolve('hung up')
    await clock.settle()
    expect(link.state).toBe(state)
    const before = told.length
    await link.close()
    await link.close()
    last()?.opened()
    await clock.advance(10_000)
    expect([link.state, attempts.length, told.length, clock.sleeping]).toEqual(['closed', 1, before, 0])
  })
})
