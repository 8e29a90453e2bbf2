import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadMapping, mappingLibrary, runExamples } from '../../src/mapping/index.ts'
import { charger, mapped } from './example-mappings.ts'

const page = readFileSync(new URL('../../docs/mapping.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/gu)].map((match) => match[1] ?? '')

test('the whole files of docs/mapping.md load and pass their examples', async () => {
  const whole = blocks.filter((block) => block.includes('\nkind:'))
  expect(whole.length).toBeGreaterThanOrEqual(2)
  for (const text of whole) {
    const results = await runExamples(mapped(text))
    expect(results.flatMap(({ failures }) => failures)).toEqual([])
  }
})

test('its derived file loads over the shipped one', () => {
  const paths = new Map(
    mappingLibrary()
      .list()
      .map(({ name, path }) => [name, path]),
  )
  const derived = blocks.filter((block) => block.includes('\nfrom:'))
  expect(derived).toHaveLength(1)
  for (const text of derived) {
    const result = loadMapping(text, 'derived.yaml', {
      base: (name) => ({ text: readFileSync(paths.get(name) ?? '', 'utf8'), file: name }),
    })
    expect('problems' in result ? result.problems : []).toEqual([])
  }
})

/** Entries of a block: what begins at the margin, with the lines below it. */
function entriesOf(block: string): readonly string[] {
  return block.trim().split(/\n(?=\S)/u)
}

test('its single entries load as well', () => {
  const entries = blocks.filter((block) => !/\n(?:kind|from):/u.test(block)).flatMap(entriesOf)
  expect(entries.length).toBeGreaterThan(8)
  for (const entry of entries) {
    if (entry.startsWith('state:')) mapped(charger(['state: {at: 0, A: [0, 1], B: 2, C: 3, F: 9}', entry]))
    else if (entry.startsWith('error:')) mapped(charger(['  power:', `  ${entry}\n  power:`]))
    else if (entry.startsWith('meters:'))
      mapped(`device: A\nkind: meter\nmodbus: {tcp: 502}\nread: {current: {at: 1, unit: A}}\n${entry}`)
    else
      mapped(charger(['kind: charger', `kind: charger\nidentity: {firmware: {at: 900, type: text, len: 4}}\n${entry}`]))
  }
})
