/** Cars of one phase on several phases: each evens out what the others draw, by most of its minimum. */
import { describe, expect, it } from 'vitest'
import { initialBalanceState, allocate } from '../../../src/balance/allocate.ts'
import type { BalanceInput, BalanceResult, Outlet } from '../../../src/model/balance-input.ts'
import type { BalanceState } from '../../../src/balance/allocate.ts'
import { amps, circuit, outlet, site } from '../site.ts'

const circuits = [circuit('main', 63, { unbalanceAmps: 16 })]
const onPhase = (id: string, phase: 'L1' | 'L2' | 'L3', more: Partial<Outlet> = {}) =>
  outlet(id, { rotation: [phase], maxAmps: 32, ...more })

/** Chargers and cars that do at once what they are told, for some minutes. */
function settle(outlets: readonly Outlet[], more: Partial<BalanceInput> = {}): BalanceResult<BalanceState> {
  let result = allocate(site({ at: 0, circuits, outlets, ...more }), initialBalanceState)
  for (let at = 1000; at <= 600_000; at += 1000) {
    const told = amps(result)
    const now = outlets.map((one): Outlet => {
      const own = told[one.id] ?? 0
      return {
        ...one,
        confirmedAmps: own,
        previousAmps: own,
        confirmedAt: at - 20_000,
        measuredAmps: [own],
        measuredAt: at,
      }
    })
    result = allocate(site({ at, circuits, outlets: now, ...more }), result.state)
  }
  return result
}

describe('what evens out an unbalance', () => {
  it('is nothing for a car alone', () => {
    expect(amps(settle([onPhase('a', 'L1')]))).toEqual({ a: 16 })
  })

  it('is nothing while one phase has no car', () => {
    expect(amps(settle([onPhase('a', 'L1'), onPhase('b', 'L2')]))).toEqual({ a: 16, b: 16 })
  })

  it('is most of the minimum of those that charge, where all phases have one', () => {
    const told = amps(settle([onPhase('a', 'L1'), onPhase('b', 'L2'), onPhase('c', 'L3')]))
    expect(told).toEqual({ a: 20, b: 20, c: 20 })
  })

  it('is nothing any more once it is measured no more: an old value says nothing of now', () => {
    const outlets = [onPhase('a', 'L1'), onPhase('b', 'L2'), onPhase('c', 'L3')]
    let result = settle(outlets)
    for (let at = 601_000; at <= 660_000; at += 1000) {
      const told = amps(result)
      const now = outlets.map((one): Outlet => {
        const own = told[one.id] ?? 0
        const steady = { confirmedAmps: own, previousAmps: own, confirmedAt: 500_000, measuredAmps: [own] }
        return { ...one, ...steady, measuredAt: one.id === 'a' ? at : 600_000 }
      })
      result = allocate(site({ at, circuits, outlets: now }), result.state)
    }
    expect(amps(result)['a']).toBe(16)
  })

  it('does not follow what they draw: the shares come to rest', () => {
    const seen = new Set<string>()
    const outlets = [onPhase('a', 'L1'), onPhase('b', 'L2', { maxAmps: 7 }), onPhase('c', 'L3')]
    let result = settle(outlets)
    for (let at = 601_000; at <= 900_000; at += 1000) {
      const told = amps(result)
      seen.add(JSON.stringify(told))
      const noise = ((at / 1000) % 5) * 0.01 - 0.02
      const now = outlets.map((one): Outlet => {
        const own = told[one.id] ?? 0
        const steady = { confirmedAmps: own, previousAmps: own, confirmedAt: at - 20_000, measuredAt: at }
        return { ...one, ...steady, measuredAmps: [own + noise] }
      })
      result = allocate(site({ at, circuits, outlets: now }), result.state)
    }
    expect([...seen]).toEqual(['{"a":20,"b":7,"c":20}'])
  })
})
