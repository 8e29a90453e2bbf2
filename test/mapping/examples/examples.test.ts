import { expect, test } from 'vitest'
import { missingFrom, runExamples } from '../../../src/mapping/index.ts'
import { CHARGER, mapped } from '../example-mappings.ts'

const failures = async (examples: string): Promise<readonly string[]> => {
  const results = await runExamples(mapped(`${CHARGER}examples:\n${examples}\n`))
  return results.flatMap((result) => result.failures.map((failure) => `${result.example}: ${failure}`))
}

test('what agrees passes', async () => {
  expect(
    await failures(`
  - {given: {0: [3], 10: [158, 157, 0], 20: [0, 3600]}, expect: {state: C, current: [15.8, 15.7, 0], power: 3600, energy: null}}
  - {do: {current: 13.5 A}, writes: [{fc: 6, at: 100, words: [135]}]}
  - {do: {current: 5 A}, refused: true}
  - {do: {resume: 6 A}, writes: [{at: 100, words: [60]}]}`),
  ).toEqual([])
})

test('registers that are not listed are illegal addresses, never 0', async () => {
  expect(await failures('  - {given: {0: [3]}, expect: {power: 0}}')).toEqual(['1: power is null, expected 0'])
  expect(await failures('  - {given: {20: [0]}, expect: {power: 0}}')).toEqual(['1: power is null, expected 0'])
})

test('numbers agree within the last digit written', async () => {
  expect(await failures('  - {given: {10: [158, 157, 0]}, expect: {current: [16, 15.7, 0]}}')).toEqual([])
  expect(await failures('  - {given: {10: [158, 157, 0]}, expect: {current: [15.9, 15.7, 0]}}')).toHaveLength(1)
  expect(await failures('  - {given: {10: [158, 157, 0]}, expect: {current: [15.8, 15.7]}}')).toHaveLength(1)
})

test('what differs says how', async () => {
  expect(
    await failures(`
  - {given: {0: [3]}, expect: {state: B}}
  - {do: {current: 13.5 A}, writes: [{fc: 16, at: 100, words: [135]}]}
  - {do: {current: 13.5 A}, writes: []}
  - {do: {current: 8 A}, refused: true}
  - {do: {wake: true}, writes: []}`),
  ).toEqual([
    '1: state is "C", expected "B"',
    '2: current wrote 6:100=[135]; expected 16:100=[135]',
    '3: current wrote 6:100=[135]; expected nothing',
    '4: current should be refused, but 6:100=[80] was written',
    '5: wake was refused: Acme Box 11 has no `wake`',
  ])
})

test('what a shipped file still lacks is listed', () => {
  expect(missingFrom(mapped(CHARGER))).toEqual([
    '`source` does not say where the facts come from',
    'no example shows `state` with a value',
    'no example shows `current` with a value',
    'no example shows `power` with a value',
    'no example shows `energy` with a value',
    'no example shows the frames of `current`',
    'no example shows the frames of `pause`',
    'no example shows the frames of `resume`',
  ])
})
