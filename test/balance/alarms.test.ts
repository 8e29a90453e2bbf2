import { describe, expect, it } from 'vitest'
import { alarmsOf } from '../../src/balance/alarms.ts'
import type { Standing } from '../../src/balance/measure/reserve.ts'
import type { CircuitMeter } from '../../src/balance/measure/meters.ts'
import type { Outlet } from '../../src/model/balance-input.ts'
import { everyPhase } from '../../src/model/phase.ts'
import { circuit, outlet, site } from './site.ts'
import { stagesOf, steadyBuilding } from './stages.ts'

const AT = 1000
const main = circuit('main', 63, { meterId: 'grid', failSafeAmps: 10 })

/** As texts: of a meter that shows so much, and of an outlet in this state. */
function alarms(meter: Partial<CircuitMeter>, one: Partial<Outlet> = {}, standing: Partial<Standing> = {}) {
  const input = site({ at: AT, circuits: [main], outlets: [outlet('a', { measuredAt: AT, ...one })] })
  const { tree, limits, seen, capacityWith } = stagesOf(input)
  const meters: readonly CircuitMeter[] = [
    { trust: 'fresh', amps: everyPhase(20), takenAt: AT, contradictedBy: null, ...meter },
  ]
  const building = meter.amps?.L1 ?? 20
  const capacity = capacityWith(meters, new Map([['main', steadyBuilding(building)]]))
  const outlets = seen.map((each) => ({ ...each, standing: { ...each.standing, ...standing } }))
  return alarmsOf(tree, meters, capacity, limits, outlets).map(({ kind, id, text }) => `${kind} ${id}: ${text}`)
}

describe('an alarm', () => {
  it('is none where all is well: a building at its limit is not over it', () => {
    expect(alarms({})).toEqual([])
    expect(alarms({ amps: everyPhase(63) })).toEqual([])
  })

  it('tells a silent meter, and what follows from it', () => {
    expect(alarms({ trust: 'silent', amps: null })).toEqual([
      'meter-silent grid: meter grid is silent: circuit main is at its fail-safe current',
    ])
  })

  it('tells a frozen meter; its value is not judged', () => {
    expect(alarms({ trust: 'frozen', amps: everyPhase(80) })).toEqual([
      'meter-frozen grid: meter grid shows the same value while our cars changed: circuit main is at its fail-safe current',
    ])
  })

  it('is not raised for a meter that is awaited after a start, or whose value only ages', () => {
    expect(alarms({ trust: 'awaited', amps: null })).toEqual([])
    expect(alarms({ trust: 'ageing' })).toEqual([])
  })

  it('tells meters that disagree, with what those below show', () => {
    expect(alarms({ contradictedBy: { L1: 45, L2: 20.25, L3: 0 } })).toEqual([
      'meters-disagree grid: meter grid shows less than the meters below it (45.0 / 20.3 / 0.0 A): the higher value counts',
    ])
  })

  it('tells a building over the limit, with the phases that are', () => {
    expect(alarms({ amps: { L1: 80, L2: 63, L3: 63.5 } })).toEqual([
      'over-limit main: circuit main is over its limit without our cars: L1 80.0 A, L3 63.5 A',
    ])
  })

  it('tells a car that draws more than it may, and a charger that keeps its old set-point', () => {
    const drawsMore = { confirmedAmps: 10, measuredAmps: [20, 20, 20] }
    expect(alarms({}, drawsMore, { beyondControl: 'draws-more' })).toEqual([
      'outlet-disobeys a: a draws 20.0 A, allowed are 10.0 A',
    ])
    expect(alarms({}, { confirmedAmps: 16 }, { beyondControl: 'does-not-confirm' })).toEqual([
      'outlet-disobeys a: a still allows 16.0 A, less was ordered',
    ])
  })

  it('is not raised for a charger that is away: its station tells that itself', () => {
    expect(alarms({}, { online: false }, { beyondControl: 'offline' })).toEqual([])
  })
})
