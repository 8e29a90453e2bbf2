/** Finds which registers a device answers, with few questions: where known devices have theirs, and then outwards. */
import { planItems } from '../device/plan.ts'
import type { Mapping } from '../mapping.ts'
import type { ReadOnce } from './fingerprint.ts'

export interface FoundBlock {
  readonly table: 'holding' | 'input'
  readonly address: number
  readonly words: readonly number[]
}

/** Also looked at, whatever the library knows. */
const EVERY = 100
const SEARCHED_TO = 12_000
/** Registers asked for at once while a block grows. */
const STRIDE = 16
const LONGEST_BLOCK = 400

/** Places where known devices have registers, most common first, and every hundredth. */
export function likelyAddresses(mappings: readonly Mapping[]): readonly number[] {
  const counts = new Map<number, number>()
  for (const mapping of mappings) {
    if (mapping.documents !== null || mapping.transport.sunspec !== null) continue
    for (const { address, table } of planItems(mapping, mapping.transport.unit, 1))
      if (table === 'holding' || table === 'input') counts.set(address, (counts.get(address) ?? 0) + 1)
  }
  for (let address = 0; address < SEARCHED_TO; address += EVERY) if (!counts.has(address)) counts.set(address, 0)
  return [...counts].toSorted(([a, n], [b, m]) => m - n || a - b).map(([address]) => address)
}

/** Blocks of registers that answer, by table and address. `onProgress` gets the share that is done; an abort ends with what was found. */
export async function searchRegisters(
  unit: number,
  addresses: readonly number[],
  readOnce: ReadOnce,
  signal: AbortSignal,
  onProgress: (share: number, found: number) => void = () => {},
): Promise<readonly FoundBlock[]> {
  const found = new Map<string, number>()
  const ask = async (table: FoundBlock['table'], address: number, count: number): Promise<boolean> => {
    if (signal.aborted || address < 0 || address + count > 65_536) return false
    const words = await readOnce({ unit, table, address, count })
    for (const [offset, word] of (words ?? []).entries()) found.set(`${table} ${address + offset}`, word)
    return words !== null
  }
  const has = (table: FoundBlock['table'], address: number): boolean => found.has(`${table} ${address}`)
  for (const table of ['input', 'holding'] as const) {
    for (const [index, address] of addresses.entries()) {
      if (signal.aborted) break
      onProgress(((table === 'input' ? 0 : addresses.length) + index) / (addresses.length * 2), found.size)
      if (has(table, address)) continue
      // Some devices refuse half of a value of two registers.
      if (!(await ask(table, address, 2)) && !(await ask(table, address, 1))) continue
      await grow(table, address, 1, ask, has)
      await grow(table, address, -1, ask, has)
    }
  }
  return blocksOf(found)
}

/** From a register that answers to the end of its block: in strides, then by halves. */
async function grow(
  table: FoundBlock['table'],
  from: number,
  direction: 1 | -1,
  ask: (table: FoundBlock['table'], address: number, count: number) => Promise<boolean>,
  has: (table: FoundBlock['table'], address: number) => boolean,
): Promise<void> {
  let edge = from
  while (has(table, edge + direction)) edge += direction
  for (let stride = STRIDE; stride >= 1 && Math.abs(edge - from) < LONGEST_BLOCK;) {
    const address = direction === 1 ? edge + 1 : edge - stride
    if (await ask(table, address, stride)) edge += direction * stride
    else stride = Math.floor(stride / 2)
  }
}

function blocksOf(found: ReadonlyMap<string, number>): readonly FoundBlock[] {
  const registers = [...found].map(([key, word]) => {
    const [table = '', address = ''] = key.split(' ')
    return { table: table === 'input' ? ('input' as const) : ('holding' as const), address: Number(address), word }
  })
  const blocks: { table: FoundBlock['table']; address: number; words: number[] }[] = []
  for (const { table, address, word } of registers.toSorted(
    (a, b) => a.table.localeCompare(b.table) || a.address - b.address,
  )) {
    const last = blocks.at(-1)
    if (last !== undefined && last.table === table && last.address + last.words.length === address)
      last.words.push(word)
    else blocks.push({ table, address, words: [word] })
  }
  return blocks
}
