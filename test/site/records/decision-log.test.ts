import { expect, test } from 'vitest'
import type { Allocation, Outlet } from '../../../src/model/balance-input.ts'
import type { Decision } from '../../../src/model/decision.ts'
import type { Binding, Rank } from '../../../src/model/set-point.ts'
import { DecisionLog } from '../../../src/site/records/decision-log.ts'
import { outlet, session } from './outlets.ts'

const WALL = Date.parse('2026-11-22T17:00:00Z')
const PLACES = [
  { outletId: 'box-1/1', stationId: 'CP-1', evse: 1 },
  { outletId: 'box-2/1', stationId: 'CP-1', evse: 2 },
]

function circuit(over: Partial<Binding & { readonly kind: 'circuit' }> = {}): Binding {
  return { kind: 'circuit', circuitId: 'garage', phase: 'L1', origin: 'fuse', limitAmps: 63, buildingAmps: 12, ...over }
}

function rank(over: Partial<Rank> = {}): Rank {
  return { position: 1, of: 3, group: 'other', needRatio: null, pauses: 0, ...over }
}

function rig() {
  const stored: Decision[] = []
  const log = new DecisionLog({ places: PLACES, store: (decision) => stored.push(decision) })
  let at = 5000
  /** One tick of a second. */
  const tick = (amps: number, binding: Binding, place: Rank | null = null, outlets: readonly Outlet[] = []): number => {
    const allocation: Allocation = { outletId: 'box-2/1', amps, binding, rank: place }
    const before = stored.length
    log.observe([allocation], outlets, at, WALL + at)
    at += 1000
    return stored.length - before
  }
  return { stored, log, tick }
}

test('a decision is stored under the name that CSMSs know, with its session and the wall time', () => {
  const { stored, tick } = rig()
  tick(9, circuit(), rank(), [outlet('box-2/1', { session: session({ id: 'T7' }) })])
  expect(stored).toEqual([
    { at: WALL + 5000, stationId: 'CP-1', evse: 2, sessionId: 'T7', amps: 9, binding: circuit(), rank: rank() },
  ])
})

test('every other set-point and every other session is stored at once', () => {
  const { stored, tick } = rig()
  for (const amps of [9, 9, 10, 9, 0]) tick(amps, circuit())
  expect(stored.map(({ amps }) => amps)).toEqual([9, 10, 9, 0])
  expect(tick(0, circuit(), null, [outlet('box-2/1', { session: session({ id: 'T8' }) })])).toBe(1)
})

test('a current that creeps is stored now and then, and never far from what it is', () => {
  const { stored, tick } = rig()
  for (let second = 0; second < 600; second++) {
    const amps = 16 - second / 100
    tick(amps, circuit())
    expect(Math.abs((stored.at(-1)?.amps ?? 0) - amps)).toBeLessThan(0.5)
  }
  expect(stored.length).toBeLessThanOrEqual(60)
})

test('the building alone tells nothing new', () => {
  const { stored, tick } = rig()
  for (let second = 0; second < 600; second++) tick(9, circuit({ buildingAmps: second / 10 }))
  expect(stored).toHaveLength(1)
})

test('another reason for the same current is stored, but not one that comes and goes with every tick', () => {
  const { stored, tick } = rig()
  tick(0, { kind: 'no-vehicle' })
  for (let second = 0; second < 9; second++) expect(tick(0, { kind: 'not-authorised' })).toBe(0)
  expect(tick(0, { kind: 'not-authorised' })).toBe(1)
  for (let second = 0; second < 600; second++)
    tick(0, second % 2 === 0 ? { kind: 'minimum', circuitId: 'garage' } : { kind: 'turn', circuitId: 'garage' })
  expect(stored.length).toBeGreaterThan(40)
  expect(stored.length).toBeLessThan(70)
})

test('phase and limit inside a reason are stored once a minute', () => {
  const { stored, tick } = rig()
  for (let second = 0; second <= 600; second++)
    tick(9, circuit(second % 2 === 0 ? { phase: 'L1' } : { phase: 'L2', limitAmps: 63 - second / 100 }))
  expect(stored.length).toBeGreaterThanOrEqual(8)
  expect(stored.length).toBeLessThanOrEqual(11)
})

test('the place in the queue alone is stored now and then, with another set-point at once', () => {
  const { stored, tick } = rig()
  for (let second = 0; second < 900; second++)
    tick(0, { kind: 'turn', circuitId: 'garage' }, rank({ position: (second % 4) + 1 }))
  expect(stored.length).toBeGreaterThanOrEqual(2)
  expect(stored.length).toBeLessThanOrEqual(4)
  tick(6, circuit(), rank({ position: 2 }))
  expect(stored.at(-1)).toMatchObject({ amps: 6, rank: { position: 2 } })
})

test('an urgency that creeps and a reason that counts seconds are no news', () => {
  const { stored, tick } = rig()
  for (let second = 0; second < 300; second++)
    tick(0, { kind: 'hold', reason: `rests for ${300 - second} s` }, rank({ needRatio: 0.5 + second / 4000 }))
  expect(stored).toHaveLength(1)
})

test('what is no outlet of the site is passed over', () => {
  const { stored, log } = rig()
  log.observe([{ outletId: 'x/1', amps: 6, binding: circuit(), rank: null }], [], 0, WALL)
  expect(stored).toEqual([])
})
