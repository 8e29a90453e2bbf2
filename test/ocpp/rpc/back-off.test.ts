import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_BACK_OFF, backOffMs, retryAfterMs } from '../../../src/ocpp/rpc/back-off.ts'

fc.configureGlobal({ seed: 1 })

const failure = { attempt: 0, refused: false, retryAfterMs: null }

describe('backOffMs', () => {
  const settings = { ...DEFAULT_BACK_OFF, waitMinimumMs: 10_000, randomRangeMs: 5000, repeatTimes: 3 }

  test('the first wait is the minimum and a random part', () => {
    expect(backOffMs(failure, settings, 0)).toBe(10_000)
    expect(backOffMs(failure, settings, 0.5)).toBe(12_500)
  })

  test('the minimum is doubled as often as RetryBackOffRepeatTimes says, then it stays', () => {
    const waits = [0, 1, 2, 3, 4, 1000].map((attempt) => backOffMs({ ...failure, attempt }, settings, 0.5))
    expect(waits).toEqual([12_500, 22_500, 42_500, 82_500, 82_500, 82_500])
    expect(backOffMs({ ...failure, attempt: 9 }, { ...settings, repeatTimes: 0 }, 0)).toBe(10_000)
  })

  test('after a refusal at least 60 s pass', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
        expect(backOffMs({ ...failure, attempt, refused: true }, DEFAULT_BACK_OFF, random)).toBeGreaterThanOrEqual(
          60_000,
        )
      }),
    )
  })

  test('Retry-After is kept, up to a day', () => {
    expect(backOffMs({ ...failure, retryAfterMs: 120_000 }, DEFAULT_BACK_OFF, 0)).toBe(120_000)
    expect(backOffMs({ ...failure, retryAfterMs: 1e12 }, DEFAULT_BACK_OFF, 0)).toBe(86_400_000)
  })
})

describe('retryAfterMs', () => {
  const now = Date.parse('2026-03-02T08:00:00Z')
  test.each([
    ['120', 120_000],
    ['0', 0],
    ['Mon, 02 Mar 2026 08:00:30 GMT', 30_000],
    ['Mon, 02 Mar 2026 07:00:00 GMT', 0],
    ['soon', null],
    ['-5x', null],
    [undefined, null],
  ])('%j is %j ms', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms)
  })
})
