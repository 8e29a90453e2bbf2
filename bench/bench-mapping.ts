/** A meter of 20 registers in one block: ten floats, as many meters have them. */
import { loadMapping, type Mapping } from '../src/mapping/index.ts'

export const BLOCK_REGISTERS = 20
const LETTERS = `device: Bench meter
kind: meter
source: none, this is a benchmark
modbus: {tcp: 502, unit: 1, timeout: 200ms, retry: 0}
defaults: {table: holding, type: f32}
read:
  voltage: {at: [0, 2, 4], unit: V}
  current: {at: [6, 8, 10], unit: A}
  powers:  {at: [12, 14, 16], unit: W}
  power:   {at: 18, unit: W}
examples:
  - given:  {0: [0x4366, 0x199A, 0x4365, 0x6666, 0x4367, 0xB333], 18: [0x456C, 0x84CD]}
    expect: {voltage: [230.1, 229.4, 231.7], power: 3784.3}
`

export function benchMapping(): Mapping {
  const loaded = loadMapping(LETTERS, 'bench.yaml')
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems))
  return loaded.mapping
}

/** What the block holds: 230, 230, 230 V, 16, 16, 16 A, 3680 W three times, 11040 W. */
export function blockWords(): readonly number[] {
  const bytes = Buffer.alloc(2 * BLOCK_REGISTERS)
  for (const [index, value] of [230, 230, 230, 16, 16, 16, 3680, 3680, 3680, 11_040].entries())
    bytes.writeFloatBE(value, 4 * index)
  return Array.from({ length: BLOCK_REGISTERS }, (_, index) => bytes.readUInt16BE(2 * index))
}
