/** What may be said of a limit, and what is answered to anything else. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { everyPhase } from '../../../src/model/phase.ts'
import { isLimitId, saysTheSame, termsOf } from '../../../src/site/signals/told-limit.ts'

const NAMES = { amps: 'amps', kW: 'kW', until: 'until', forSeconds: 'forSeconds' }
const NOW = Date.parse('2026-11-22T12:00:00Z')
const terms = (said: Parameters<typeof termsOf>[0]) => termsOf(said, NAMES, NOW)

describe('a value', () => {
  it('is a current for every phase, one for each, a power of the cars, or both', () => {
    expect(terms({ amps: 63 })).toEqual({ maxAmps: everyPhase(63), carsMaxWatts: null, forMs: null })
    expect(terms({ amps: { L1: 10, L2: 0, L3: 32.5 } })).toMatchObject({ maxAmps: { L1: 10, L2: 0, L3: 32.5 } })
    expect(terms({ kW: 4.2 })).toMatchObject({ maxAmps: null, carsMaxWatts: 4200 })
    expect(terms({ kW: 30, amps: 63 })).toMatchObject({ maxAmps: everyPhase(63), carsMaxWatts: 30_000 })
  })

  it('may be nothing at all: all cars pause', () => {
    expect(terms({ kW: 0 })).toMatchObject({ carsMaxWatts: 0 })
  })

  it.each([
    [{ amps: -1 }],
    [{ amps: 10_001 }],
    [{ amps: Number.NaN }],
    [{ amps: '63' }],
    [{ amps: null }],
    [{ amps: { L1: 1, L2: 1 } }],
    [{ amps: { L1: 1, L2: 1, L3: 1, N: 1 } }],
    [{ amps: [1, 2, 3] }],
  ])('is not %j', (said) => {
    expect(terms(said)).toMatch(/^`amps` is a number from 0 to 10000/)
  })

  it('is not a power that nobody has, and not missing', () => {
    expect(terms({ kW: 1e9 })).toMatch(/^`kW` is a number/)
    expect(terms({})).toBe('it says neither `amps` nor `kW`')
  })
})

describe('an end', () => {
  it.each([
    [{ forSeconds: 900 }, 900_000],
    [{ until: '2026-11-22T12:15:00Z' }, 900_000],
    [{ until: '2026-11-22T13:15:00+01:00' }, 900_000],
    [{}, null],
  ])('%j', (end, forMs) => {
    expect(terms({ kW: 1, ...end })).toMatchObject({ forMs })
  })

  it.each([
    [{ forSeconds: 0 }, 'from 1 to'],
    [{ forSeconds: 32 * 86_400 }, '31 days'],
    [{ until: '2026-11-22T11:59:00Z' }, 'over already: here it is 2026-11-22T12:00:00.000Z'],
    [{ until: '2027-11-22T12:00:00Z' }, 'more than 31 days away'],
    [{ until: '2026-11-22T12:15:00' }, 'with its offset from UTC'],
    [{ until: '2026-11-31T12:15:00Z' }, 'with its offset from UTC'],
    [{ until: 'tomorrow' }, 'with its offset from UTC'],
    [{ until: 1_800_000_000 }, 'with its offset from UTC'],
    [{ until: '2026-11-22T12:15:00Z', forSeconds: 5 }, 'both'],
  ])('is refused: %j', (end, reason) => {
    expect(terms({ kW: 1, ...end })).toContain(reason)
  })
})

it('whatever is said, it is understood within the bounds or answered with a sentence', () => {
  fc.assert(
    fc.property(
      fc.record(
        { amps: fc.anything(), kW: fc.anything(), until: fc.anything(), forSeconds: fc.anything() },
        { requiredKeys: [] },
      ),
      (said) => {
        const result = terms(said)
        if (typeof result === 'string') return
        for (const value of [...Object.values(result.maxAmps ?? {}), (result.carsMaxWatts ?? 0) / 1000]) {
          expect(value).toBeGreaterThanOrEqual(0)
          expect(value).toBeLessThanOrEqual(10_000)
        }
      },
    ),
  )
})

it('an id is a part of an address', () => {
  expect(['peak', 'a.b-C_9', '0'].every(isLimitId)).toBe(true)
  expect(['', '-a', 'a/b', 'ä', 'x'.repeat(65), ' a'].some(isLimitId)).toBe(false)
})

it('two limits say the same whenever they were told', () => {
  const one = { source: 'ems', circuitId: 'house', priority: 1, maxAmps: everyPhase(10), carsMaxWatts: null } as const
  expect(saysTheSame(one, { ...one, maxAmps: { ...everyPhase(10) } })).toBe(true)
  expect(saysTheSame(one, { ...one, maxAmps: null })).toBe(false)
  expect(saysTheSame(one, { ...one, maxAmps: { ...everyPhase(10), L2: 9 } })).toBe(false)
  expect(saysTheSame(one, { ...one, carsMaxWatts: 0 })).toBe(false)
  expect(saysTheSame(one, { ...one, circuitId: 'garage' })).toBe(false)
  expect(saysTheSame(one, { ...one, priority: 2 })).toBe(false)
})
