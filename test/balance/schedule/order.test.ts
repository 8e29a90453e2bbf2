import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { STRATEGIES } from '../../../src/model/balance-input.ts'
import type { BalanceSettings, ChargingSession, Outlet } from '../../../src/model/balance-input.ts'
import { SETTINGS, circuit, outlet, play, session, site } from '../site.ts'

/** The queue, first to last, of cars that wait for 8 A. */
function queue(sessions: readonly Partial<ChargingSession>[], settings: Partial<BalanceSettings> = {}): string {
  const outlets = sessions.map((more, index): Outlet => {
    const id = 'abcdef'[index]!
    return outlet(id, { session: session(id, 0, more) })
  })
  const input = site({ circuits: [circuit('main', 5)], outlets, settings: { ...SETTINGS, ...settings } })
  return play(input, 1)
    .allocations.toSorted((a, b) => (a.rank?.position ?? 0) - (b.rank?.position ?? 0))
    .map(({ outletId }) => outletId)
    .join('')
}

describe('the queue', () => {
  it('fair: who got least goes first, then who came first, then by name', () => {
    expect(queue([{ energyWh: 3000 }, { energyWh: 1000 }, { energyWh: 2000 }])).toBe('bca')
    expect(queue([{ startedAt: -1000 }, { startedAt: -3000 }, { startedAt: -2000 }])).toBe('bca')
    expect(queue([{}, {}, {}])).toBe('abc')
  })

  it('first-come: who came first, whatever it got', () => {
    expect(queue([{ startedAt: -1 }, { startedAt: -9, energyWh: 9000 }], { strategy: 'first-come' })).toBe('ba')
  })

  it('priority: the higher one first; only where the strategy says so', () => {
    expect(queue([{}, { priority: 2, energyWh: 9000 }], { strategy: 'priority' })).toBe('ba')
    expect(queue([{}, { priority: 2, energyWh: 9000 }], { strategy: 'fair' })).toBe('ab')
  })

  it('says to everybody its place, and of how many', () => {
    const outlets = ['a', 'b'].map((id) => outlet(id, { session: session(id, 0) }))
    const gone = outlet('c', { wanted: false, refusal: 'no-vehicle' })
    const ranks = play(site({ outlets: [...outlets, gone] }), 1).allocations.map(({ rank }) => rank)
    expect(ranks).toMatchObject([{ position: 1, of: 2 }, { position: 2, of: 2 }, null])
  })

  it('does not depend on the order of the input', () => {
    const cars = fc.array(
      fc.record({
        energyWh: fc.nat({ max: 3 }),
        startedAt: fc.nat({ max: 2 }),
        priority: fc.integer({ min: 1, max: 2 }),
      }),
      { minLength: 2, maxLength: 6 },
    )
    fc.assert(
      fc.property(cars, fc.constantFrom(...STRATEGIES), (sessions, strategy) => {
        const outlets = sessions.map((more, index) =>
          outlet(`o${index}`, { session: session(`s${index}`, 0, { ...more, startedAt: -more.startedAt }) }),
        )
        const ranksOf = (all: readonly Outlet[]) =>
          play(site({ circuits: [circuit('main', 5)], outlets: all, settings: { ...SETTINGS, strategy } }), 1)
            .allocations
        expect(ranksOf(outlets.toReversed())).toEqual(ranksOf(outlets))
      }),
      { numRuns: 50 },
    )
  })
})
