import { describe, expect, it } from 'vitest'
import { knownOutlets } from '../../../src/balance/known/known-outlet.ts'
import { treeOf } from '../../../src/balance/known/tree.ts'
import type { Outlet } from '../../../src/model/balance-input.ts'
import { PLAIN_PARAMETERS } from '../../../src/model/controller-parameters.ts'
import { rotation } from '../../../src/model/phase.ts'
import { circuit, outlet, site } from '../site.ts'

const circuits = [circuit('main', 100)]
const known = (more: Partial<Outlet>, setAmps?: number) => {
  const outletMaxAmps = new Map(setAmps === undefined ? [] : [['a', setAmps]])
  const input = site({ circuits, outlets: [outlet('a', more)], parameters: { ...PLAIN_PARAMETERS, outletMaxAmps } })
  return knownOutlets(input, treeOf(circuits))[0]!
}

describe('an outlet', () => {
  it('may have the least of device, profile and what a person set, on its grid', () => {
    const profile = { amps: 10.7, source: 'CSMS' }
    expect(known({ stepAmps: 1 })).toMatchObject({ capAmps: 32, profileSource: null })
    expect(known({ stepAmps: 1, profile })).toMatchObject({ capAmps: 10, profileSource: 'CSMS' })
    expect(known({ stepAmps: 1, profile }, 8)).toMatchObject({ capAmps: 8, profileSource: 'the operator’s setting' })
  })

  it('never has a minimum below 6 A (IEC 61851-1)', () => {
    expect(known({ minAmps: 0 }).minAmps).toBe(6)
    expect(known({ minAmps: NaN, stepAmps: 4 }).minAmps).toBe(8)
  })

  it('has its measured currents on the site’s phases', () => {
    expect(known({ rotation: rotation('L3L1L2'), measuredAmps: [1, 2, 3] }).measuredAmps).toEqual([2, 3, 1])
  })

  it.each([
    ['its maximum is no number', { maxAmps: NaN }],
    ['its circuit is unknown', { circuitId: 'nowhere' }],
    ['it has a phase twice', { rotation: ['L1', 'L1'] as never }],
  ])('is unsound when %s', (_, more) => {
    expect(known(more).sound).toBe(false)
  })

  it('is unsound when there are two of its name', () => {
    const input = site({ circuits, outlets: [outlet('a'), outlet('a')] })
    expect(knownOutlets(input, treeOf(circuits)).map(({ sound }) => sound)).toEqual([false, false])
  })

  it.each([NaN, -1, 1e9])('with %s as a set-point: nothing is known of what is in force', (bad) => {
    expect(known({ confirmedAmps: bad }).confirmedAmps).toBeNull()
    expect(known({ confirmedAmps: 10, pendingAmps: bad })).toMatchObject({ confirmedAmps: null, pendingAmps: 32 })
    expect(known({ previousAmps: NaN }).previousAmps).toBe(32)
  })

  it('takes a measurement from the future as none', () => {
    expect(known({ measuredAmps: [5, 5, 5], measuredAt: 1 })).toMatchObject({ measuredAt: null, highestAmps: null })
  })
})
