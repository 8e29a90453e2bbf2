/** The one order of arbitration between limits from outside. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { everyPhase } from '../../src/model/phase.ts'
import { LIMIT_SOURCES, limitsInForce, type SiteLimit } from '../../src/model/site-limit.ts'

function limit(over: Partial<SiteLimit> & Pick<SiteLimit, 'id'>): SiteLimit {
  return {
    source: 'dso',
    circuitId: 'house',
    maxAmps: everyPhase(63),
    carsMaxWatts: null,
    priority: 1,
    since: 0,
    until: null,
    ...over,
  }
}

const ids = (limits: readonly SiteLimit[]): readonly string[] => limits.map(({ id }) => id)

describe('within one source', () => {
  it('the highest priority holds, also when it allows more', () => {
    const low = limit({ id: 'low', maxAmps: everyPhase(10), priority: 1 })
    const high = limit({ id: 'high', maxAmps: everyPhase(50), priority: 2 })
    expect(ids(limitsInForce([low, high], 5))).toEqual(['high'])
  })

  it('among equals the newest holds', () => {
    expect(ids(limitsInForce([limit({ id: 'new', since: 3 }), limit({ id: 'old', since: 1 })], 5))).toEqual(['new'])
  })

  it('what came at the same time is told apart by its id, so that there is one answer', () => {
    expect(ids(limitsInForce([limit({ id: 'b' }), limit({ id: 'a' })], 5))).toEqual(['a'])
  })

  it('a power and a current stand side by side, and so do two circuits', () => {
    const amps = limit({ id: 'amps' })
    const watts = limit({ id: 'watts', maxAmps: null, carsMaxWatts: 30_000 })
    const garage = limit({ id: 'garage', circuitId: 'garage' })
    expect(ids(limitsInForce([amps, watts, garage], 5))).toEqual(['amps', 'garage', 'watts'])
  })

  it('one that says both holds for what nothing outranks', () => {
    const both = limit({ id: 'both', carsMaxWatts: 20_000, priority: 1 })
    const amps = limit({ id: 'amps', maxAmps: everyPhase(100), priority: 2 })
    expect(limitsInForce([both, amps], 5)).toEqual([amps, { ...both, maxAmps: null }])
  })
})

it('sources do not outrank each other: each has its own, whatever the priority', () => {
  const limits = LIMIT_SOURCES.map((source, index) => limit({ id: source, source, priority: index + 1 }))
  expect(ids(limitsInForce(limits, 5))).toEqual(['dso', 'ems', 'operator'])
})

it('holds from its begin until just before its end', () => {
  const timed = limit({ id: 'timed', since: 10, until: 20 })
  expect([9, 10, 19, 20].map((at) => limitsInForce([timed], at).length)).toEqual([0, 1, 1, 0])
})

it('a limit that is over leaves its place to the one it outranked', () => {
  const short = limit({ id: 'short', priority: 9, until: 10 })
  const long = limit({ id: 'long', priority: 1 })
  expect([9, 10].map((at) => ids(limitsInForce([short, long], at)))).toEqual([['short'], ['long']])
})

describe('whatever limits there are', () => {
  const amps = fc.integer({ min: 0, max: 100 })
  const arbitrary: fc.Arbitrary<readonly SiteLimit[]> = fc.uniqueArray(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
      source: fc.constantFrom(...LIMIT_SOURCES),
      circuitId: fc.constantFrom('house', 'garage'),
      maxAmps: fc.option(fc.record({ L1: amps, L2: amps, L3: amps })),
      carsMaxWatts: fc.option(fc.integer({ min: 0, max: 50_000 })),
      priority: fc.integer({ min: 1, max: 3 }),
      since: fc.integer({ min: 0, max: 10 }),
      until: fc.option(fc.integer({ min: 0, max: 20 })),
    }),
    { selector: ({ id }) => id, maxLength: 8 },
  )
  const runs = { numRuns: 2000 }

  it('their order does not matter', () => {
    const shuffled = arbitrary.chain((limits) =>
      fc.tuple(fc.constant(limits), fc.shuffledSubarray([...limits], { minLength: limits.length })),
    )
    fc.assert(
      fc.property(shuffled, fc.integer({ min: 0, max: 20 }), ([limits, others], at) => {
        expect(limitsInForce(others, at)).toEqual(limitsInForce(limits, at))
      }),
      runs,
    )
  })

  it('nothing is made up: each says what was told or less of it, and holds now', () => {
    fc.assert(
      fc.property(arbitrary, fc.integer({ min: 0, max: 20 }), (limits, at) => {
        for (const held of limitsInForce(limits, at)) {
          const told = limits.find(({ id }) => id === held.id)
          expect(held).toEqual({
            ...told,
            maxAmps: held.maxAmps === null ? null : told?.maxAmps,
            carsMaxWatts: held.carsMaxWatts === null ? null : told?.carsMaxWatts,
          })
          expect(held.maxAmps !== null || held.carsMaxWatts !== null).toBe(true)
          expect(at >= held.since && (held.until === null || at < held.until)).toBe(true)
        }
      }),
      runs,
    )
  })

  it('of each source, circuit and kind exactly one holds, where any is told for now, and none of a higher priority is passed over', () => {
    fc.assert(
      fc.property(arbitrary, fc.integer({ min: 0, max: 20 }), (limits, at) => {
        const held = limitsInForce(limits, at)
        for (const kind of ['maxAmps', 'carsMaxWatts'] as const)
          for (const source of LIMIT_SOURCES)
            for (const circuitId of ['house', 'garage']) {
              const same = (one: SiteLimit) =>
                one.source === source && one.circuitId === circuitId && one[kind] !== null
              const told = limits.filter(
                (one) => same(one) && at >= one.since && (one.until === null || at < one.until),
              )
              const winners = held.filter(same)
              expect(winners.length).toBe(Math.min(1, told.length))
              for (const { priority } of told) expect(winners[0]?.priority).toBeGreaterThanOrEqual(priority)
            }
      }),
      runs,
    )
  })
})
