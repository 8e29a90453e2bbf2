/** Short mappings for tests. Each test says only what it is about. */
import { loadMapping } from '../../src/mapping/index.ts'
import type { Mapping } from '../../src/mapping/index.ts'

export const CHARGER = `
device: Acme Box 11
kind: charger
note: test
modbus: {tcp: 502, unit: 1}
defaults: {table: holding, type: u16}
state: {at: 0, A: [0, 1], B: 2, C: 3, F: 9}
read:
  current: {at: [10, 11, 12], unit: 0.1 A}
  power:   {at: 20, type: u32, unit: W}
  energy:  {at: 22, type: u32, unit: Wh, poll: slow}
write:
  current: {at: 100, unit: 0.1 A, range: 6..16 A}
  pause:   {at: 100, value: 0}
`

/** `changes` are pairs of text and what stands there instead. */
export function charger(...changes: readonly (readonly [string, string])[]): string {
  let text = CHARGER
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`the example has no "${from}"`)
    text = text.replace(from, to)
  }
  return text
}

export function mapped(text: string, name = 'acme-box.yaml'): Mapping {
  const result = loadMapping(text, name)
  if ('problems' in result) throw new Error(JSON.stringify(result.problems, null, 1))
  return result.mapping
}
