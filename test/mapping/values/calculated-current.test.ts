import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ampsBehind, gridOfCalculation } from '../../../src/mapping/values/calculated-current.ts'
import { capabilitiesOf, createDevice, instantClock, memoryLink } from '../../../src/mapping/index.ts'
import type { Value } from '../../../src/mapping/values/expression.ts'
import { parseExpression } from '../../../src/mapping/values/expression.ts'
import { RegisterImage } from '../../../src/mapping/examples/memory-link.ts'
import { writesOf } from '../../../src/mapping/language/safety.ts'
import { charger, mapped } from '../example-mappings.ts'

const signal = new AbortController().signal

function calc(text: string) {
  const expression = parseExpression(text)
  if (typeof expression === 'string') throw new Error(expression)
  return (raw: number, names: Readonly<Record<string, Value>> = {}) =>
    ampsBehind(expression, raw, (name) => names[name] ?? null)
}

describe('what a number in a calculated register means', () => {
  test('the smallest current that gives it', () => {
    expect(calc('A * 690')(6900)).toBe(10)
    expect(calc('A * 230 * phases')(2300, { phases: 1 })).toBe(10)
    expect(calc('A * 257')(0x1010)).toBe(16)
    expect(calc('A * 10 + 5')(0)).toBe(0)
  })

  test('with corners, and downwards', () => {
    const capped = calc('min(A * 690, most)')
    expect(capped(6900, { most: 11_000 })).toBe(10)
    expect(capped(11_000, { most: 11_000 })).toBeCloseTo(15.942029, 6)
    expect(capped(11_001, { most: 11_000 })).toBeNull()
    expect(calc('0 - A * 690')(-6900)).toBe(10)
  })

  test('nothing when a value is missing or the current does not matter', () => {
    expect(calc('A * 230 * phases')(2300)).toBeNull()
    expect(calc('most / 2')(10, { most: 20 })).toBeNull()
  })

  test('is never more than what made it, once that was rounded down', () => {
    const numbers = fc.record({
      amps: fc.double({ min: 0, max: 100, noNaN: true }),
      factor: fc.double({ min: 0.5, max: 1000, noNaN: true }),
      most: fc.double({ min: 0, max: 20_000, noNaN: true }),
    })
    fc.assert(
      fc.property(numbers, ({ amps, factor, most }) => {
        const raw = Math.floor(Math.min(amps * factor, most))
        const meant = calc('min(A * factor, most)')(raw, { factor, most })
        expect(meant).not.toBeNull()
        expect(meant ?? 0).toBeLessThanOrEqual(amps + 1e-5)
        expect(meant ?? 0).toBeGreaterThan(Math.min(amps, most / factor) - 1 / factor - 1e-5)
      }),
    )
  })
})

/** A box that is told a power in 0.1 kW, by register 5 on one phase or three. */
const BOX = charger(
  ['kind: charger', 'kind: charger\npoints: {single: {at: 5}, lines: {calc: 3 - 2 * (single == 1)}}'],
  ['current: {at: 100, unit: 0.1 A, range: 6..16 A}', 'current: {at: 100, calc: A * 2.3 * lines, range: 6..16 A}'],
)

describe('a set-point in steps of 0.1 kW', () => {
  test('is as coarse as its worst case, and begins where 6 A are reached', () => {
    const mapping = mapped(BOX)
    const [point] = writesOf(mapping.write?.current ?? [])
    expect(point && gridOfCalculation(mapping, point)).toEqual({
      minAmps: expect.closeTo(6.087, 3),
      stepAmps: expect.closeTo(0.4348, 4),
    })
    const { current } = capabilitiesOf(mapping)
    // The smallest current is on the grid.
    expect((current?.minAmps ?? 0) / (current?.stepAmps ?? 1)).toBeCloseTo(14, 6)
  })

  test('that means less than 6 A after it was rounded down is refused, and nothing is written', async () => {
    const image = new RegisterImage()
    image.set('holding', 5, [0])
    image.set('holding', 100, [0])
    const device = createDevice(mapped(BOX), memoryLink(image), { clock: instantClock() })
    const order = (amps: number) => device.command(1, { kind: 'current', amps }, signal)
    await expect(order(6)).rejects.toMatchObject({ code: 'DEVICE_VALUE_REFUSED', message: /41 .*5\.94 A/u })
    expect(image.writes).toEqual([])
    await order(6.1)
    expect(image.get('holding', 100)).toBe(42)
    image.set('holding', 5, [1])
    await order(13.5)
    expect(image.get('holding', 100)).toBe(31)
  })

  test('counted downwards is rounded towards 0', async () => {
    const image = new RegisterImage()
    image.set('holding', 100, [0])
    const down = BOX.replace('calc: A * 2.3 * lines', 'type: i16, calc: 0 - A * 6.9')
    const device = createDevice(mapped(down), memoryLink(image), { clock: instantClock() })
    await device.command(1, { kind: 'current', amps: 13.5 }, signal)
    expect(image.get('holding', 100)).toBe(0x1_0000 - 93)
  })
})
