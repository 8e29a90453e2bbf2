/** H57: registers that say what cannot be. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDevice, instantClock, mappingLibrary, memoryLink, SHIPPED_MAPPINGS } from '../../src/mapping/index.ts'
import { plausible } from '../../src/mapping/plausible.ts'
import type { RegisterBank } from '../../src/model/driver.ts'
import { isBridgeError } from '../../src/model/errors.ts'
import type { SignalValues } from '../../src/model/signal.ts'

const library = mappingLibrary([SHIPPED_MAPPINGS])

/** Every register of every unit answers with one of these words, by its address. */
function hostileBank(words: readonly number[]): RegisterBank {
  return {
    read: ({ address, count }) =>
      Array.from({ length: count }, (_, index) => words[(address + index) % words.length] ?? 0),
    write: () => {},
  }
}

function numbersOf(values: SignalValues): readonly number[] {
  return Object.values(values).flatMap((value: unknown) =>
    typeof value === 'number' ? [value] : Array.isArray(value) ? value.filter((one) => typeof one === 'number') : [],
  )
}

describe.each(library.list().map(({ name }) => name))('%s with hostile registers', (name) => {
  test('gives values that can be, or none, and never breaks', async () => {
    const mapping = library.load(name)
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constantFrom(0, 0xffff, 0x7fff, 0x8000, 0x7fc0, 0x7f80, 0xff80), fc.nat(0xffff)), {
          minLength: 1,
          maxLength: 7,
        }),
        async (words) => {
          const device = createDevice(mapping, memoryLink(hostileBank(words)), { clock: instantClock() })
          try {
            for (const { values } of await device.poll('all', AbortSignal.timeout(5000))) {
              expect(numbersOf(values).every(Number.isFinite)).toBe(true)
              expect(values.power ?? 0).toBeLessThanOrEqual(20_000_000)
              for (const amps of values.current ?? []) expect(Math.abs(amps ?? 0)).toBeLessThanOrEqual(10_000)
              for (const energy of [values.energy, values.export, values.session])
                expect(energy ?? 0).toBeGreaterThanOrEqual(0)
              expect(['A', 'B', 'C', 'D', 'E', 'F', null]).toContain(values.state)
              expect([0, 1, 2, 3, null]).toContain(values.phases)
            }
          } catch (error) {
            if (!isBridgeError(error)) throw error
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})

test('bounds: 4 GW, -1 Wh and 32 phases are no values', () => {
  expect(plausible('power', 4e9)).toBeNull()
  expect(plausible('energy', -1)).toBeNull()
  expect(plausible('phases', 32)).toBeNull()
  expect(plausible('current', -32)).toBe(-32)
  expect(plausible('temperature', -14.5)).toBe(-14.5)
})
