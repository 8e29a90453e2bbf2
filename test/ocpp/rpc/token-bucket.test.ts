import { expect, test } from 'vitest'
import { TokenBucket } from '../../../src/ocpp/rpc/token-bucket.ts'

test('a burst passes, then the steady rate', () => {
  const bucket = new TokenBucket(2, 3, 0)
  expect([0, 0, 0, 0].map((at) => bucket.take(at))).toEqual([true, true, true, false])
  expect(bucket.take(499)).toBe(false)
  expect(bucket.take(1000)).toBe(true)
  expect([60_000, 60_000, 60_000, 60_000].map((at) => bucket.take(at))).toEqual([true, true, true, false])
})
