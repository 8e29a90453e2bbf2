/** The gate as it shows in what is ordered: decreases at once, increases only into room that is certain. */
import { describe, expect, it } from 'vitest'
import { allocate, initialBalanceState } from '../../../src/balance/allocate.ts'
import type { Outlet } from '../../../src/model/balance-input.ts'
import { amps, bindings, circuit, outlet, play, site } from '../site.ts'

const circuits = [circuit('main', 32)]
const at = 60_000
/** Both cars as they were for a minute, and the next tick with something changed. */
function next(a: Partial<Outlet>, b: Partial<Outlet>, changed: { a?: Partial<Outlet>; limit?: number } = {}) {
  const tick = (now: number, more: Partial<Outlet> = {}, limit = 32) =>
    site({
      at: now,
      circuits: [circuit('main', limit)],
      outlets: [outlet('a', { measuredAt: now, ...a, ...more }), outlet('b', { measuredAt: now, ...b })],
    })
  const first = allocate(tick(0), initialBalanceState)
  const before = allocate(tick(at - 1000), first.state)
  return allocate(tick(at, changed.a, changed.limit), before.state)
}
const empty = { wanted: false, refusal: 'no-vehicle' } as const

describe('the gate', () => {
  it('lets a decrease pass in the tick that needs it', () => {
    const result = next({ confirmedAmps: 16 }, { confirmedAmps: 16 }, { limit: 20 })
    expect(amps(result)).toEqual({ a: 10, b: 10 })
  })

  it('holds an increase until the decrease that it needs is confirmed', () => {
    const result = next({ confirmedAmps: 32 }, {})
    expect(amps(result)).toEqual({ a: 16, b: 0 })
    expect(bindings(result).b).toEqual({ kind: 'hold', reason: 'waits until reductions of others are in force' })
  })

  it('lets an increase have the part that is certain already', () => {
    const result = next({ confirmedAmps: 20, previousAmps: 20 }, {})
    expect(amps(result)).toEqual({ a: 16, b: 12 })
  })

  it('gives nothing of what a silent charger may draw', () => {
    const silent = { online: false, confirmedAmps: 20, measuredAmps: null, ...empty }
    expect(amps(next(silent, {})).b).toBe(12)
  })

  it('raises nothing that was seen once only after a start', () => {
    const result = allocate(site({ circuits, outlets: [outlet('a')] }), initialBalanceState)
    expect(amps(result)).toEqual({ a: 0 })
    expect(amps(play(site({ circuits, outlets: [outlet('a')] }), 1))).toEqual({ a: 32 })
  })
})
