import { describe, expect, it } from 'vitest'
import { knownOutlets } from '../../../src/balance/known/known-outlet.ts'
import { loadingOf } from '../../../src/balance/known/loading.ts'
import { perSlot, treeOf } from '../../../src/balance/known/tree.ts'
import { UNKNOWN_CAR } from '../../../src/balance/measure/car.ts'
import { judgePromises } from '../../../src/balance/schedule/promises.ts'
import type { ChargingSession } from '../../../src/model/balance-input.ts'
import { circuit, outlet, session, site } from '../site.ts'

const HOUR_MS = 3_600_000
/** 1 h of 16 A on three phases. */
const HOUR_WH = 16 * 3 * 230
const circuits = [circuit('main', 100)]
const tree = treeOf(circuits)

function judged(roomAmps: number, sessions: Readonly<Record<string, Partial<ChargingSession>>>) {
  const outlets = Object.entries(sessions).map(([id, more]) => outlet(id, { session: session(id, 0, more) }))
  const car = { ...UNKNOWN_CAR, phases: 7, charged: true }
  const seekers = knownOutlets(site({ circuits, outlets }), tree).map((one) => ({
    outlet: one,
    loading: loadingOf(tree, 0, 7, 0),
    car,
    capAmps: 16,
  }))
  const promises = judgePromises(seekers, perSlot(tree).fill(roomAmps * 3), 230, 0)
  return Object.fromEntries([...promises].map(([{ id }, one]) => [id, one]))
}
const promised = (hoursOfPower: number, byHours: number): Partial<ChargingSession> => ({
  commitment: { energyWh: hoursOfPower * HOUR_WH, byAt: byHours * HOUR_MS },
})

describe('promises', () => {
  it('are kept where the energy fits until each deadline', () => {
    expect(judged(16, { a: promised(1, 4), b: promised(1, 6) })).toMatchObject({ a: { kept: true }, b: { kept: true } })
  })

  it('that cannot be kept at full power are given up', () => {
    expect(judged(100, { a: promised(4, 2) })).toMatchObject({ a: { kept: false, firm: true } })
  })

  it('that ask for most give way where all together are too much, so that most are kept', () => {
    const all = judged(7, { a: promised(0.5, 3), b: promised(2.5, 3), c: promised(0.5, 3) })
    expect(all).toMatchObject({ a: { kept: true }, b: { kept: false }, c: { kept: true } })
  })

  it('come before what is only declared', () => {
    const declared = { wantedWh: 0.4 * HOUR_WH, departsAt: 3 * HOUR_MS }
    const all = judged(12, { a: promised(2, 3), b: declared })
    expect(all).toMatchObject({ a: { kept: true, firm: true }, b: { kept: false, firm: false } })
  })

  it('press harder, the less time is left', () => {
    const ratios = [8, 4, 2].map((hours) => judged(100, { a: promised(1, hours) })['a']?.needRatio ?? 0)
    expect(ratios).toEqual(ratios.toSorted((x, y) => x - y))
    expect(ratios[0]).toBeLessThan(0.3)
  })

  it('that are fulfilled or past, or without a time, are none', () => {
    expect(judged(16, { a: promised(0, 3), b: promised(1, 0), c: { wantedWh: 5000 }, d: { departsAt: 1 } })).toEqual({})
  })
})
