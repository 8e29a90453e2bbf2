import { expect, it } from 'vitest'

import { readLocation } from '../../src/transfer/location.ts'
import { watched, type Watch } from '../../src/transfer/watch.ts'
import { ManualClock } from '../peers/manual-clock.ts'
import { faultOf, NEVER_ABORTED } from './ground.ts'

const LIMITS = { totalMs: 100_000, idleMs: 10_000, minimumBytesPerSecond: 100 }

function started(work: (watch: Watch) => Promise<unknown> = () => new Promise(() => undefined)) {
  const clock = new ManualClock()
  const watches: Watch[] = []
  const done = watched(readLocation('ftp://u:geheim@h/'), LIMITS, clock, NEVER_ABORTED, (watch) => {
    watches.push(watch)
    return work(watch)
  })
  const [watch] = watches
  if (watch === undefined) throw new Error('the work did not begin')
  return { clock, watch, outcome: faultOf(done), done }
}

it('waits so long for an answer and no longer', async () => {
  const { clock, watch, outcome } = started()
  await clock.advance(9_000)
  watch.awaitAnswer()
  await clock.advance(9_999)
  expect(watch.signal.aborted).toBe(false)
  await clock.advance(1)
  expect(await outcome).toBe('TRANSFER_FAILED: h:21: no reply for 10 s')
})

it('ends what brings a byte a second, and lets a slow but steady one go on', async () => {
  const { clock, watch, outcome } = started()
  for (let second = 0; second < 30; second += 1) {
    watch.moved(150)
    await clock.advance(1000)
  }
  expect(watch.signal.aborted).toBe(false)
  for (let second = 0; second < 20; second += 1) {
    watch.moved(1)
    await clock.advance(1000)
  }
  expect(await outcome).toBe('TRANSFER_FAILED: h:21: too slow: 10 bytes in 10 s')
})

it('ends at the time limit whatever moves', async () => {
  const { clock, watch, outcome } = started()
  for (let second = 0; second < 100; second += 1) {
    watch.moved(1_000_000)
    await clock.advance(1000)
  }
  expect(await outcome).toBe('TRANSFER_FAILED: h:21: not done after 100 s')
})

it('is silent once the work is done', async () => {
  const { clock, watch, done, outcome } = started(() => Promise.resolve('done'))
  outcome.catch(() => undefined)
  expect(await done).toBe('done')
  await clock.advance(200_000)
  expect([watch.signal.aborted, clock.sleeping]).toEqual([true, 0])
})

it('turns what a library throws into one sentence without the password', async () => {
  const { outcome } = started(() => Promise.reject(new Error('530 geheim\r\nis wrong')))
  expect(await outcome).toBe('TRANSFER_FAILED: h:21: 530 [redacted] is wrong')
})
