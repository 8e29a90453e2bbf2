import { describe, expect, it } from 'vitest'
import { allocate, initialBalanceState } from '../../../src/balance/allocate.ts'
import { knownOutlets } from '../../../src/balance/known/known-outlet.ts'
import { treeOf } from '../../../src/balance/known/tree.ts'
import { standing } from '../../../src/balance/measure/reserve.ts'
import type { Outlet } from '../../../src/model/balance-input.ts'
import { SETTINGS, circuit, outlet, site } from '../site.ts'

const circuits = [circuit('main', 100)]
/** Of an outlet that was seen long ago for the first time and is seen as this now. */
function reserved(more: Partial<Outlet>, before: Partial<Outlet> = more, at = 100_000) {
  const seen = (parts: Partial<Outlet>, now: number) =>
    site({ at: now, circuits, outlets: [outlet('a', { measuredAt: now, ...parts })] })
  const { state } = allocate(seen(before, at - 1000), allocate(seen(before, 0), initialBalanceState).state)
  const [known] = knownOutlets(seen(more, at), treeOf(circuits))
  return standing(known!, state.outlets.get('a'), SETTINGS, at)
}

describe('what counts as drawn', () => {
  it('is the set-point in force, whatever the car takes of it', () => {
    expect(reserved({ confirmedAmps: 16, measuredAmps: [6, 6, 6] }).reserveAmps).toBe(16)
  })

  it('is the highest of old, new and measured while a command is on its way', () => {
    expect(reserved({ confirmedAmps: 16, pendingAmps: 10 }).reserveAmps).toBe(16)
    expect(reserved({ confirmedAmps: 10, pendingAmps: 16 }).reserveAmps).toBe(16)
    expect(reserved({ confirmedAmps: 10, measuredAmps: [18, 0, 0] }).reserveAmps).toBe(18)
  })

  it('is the set-point before, until the car has had its time (IEC 61851-1 A.4) and shows that it came down', () => {
    const cut = { confirmedAmps: 10, previousAmps: 16, measuredAmps: [10, 10, 10] }
    expect(reserved({ ...cut, confirmedAt: 96_000 }).reserveAmps).toBe(16)
    expect(reserved({ ...cut, confirmedAt: 90_000 }).reserveAmps).toBe(10)
    expect(reserved({ ...cut, confirmedAt: 90_000, measuredAmps: [14, 14, 14] }).reserveAmps).toBe(16)
  })

  it('is no longer the set-point before where nothing is ever measured, and the car has had its time', () => {
    const cut = { confirmedAmps: 10, previousAmps: 16, measuredAmps: null, confirmedAt: 90_000 }
    expect(reserved({ ...cut, confirmedAt: 96_000 }).reserveAmps).toBe(16)
    expect(reserved(cut).reserveAmps).toBe(10)
  })

  it('is the set-point before for minutes where what was measured is missing now', () => {
    const cut = { confirmedAmps: 10, previousAmps: 16, measuredAmps: null, confirmedAt: 90_000 }
    expect(reserved(cut, { ...cut, measuredAmps: [10, 10, 10] }).reserveAmps).toBe(16)
  })

  it('is what was in force at the last tick, however fast it was replaced', () => {
    expect(reserved({ confirmedAmps: 8, previousAmps: 8 }, { confirmedAmps: 16 }).reserveAmps).toBe(16)
  })

  it('is the hardware’s maximum where no set-point was ever known', () => {
    expect(reserved({ confirmedAmps: null, measuredAmps: null })).toMatchObject({ reserveAmps: 32, heldAmps: null })
  })

  it('of a silent charger is its last set-point, and its fallback alone once that is certain', () => {
    const silent = { online: false, confirmedAmps: 16, measuredAmps: null, fallbackAmps: 8 }
    expect(reserved(silent)).toMatchObject({ reserveAmps: 16, beyondControl: 'offline' })
    expect(reserved({ ...silent, fallbackSureAt: 100_001 }).reserveAmps).toBe(16)
    expect(reserved({ ...silent, fallbackSureAt: 100_000 }).reserveAmps).toBe(8)
  })

  it('of a car that draws more than it may is what it draws, and it is beyond control', () => {
    const greedy = reserved({ confirmedAmps: 10, measuredAmps: [20, 20, 20] })
    expect(greedy).toMatchObject({ reserveAmps: 20, beyondControl: 'draws-more' })
  })
})
