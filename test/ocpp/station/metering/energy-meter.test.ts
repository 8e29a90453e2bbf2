import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  billingWh,
  type EnergyMeter,
  isHeld,
  newEnergyMeter,
  readMeter,
} from '../../../../src/ocpp/station/metering/energy-meter.ts'
import { evseDescription, evseState } from '../rig.ts'

const evse = evseDescription()

/** Reads one register value per second and says what was found on the way. */
function run(meter: EnergyMeter, registers: readonly number[], startAt: number, stepMs = 1000) {
  let current = meter
  const findings: unknown[] = []
  for (const [index, energyWh] of registers.entries()) {
    const step = readMeter(current, evseState({ energyWh }), evse, startAt + index * stepMs, null)
    current = step.meter
    findings.push(...step.findings)
  }
  return { meter: current, findings }
}

const steady = (value: number, times: number): readonly number[] => Array.from({ length: times }, () => value)

describe('the billing meter', () => {
  test('is the register itself on a charger never seen before', () => {
    const { meter, findings } = run(newEnergyMeter(null), [812_345], 0)
    expect(billingWh(meter)).toBe(812_345)
    expect(findings).toEqual([{ kind: 'source', source: 'register' }])
  })

  test('goes on after a restart with what flowed meanwhile', () => {
    const { meter } = run(newEnergyMeter({ lastRegisterWh: 5000, offsetWh: 100 }), [5700], 0)
    expect(billingWh(meter)).toBe(5800)
  })

  test('a rebooting charger reads 0 for 20 s: the last value is held, then counting goes on', () => {
    const before = run(newEnergyMeter(null), [5000], 0).meter
    const rebooting = run(before, steady(0, 20), 1000)
    expect(billingWh(rebooting.meter)).toBe(5000)
    expect(isHeld(rebooting.meter)).toBe(true)
    expect(rebooting.findings).toEqual([{ kind: 'suspect', registerWh: 0, lastRegisterWh: 5000, reason: 'zero' }])
    const after = run(rebooting.meter, [5010], 21_000)
    expect(billingWh(after.meter)).toBe(5010)
    expect(after.findings).toEqual([{ kind: 'trusted-again', rebased: false }])
  })

  test('a register that starts anew is believed once it counts, and the bill has no step', () => {
    const before = run(newEnergyMeter(null), [5000], 0).meter
    const counting = Array.from({ length: 40 }, (_, second) => 10 + second * 3)
    const { meter, findings } = run(before, counting, 1000)
    expect(billingWh(meter)).toBe(5000 + 39 * 3)
    expect(findings.at(-1)).toEqual({ kind: 'trusted-again', rebased: true })
  })

  test('a jump of 10 GWh is never billed', () => {
    const before = run(newEnergyMeter(null), [5000], 0).meter
    const { meter } = run(before, steady(10_000_005_000, 300), 1000)
    expect(billingWh(meter)).toBe(5000)
    expect(billingWh(run(meter, [5020], 301_000).meter)).toBe(5020)
  })

  test('a charger without an energy register: power is integrated, and that is said', () => {
    let meter = newEnergyMeter(null)
    const findings: unknown[] = []
    for (let minute = 0; minute <= 60; minute++) {
      const step = readMeter(meter, evseState({ energyWh: null, powerW: 3600 }), evse, minute * 60_000, null)
      meter = step.meter
      findings.push(...step.findings)
    }
    expect(billingWh(meter)).toBe(3600)
    expect(findings).toEqual([{ kind: 'source', source: 'power' }])
  })

  test('power across a silence of minutes is not invented', () => {
    const first = readMeter(newEnergyMeter(null), evseState({ energyWh: null, powerW: 11_000 }), evse, 0, null).meter
    const later = readMeter(first, evseState({ energyWh: null, powerW: 11_000 }), evse, 600_000, null).meter
    expect(billingWh(later)).toBe(0)
  })

  test('a session counter starts at 0 with each session; the bill adds them up', () => {
    let meter = newEnergyMeter(null)
    for (const [index, sessionWh] of [100, 900, 1500, 0, 200].entries())
      meter = readMeter(meter, evseState({ energyWh: null, sessionWh }), evse, index * 60_000, null).meter
    expect(billingWh(meter)).toBe(1700)
  })

  test('a poll without the register waits for it instead of changing the source', () => {
    const before = run(newEnergyMeter(null), [5000], 0).meter
    const { meter } = readMeter(before, evseState({ energyWh: null, powerW: 11_000 }), evse, 1000, null)
    expect(meter).toBe(before)
  })

  test('never runs back, and never gains more than the outlet can give, whatever the register shows', () => {
    const register = fc.oneof(
      fc.integer({ min: 0, max: 5_000 }),
      fc.constantFrom(0, 4_294_967_295, 10_000_000_000, Number.NaN, -5),
    )
    fc.assert(
      fc.property(fc.array(register, { maxLength: 120 }), (registers) => {
        let meter = run(newEnergyMeter(null), [4_000], 0).meter
        for (const [index, energyWh] of registers.entries()) {
          const before = billingWh(meter)
          meter = readMeter(meter, evseState({ energyWh }), evse, (index + 1) * 1000, null).meter
          expect(billingWh(meter)).toBeGreaterThanOrEqual(before)
          // The most per believed reading: a coarse register's step and what flows between two.
          expect(billingWh(meter) - before).toBeLessThanOrEqual(2 * (2000 + (index + 1) * 9))
        }
      }),
      { numRuns: 300 },
    )
  })
})
