import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  fittingMappings,
  instantClock,
  mappingLibrary,
  memoryLink,
  readOnceOf,
  runExamples,
  simulateDevice,
} from '../../src/mapping/index.ts'
import { mappingContract } from './mapping-contract.ts'

const library = mappingLibrary()
const entries = library.list()

test('the shipped folder is not empty', () => {
  expect(entries.length).toBeGreaterThanOrEqual(8)
})

describe('the box of docs/new-charger.md', () => {
  const example = mappingLibrary([fileURLToPath(new URL('../../docs/examples', import.meta.url))]).load('unknown-box')

  test('passes its examples', async () => {
    expect((await runExamples(example)).flatMap(({ failures }) => failures)).toEqual([])
  })

  test('fits no mapping for sure', async () => {
    const link = memoryLink(simulateDevice(example, { clock: instantClock() }).units)
    const timing = { timeoutMs: 100, pauseMs: 0, retries: 0, connectDelayMs: 0 }
    const readOnce = readOnceOf(link, { timing, urgency: 'normal', signal: AbortSignal.timeout(10_000) })
    const fits = await fittingMappings(
      entries.map(({ name }) => library.load(name)),
      1,
      readOnce,
    )
    expect(fits.filter(({ isSure }) => isSure)).toEqual([])
  })
})

for (const { name } of entries) describe(name, () => mappingContract(library, name))
