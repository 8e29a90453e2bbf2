import { expect, it } from 'vitest'

import { BridgeError } from '../../src/model/errors.ts'
import { retrying, type Retries } from '../../src/transfer/retrying.ts'
import { ManualClock } from '../peers/manual-clock.ts'
import { NEVER_ABORTED } from './ground.ts'

const failure = new BridgeError('TRANSFER_FAILED', 'h: connection refused')

/** How it went, and the seconds at which it was tried. */
async function run(outcomes: readonly (Error | 'ok')[], retries: Retries): Promise<{ end: string; triedAt: number[] }> {
  const clock = new ManualClock()
  const triedAt: number[] = []
  const left = [...outcomes]
  const ending = retrying(
    () => {
      triedAt.push(clock.monotonic() / 1000)
      const outcome = left.shift() ?? failure
      return outcome === 'ok' ? Promise.resolve('done') : Promise.reject(outcome)
    },
    retries,
    clock,
    NEVER_ABORTED,
  ).catch((error: unknown) => (error instanceof Error ? error.message : ''))
  await clock.advance(10 * 86_400_000)
  return { end: await ending, triedAt }
}

it('tries once more per retry, an interval apart, until it works', async () => {
  const asked = { retries: 3, retryIntervalSeconds: 30 }
  expect(await run([failure, failure, 'ok'], asked)).toEqual({ end: 'done', triedAt: [0, 30, 60] })
  expect(await run([], asked)).toEqual({ end: 'h: connection refused', triedAt: [0, 30, 60, 90] })
})

it('decides itself where the request leaves it open', async () => {
  const open = { retries: null, retryIntervalSeconds: null }
  expect(await run([], open)).toEqual({ end: 'h: connection refused', triedAt: [0, 60, 120, 180] })
})

it('tries once with no retries, and keeps senseless numbers inside limits', async () => {
  expect((await run([], { retries: 0, retryIntervalSeconds: 5 })).triedAt).toEqual([0])
  expect((await run([], { retries: -1, retryIntervalSeconds: -5 })).triedAt).toEqual([0])
  expect((await run([], { retries: 1e9, retryIntervalSeconds: 0 })).triedAt).toHaveLength(21)
  expect((await run([], { retries: 1, retryIntervalSeconds: 1e12 })).triedAt).toEqual([0, 86_400])
})

it('does not ask again what was refused', async () => {
  const refused = new BridgeError('TRANSFER_REFUSED', 'h: it refuses our login')
  expect(await run([refused, 'ok'], { retries: 5, retryIntervalSeconds: 1 })).toEqual({
    end: 'h: it refuses our login',
    triedAt: [0],
  })
})

it('tells of each fault that is followed by another try, and ends when the caller gives up', async () => {
  const clock = new ManualClock()
  const given = new AbortController()
  const told: string[] = []
  const ending = retrying(
    () => Promise.reject(failure),
    { retries: 5, retryIntervalSeconds: 60 },
    clock,
    given.signal,
    (fault, attempt) => told.push(`${attempt} ${fault.code}`),
  )
  const outcome = expect(ending).rejects.toThrow('given up')
  await clock.advance(60_000)
  given.abort(new Error('given up'))
  await outcome
  expect(told).toEqual(['1 TRANSFER_FAILED', '2 TRANSFER_FAILED'])
})
