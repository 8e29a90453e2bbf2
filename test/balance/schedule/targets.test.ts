import { describe, expect, it } from 'vitest'
import { addLoad } from '../../../src/balance/known/loading.ts'
import { slotOf } from '../../../src/balance/known/tree.ts'
import type { Candidate } from '../../../src/balance/schedule/candidate.ts'
import { targetsOf } from '../../../src/balance/schedule/targets.ts'
import type { Circuit } from '../../../src/model/circuit.ts'
import type { Outlet } from '../../../src/model/balance-input.ts'
import { circuit, outlet, session, site } from '../site.ts'
import { knownCar, stagesOf } from '../stages.ts'
import type { Remembered } from '../stages.ts'

interface Case {
  readonly circuits?: readonly Circuit[]
  readonly outlets: Readonly<Record<string, Partial<Outlet>>>
  readonly remembered?: Readonly<Record<string, Remembered>>
  /** Ids of those that are served; missing: all. */
  readonly chosen?: string
  readonly change?: Readonly<Record<string, Partial<Candidate>>>
}

/** The targets, by id, of cars that were chosen in this order. */
function targets({ circuits = [circuit('main', 32)], outlets, remembered = {}, chosen, change = {} }: Case) {
  const all = Object.entries(outlets).map(([id, more]) => outlet(id, { session: session(id, 0), ...more }))
  const { candidates, capacityWith, taken } = stagesOf(site({ circuits, outlets: all }), remembered)
  const ordered = candidates.map((one) => ({ ...one, ...change[one.outlet.id] }))
  const served = ordered.filter(({ outlet: { id } }) => chosen === undefined || chosen.includes(id))
  const minimaAmps = taken.slice()
  for (const { loading, outlet: one } of served) addLoad(minimaAmps, loading, one.minAmps)
  const capacity = capacityWith()
  const selection = { chosen: served, refusedAt: new Map(), minimaAmps }
  return targetsOf(ordered, selection, capacity, capacity.riseAmps, taken)
}
const amps = (given: Case) =>
  Object.fromEntries(targets(given).map(({ candidate, amps: own }) => [candidate.outlet.id, own]))
const big = { car: knownCar(32) }

describe('the share of each', () => {
  it('is equal, and what one car does not take goes to the others', () => {
    expect(amps({ outlets: { a: {}, b: {} }, remembered: { a: big, b: big } })).toEqual({ a: 16, b: 16 })
    const small = { a: { car: knownCar(8) }, b: big }
    expect(amps({ outlets: { a: {}, b: {} }, remembered: small })).toEqual({ a: 8, b: 24 })
  })

  it('is at least what keeps a promise, and the minimum for the others', () => {
    const outlets = { a: {}, b: {}, c: {} }
    const remembered = { a: big, b: big, c: big }
    expect(amps({ outlets, remembered, change: { b: { requiredAmps: 20 } } })).toEqual({ a: 6, b: 20, c: 6 })
  })

  it('is what is left of the minima for a promise that asks for more', () => {
    const outlets = { a: {}, b: {}, c: {} }
    const remembered = { a: big, b: big, c: big }
    const change = { a: { requiredAmps: 18 }, b: { requiredAmps: 18 } }
    expect(amps({ outlets, remembered, change })).toEqual({ a: 18, b: 8, c: 6 })
  })

  it('is on the grid; the step that rounding left goes to the first in order', () => {
    const outlets = { a: { stepAmps: 1 }, b: { stepAmps: 1 } }
    const circuits = [circuit('main', 33)]
    expect(amps({ circuits, outlets, remembered: { a: big, b: big } })).toEqual({ a: 17, b: 16 })
  })

  it('names the slot that bound it, and none for who gets all it takes', () => {
    const remembered = { a: { car: knownCar(8) }, b: big }
    const slots = targets({ outlets: { a: {}, b: {} }, remembered }).map(({ slot }) => slot)
    expect(slots).toEqual([null, slotOf(0, 0)])
  })
})

describe('plenty', () => {
  it('is offered to cars that may take more than usual, so that what they take is learned', () => {
    expect(amps({ circuits: [circuit('main', 100)], outlets: { a: {}, b: {} } })).toEqual({ a: 32, b: 32 })
  })

  it('is what all have left of what they are known to take', () => {
    const remembered = { b: big }
    expect(amps({ circuits: [circuit('main', 50)], outlets: { a: {}, b: {} }, remembered })).toEqual({ a: 18, b: 32 })
  })
})

describe('one who was not chosen', () => {
  const remembered = { a: { car: knownCar(8) }, b: big }

  it('starts with what those who were cannot take', () => {
    expect(amps({ outlets: { a: {}, b: {} }, remembered, chosen: 'a' })).toEqual({ a: 8, b: 24 })
  })

  it('waits where that is less than its minimum', () => {
    const circuits = [circuit('main', 13.9)]
    expect(amps({ circuits, outlets: { a: {}, b: {} }, remembered, chosen: 'a' })).toEqual({ a: 8 })
  })

  it('waits while it may not start, or policy lets it wait', () => {
    const outlets = { a: {}, b: {} }
    for (const own of [{ startable: false }, { mayWait: 'tariff' }] as const)
      expect(amps({ outlets, remembered, chosen: 'a', change: { b: own } })).toEqual({ a: 8 })
  })

  it('and is full is offered its minimum: it may want some again', () => {
    const full = { a: { car: knownCar(8) }, b: { car: { ...knownCar(16), fullSince: 0 } } }
    expect(amps({ outlets: { a: {}, b: { confirmedAmps: 16 } }, remembered: full, chosen: 'a' })).toEqual({
      a: 8,
      b: 6,
    })
  })
})
