/** H57: registers that say what cannot be. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createDevice,
  instantClock,
  type Mapping,
  mappingLibrary,
  memoryDocuments,
  memoryLink,
  SHIPPED_MAPPINGS,
} from '../../../src/mapping/index.ts'
import { marked, writeDocument } from '../../../src/mapping/values/document-format.ts'
import { type Json, withValueAt } from '../../../src/mapping/values/document-path.ts'
import { plausible } from '../../../src/mapping/values/plausible.ts'
import type { DocumentBank, RegisterBank, TelegramValue } from '../../../src/model/driver.ts'
import { isBridgeError } from '../../../src/model/errors.ts'
import type { SignalValues } from '../../../src/model/signal.ts'

const library = mappingLibrary([SHIPPED_MAPPINGS])

const ODD = [null, true, 'NaN', '-', '', '1e400', -1, 4e9, 'A', '12,5']

/** Every register of every unit answers with one of these words, by its address. */
function hostileBank(words: readonly number[]): RegisterBank {
  return {
    read: ({ address, count }) =>
      Array.from({ length: count }, (_, index) => words[(address + index) % words.length] ?? 0),
    write: () => {},
  }
}

/** Whatever a device that speaks in texts is asked: the same odd values at every place. */
function hostileDocuments(mapping: Mapping, values: readonly unknown[]): DocumentBank {
  const at = (index: number): unknown => values[index % values.length]
  const documents = (mapping.documents?.sources ?? []).map((source, index) => {
    let document: Json | undefined
    for (const [number, field] of mapping.documents?.fields ?? [])
      if (field.source === index) document = withValueAt(document, field.path, asJson(at(number)))
    return { source, text: writeDocument(document ?? null, source.format) }
  })
  return {
    answer: (request) => ({
      status: 200,
      body: marked(documents[0]?.text ?? '', 'match' in request ? request.match : null),
    }),
    topics: () =>
      new Map(
        documents.flatMap(({ source, text }) =>
          source.request.kind === 'topic' ? [[source.request.topic, text] as const] : [],
        ),
      ),
    hear: () => {},
    telegram: () =>
      new Map(
        [...(mapping.documents?.fields ?? [])].map(([number, { path }]): [string, TelegramValue] => {
          const value = at(number)
          return [String(path[0]), { value: typeof value === 'number' ? value : String(value), unit: 'kWh' }]
        }),
      ),
  }
}

function asJson(value: unknown): Json {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? value : null
}

function numbersOf(values: SignalValues): readonly number[] {
  return Object.values(values).flatMap((value: unknown) =>
    typeof value === 'number' ? [value] : Array.isArray(value) ? value.filter((one) => typeof one === 'number') : [],
  )
}

describe.each(library.list().map(({ name }) => name))('%s with hostile registers', (name) => {
  test('gives values that can be, or none, and never breaks', async () => {
    const mapping = library.load(name)
    const options = mapping.examples.find((example) => Object.keys(example.options).length > 0)?.options ?? {}
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constantFrom(0, 0xffff, 0x7fff, 0x8000, 0x7fc0, 0x7f80, 0xff80), fc.nat(0xffff)), {
          minLength: 1,
          maxLength: 7,
        }),
        async (words) => {
          const clock = instantClock()
          const link =
            mapping.documents === null
              ? memoryLink(hostileBank(words))
              : memoryDocuments(hostileDocuments(mapping, [...words, ...ODD]), clock)
          const device = createDevice(mapping, link, { clock, options })
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
