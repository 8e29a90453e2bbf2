import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runExamples } from '../../src/mapping/index.ts'
import { charger, mapped } from './example-mappings.ts'

const page = readFileSync(new URL('../../docs/mapping.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/gu)].map((match) => match[1] ?? '')

test('the whole files of docs/mapping.md load and pass their examples', async () => {
  const whole = blocks.filter((block) => block.includes('\nkind:'))
  expect(whole).toHaveLength(2)
  for (const text of whole) {
    const results = await runExamples(mapped(text))
    expect(results.flatMap(({ failures }) => failures)).toEqual([])
  }
})

test('its single lines load as well', () => {
  const lines = blocks.filter((block) => !block.includes('\nkind:')).flatMap((block) => block.trim().split('\n'))
  expect(lines.length).toBeGreaterThan(5)
  for (const line of lines) {
    if (line.startsWith('state:')) mapped(charger(['state: {at: 0, A: [0, 1], B: 2, C: 3, F: 9}', line]))
    else if (line.startsWith('error:')) mapped(charger(['  power:', `  ${line}\n  power:`]))
    else mapped(charger(['kind: charger', `kind: charger\n${line}`]))
  }
})
