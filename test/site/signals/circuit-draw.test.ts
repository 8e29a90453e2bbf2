/** What counts as drawn for the proof: what is measured; else the most that may be. */
import { describe, expect, it } from 'vitest'
import type { Outlet } from '../../../src/model/balance-input.ts'
import { everyPhase } from '../../../src/model/phase.ts'
import { circuitDraw } from '../../../src/site/signals/circuit-draw.ts'
import { balanceInput, charger, circuit } from './balance-input.ts'

const CIRCUITS = [circuit('house', null, 'grid'), circuit('garage', 'house')]
const draw = (outlets: readonly Outlet[], circuitId = 'garage') =>
  circuitDraw(balanceInput({ circuits: CIRCUITS, outlets, at: 100_000 }), circuitId)

describe('a charger', () => {
  it('that measures counts with what it measures, on its own phases', () => {
    const measured = charger('A', { rotation: ['L2', 'L3', 'L1'], measuredAmps: [10, 6, 0], measuredAt: 99_000 })
    expect(draw([measured])).toEqual({ carsWatts: 16 * 230, amps: { L1: 0, L2: 10, L3: 6 } })
  })

  it('that does not measure counts with the highest of what was ordered', () => {
    expect(draw([charger('A', { measuredAmps: null, confirmedAmps: 10 })]).carsWatts).toBe(6900)
    expect(draw([charger('A', { measuredAmps: null, confirmedAmps: 10, pendingAmps: 16 })]).carsWatts).toBe(11_040)
    expect(draw([charger('A', { measuredAmps: null, confirmedAmps: null })]).carsWatts).toBe(32 * 690)
  })

  it('whose measurement is old counts as if it did not measure', () => {
    expect(draw([charger('A', { measuredAmps: [1, 1, 1], measuredAt: 0, confirmedAmps: 10 })]).carsWatts).toBe(6900)
  })

  it('with one terminal unknown counts there with the most', () => {
    const half = charger('A', { measuredAmps: [5, null, 5], measuredAt: 99_000, confirmedAmps: 10 })
    expect(draw([half]).carsWatts).toBe(20 * 230)
  })

  it('that is silent counts with what it may fall back to', () => {
    const silent = charger('A', {
      online: false,
      measuredAmps: [0, 0, 0],
      measuredAt: 99_000,
      confirmedAmps: 0,
      fallbackAmps: 6,
    })
    expect(draw([silent]).carsWatts).toBe(4140)
  })

  it('on another circuit does not count, one below does', () => {
    const outlets = [charger('A', { circuitId: 'house' }), charger('B')]
    expect([draw(outlets).carsWatts, draw(outlets, 'house').carsWatts]).toEqual([6900, 13_800])
  })
})

it('all circuits below count, in whatever order they are written', () => {
  const circuits = [circuit('c', 'b'), circuit('b', 'a'), circuit('other'), circuit('a')]
  const outlets = ['a', 'b', 'c', 'other'].map((circuitId) => charger(circuitId, { circuitId }))
  const input = balanceInput({ circuits, outlets, at: 100_000 })
  expect(['a', 'b', 'c'].map((id) => circuitDraw(input, id).carsWatts / 6900)).toEqual([3, 2, 1])
})

describe('the current of a circuit', () => {
  it('is what its meter says, building and all', () => {
    const meters = [{ meterId: 'grid', amps: everyPhase(40), takenAt: 99_000 }]
    const input = balanceInput({ circuits: CIRCUITS, outlets: [charger('A')], meters, at: 100_000 })
    expect(circuitDraw(input, 'house')).toEqual({ carsWatts: 6900, amps: everyPhase(40) })
    expect(circuitDraw(input, 'garage').amps).toEqual(everyPhase(10))
  })

  it('is not known while the meter is silent', () => {
    const meters = [{ meterId: 'grid', amps: everyPhase(40), takenAt: 0 }]
    expect(circuitDraw(balanceInput({ circuits: CIRCUITS, outlets: [], meters, at: 100_000 }), 'house').amps).toBeNull()
    expect(circuitDraw(balanceInput({ circuits: CIRCUITS, outlets: [], at: 100_000 }), 'house').amps).toBeNull()
  })
})
