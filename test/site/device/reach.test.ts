import { expect, test } from 'vitest'
import { BridgeError } from '../../../src/model/errors.ts'
import { Reach } from '../../../src/site/device/reach.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

const NEVER = Number.NEGATIVE_INFINITY

/** What was noted of a request that ended like this after a second, and what the caller got. */
async function asked(kind: 'any' | 'write', request: () => Promise<string>) {
  const clock = new ManualClock()
  await clock.advance(1000)
  const reach = new Reach(clock)
  const outcome = await reach.asking(kind, request()).catch((error: unknown) => error)
  return { outcome, heardAt: reach.mayHaveHeardAt }
}

test.each(['DEVICE_TIMEOUT', 'DEVICE_BAD_ANSWER', 'LINK_CLOSED'] as const)(
  'a request that ended with %s may have got there',
  async (code) => {
    const fault = new BridgeError(code, 'no answer')
    const { outcome, heardAt } = await asked('write', () => Promise.reject(fault))
    expect([outcome, heardAt]).toEqual([fault, { any: 1000, write: 1000 }])
  },
)

test('one for which there was no line has certainly not', async () => {
  const fault = new BridgeError('LINK_UNREACHABLE', 'no line')
  const { outcome, heardAt } = await asked('write', () => Promise.reject(fault))
  expect([outcome, heardAt]).toEqual([fault, { any: NEVER, write: NEVER }])
})

test('a read feeds only those that any request feeds', async () => {
  const { outcome, heardAt } = await asked('any', () => Promise.resolve('answered'))
  expect([outcome, heardAt]).toEqual(['answered', { any: 1000, write: NEVER }])
})
