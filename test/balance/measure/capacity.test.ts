import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { perSlot, phaseAmpsAt, powerSlotOf, slotOf, unbalanceSlotOf } from '../../../src/balance/known/tree.ts'
import type { CircuitMeter } from '../../../src/balance/measure/meters.ts'
import type { CircuitMemory } from '../../../src/balance/state.ts'
import type { BalanceSettings } from '../../../src/model/balance-input.ts'
import { everyPhase } from '../../../src/model/phase.ts'
import { SETTINGS, circuit, site } from '../site.ts'
import { stagesOf, steadyBuilding } from '../stages.ts'

const AT = 1000
const MAIN = 0
const shows = (amps: number, more: Partial<CircuitMeter> = {}): CircuitMeter => ({
  trust: 'fresh',
  amps: everyPhase(amps),
  takenAt: AT,
  contradictedBy: null,
  ...more,
})

function at(values: Float64Array): number {
  return phaseAmpsAt(values, MAIN).L1
}

/** Of a circuit of 100 A (fail-safe 20 A) without cars, on phase L1. */
function capacity(meter: CircuitMeter | null, before?: CircuitMemory, settings: Partial<BalanceSettings> = {}) {
  const main = circuit('main', 100, { meterId: meter === null ? null : 'grid', failSafeAmps: 20 })
  const input = site({ at: AT, circuits: [main], settings: { ...SETTINGS, ...settings } })
  const memory = before === undefined ? new Map<string, CircuitMemory>() : new Map([['main', before]])
  const all = stagesOf(input).capacityWith([meter], memory)
  const { hold, failSafe, building } = all
  return {
    cut: at(all.cutAmps),
    rise: at(all.riseAmps),
    gate: at(all.gateAmps),
    start: at(all.startAmps),
    hold: hold[MAIN],
    failSafe: failSafe[MAIN],
    building: building[MAIN]?.L1 ?? null,
  }
}
const everything = (amps: number) => ({ cut: amps, rise: amps, gate: amps, start: amps })

describe('what the cars may take together', () => {
  it('is the limit where no meter sees a building; no headroom is lost there', () => {
    expect(capacity(null, undefined, { headroomShare: 0.02 })).toEqual({
      ...everything(100),
      hold: null,
      failSafe: false,
      building: null,
    })
  })

  it('is the limit less the building where a meter is', () => {
    expect(capacity(shows(40), steadyBuilding(40))).toMatchObject({ ...everything(60), hold: null, building: 40 })
  })

  it('leaves the headroom free before anything rises, and less of it before anything is cut', () => {
    const { cut, rise } = capacity(shows(40), steadyBuilding(40), { headroomShare: 0.1 })
    expect(rise).toBe(50)
    expect(cut).toBeGreaterThan(rise)
    expect(cut).toBeLessThan(60)
  })

  it('is never below nothing, and feeding in gives no more than the fuse', () => {
    expect(capacity(shows(130), steadyBuilding(130))).toMatchObject(everything(0))
    expect(capacity(shows(-50), steadyBuilding(0))).toMatchObject(everything(100))
  })

  it('remembers the building’s highest load: half a minute for rises, four minutes for starts', () => {
    const before = steadyBuilding(40, {
      peaks: [{ from: -9000, amps: everyPhase(55) }],
      longPeaks: [{ from: -100_000, amps: everyPhase(70) }],
    })
    expect(capacity(shows(40), before)).toMatchObject({ cut: 60, rise: 45, gate: 45, start: 30 })
    const longAgo = steadyBuilding(40, {
      peaks: [{ from: -60_000, amps: everyPhase(55) }],
      longPeaks: [{ from: -400_000, amps: everyPhase(70) }],
    })
    expect(capacity(shows(40), longAgo)).toMatchObject(everything(60))
  })

  it('is ordered: what may start is within what may rise, and that within what stays; the gate is within both', () => {
    const amounts = fc.integer({ min: -20, max: 150 })
    fc.assert(
      fc.property(
        amounts,
        amounts,
        amounts,
        fc.double({ min: 0, max: 0.5, noNaN: true }),
        (now, a, b, headroomShare) => {
          const before = steadyBuilding(Math.max(0, a), { longPeaks: [{ from: -90_000, amps: everyPhase(b) }] })
          const { cut, rise, gate, start } = capacity(shows(now), before, { headroomShare })
          expect(start).toBeLessThanOrEqual(rise)
          expect(gate).toBeLessThanOrEqual(rise)
          expect(rise).toBeLessThanOrEqual(cut)
          expect(start).toBeGreaterThanOrEqual(0)
          expect(gate).toBeGreaterThanOrEqual(0)
        },
      ),
    )
  })
})

describe('a meter that cannot be believed', () => {
  it('that is silent leaves the fail-safe current', () => {
    const silent = shows(0, { trust: 'silent', amps: null })
    expect(capacity(silent, steadyBuilding(40))).toMatchObject({ ...everything(20), failSafe: true, building: null })
  })

  it('that is frozen leaves the fail-safe current, or what it shows to be left if that is less', () => {
    expect(capacity(shows(40, { trust: 'frozen' }), steadyBuilding(40))).toMatchObject({
      ...everything(20),
      failSafe: true,
    })
    expect(capacity(shows(90, { trust: 'frozen' }), steadyBuilding(90))).toMatchObject(everything(10))
  })

  it.each([
    ['awaited', null, 'waits for the first value of the meter'],
    ['ageing', everyPhase(40), 'waits for a fresh value of the meter'],
  ] as const)('that is %s lets nothing rise', (trust, amps, hold) => {
    expect(capacity(shows(40, { trust, amps }), steadyBuilding(40))).toMatchObject({ hold })
  })

  it('that is seen for the first time lets nothing rise', () => {
    expect(capacity(shows(40))).toMatchObject({
      hold: 'waits until meter and chargers were measured once',
    })
  })
})

describe('limits beside the fuses', () => {
  it('of power are held with a margin of 1 %: the voltage may be higher than reckoned', () => {
    const { tree, capacityWith } = stagesOf(site({ circuits: [circuit('main', 100, { carsMaxWatts: 23_000 })] }))
    expect(capacityWith().cutAmps[powerSlotOf(tree.placeOf.get('main')!)]).toBe(99)
  })

  it('of unbalance grow by what surely flows on both other phases', () => {
    const { tree, capacityWith } = stagesOf(site({ circuits: [circuit('main', 100, { unbalanceAmps: 16 })] }))
    const sure = perSlot(tree)
    ;[10, 6, 0].forEach((amps, phase) => (sure[unbalanceSlotOf(MAIN, phase)] = amps))
    const { cutAmps, riseAmps } = capacityWith(undefined, undefined, sure)
    // L1: L2 has 6 A and L3 none; L3: L1 has 10 A and L2 6 A.
    expect([0, 1, 2].map((phase) => cutAmps[unbalanceSlotOf(MAIN, phase)])).toEqual([16, 16, 22])
    expect([0, 1, 2].map((phase) => riseAmps[unbalanceSlotOf(MAIN, phase)])).toEqual([16, 16, 22])
  })

  it('are none where none is set', () => {
    const { cutAmps } = stagesOf(site({ circuits: [circuit('main', 100)] })).capacityWith()
    expect([powerSlotOf(MAIN), unbalanceSlotOf(MAIN, 0)].map((slot) => cutAmps[slot])).toEqual([Infinity, Infinity])
    expect(cutAmps[slotOf(MAIN, 0)]).toBe(100)
  })
})
