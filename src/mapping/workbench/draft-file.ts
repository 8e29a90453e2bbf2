/** A half-filled mapping for a device that nobody has described: what answers, and what it could be. */
import { decodeNumber, decodeText } from '../values/number-codec.ts'
import type { NumberType, Order } from '../values/number-codec.ts'
import type { FoundBlock } from './register-search.ts'

export interface DraftAbout {
  readonly address: string
  readonly unit: number
  /** `tcp: 502` or `rtu: 9600 8N1`. */
  readonly connection: string
  /** What the device says of itself, or null. */
  readonly identification: string | null
}

/** Registers that a person can watch at once. */
const MOST_POINTS = 80

/** The file's text. It loads as it is, so that `watch` shows the registers live while its person fills it in. */
export function draftFile(about: DraftAbout, blocks: readonly FoundBlock[]): string {
  const table = blocks.filter((block) => block.table === 'input').length > blocks.length / 2 ? 'input' : 'holding'
  const guesses = guessesIn(blocks)
  const texts = blocks.flatMap(textsIn)
  return [
    '# yaml-language-server: $schema=../config/mapping.schema.json',
    `# Drafted at ${about.address}, unit ${about.unit}. Compare each line with the maker's table and the display.`,
    `device: ${JSON.stringify(about.identification ?? 'Maker and model ?')}`,
    'kind:   meter                 # or charger, with `state` and `write`',
    'source: "The maker\'s Modbus manual, page ?"',
    `modbus: {${about.connection}, unit: ${about.unit}}`,
    `defaults: {table: ${table}}`,
    '',
    '# Registers that answer, with what stands in them now:',
    ...blocks.flatMap(blockLines),
    ...texts.map((text) => `#   ${text}`),
    '',
    'points:                       # to watch them; remove what nobody needs',
    ...pointLines(blocks, table),
    '',
    guesses.length === 0
      ? 'read: {}                      # e.g. power: {at: 20, unit: W}'
      : 'read:                         # guesses: keep what the display confirms',
    ...guesses,
    '',
    'examples: []                  # `ampbridge mappings record` makes them',
    '',
  ].join('\n')
}

/** Registers with something in them first. */
function pointLines(blocks: readonly FoundBlock[], own: FoundBlock['table']): readonly string[] {
  const registers = blocks.flatMap(({ table, address, words }) =>
    words.map((word, offset) => ({ table, address: address + offset, word })),
  )
  const shown = registers
    .toSorted((a, b) => Number(a.word === 0) - Number(b.word === 0))
    .slice(0, MOST_POINTS)
    .toSorted((a, b) => a.table.localeCompare(b.table) || a.address - b.address)
  return shown.map(({ table, address }) => {
    const where = table === own ? '' : `table: ${table}, `
    return `  ${table.slice(0, 1)}${address}: {${where}at: ${address}}`
  })
}

function blockLines({ table, address, words }: FoundBlock): readonly string[] {
  const lines: string[] = []
  for (let from = 0; from < words.length; from += 8) {
    const row = words.slice(from, from + 8)
    lines.push(
      `#   ${table} ${String(address + from).padStart(5)}: ${row.map((word) => word.toString(16).toUpperCase().padStart(4, '0')).join(' ')}`,
    )
  }
  return lines
}

interface Shape {
  readonly type: NumberType
  readonly order: Order
  readonly words: number
}
const SHAPES: readonly Shape[] = [
  { type: 'f32', order: 'ABCD', words: 2 },
  { type: 'f32', order: 'CDAB', words: 2 },
  { type: 'u32', order: 'ABCD', words: 2 },
  { type: 'u32', order: 'CDAB', words: 2 },
  { type: 'u16', order: 'ABCD', words: 1 },
]
/** What a mains meter shows at rest, and units in which makers write it. */
const LIKELY = [
  {
    signal: 'frequency',
    low: 49.5,
    high: 50.5,
    units: [
      ['Hz', 1],
      ['0.1 Hz', 10],
      ['0.01 Hz', 100],
      ['mHz', 1000],
    ],
  },
  {
    signal: 'voltage',
    low: 215,
    high: 245,
    units: [
      ['V', 1],
      ['0.1 V', 10],
      ['0.01 V', 100],
      ['mV', 1000],
    ],
  },
] as const

interface Guess {
  readonly signal: 'frequency' | 'voltage'
  readonly table: FoundBlock['table']
  readonly at: number
  readonly how: string
  readonly value: number
}

/** One line for a frequency, one for voltages that follow each other at one distance. */
function guessesIn(blocks: readonly FoundBlock[]): readonly string[] {
  const found = blocks.flatMap(({ table, address, words }) => {
    const guesses: Guess[] = []
    for (let offset = 0; offset < words.length; offset++) {
      const guess = numberAt(words, offset)
      if (guess === null) continue
      guesses.push({ ...guess, table, at: address + offset })
      offset += guess.words - 1
    }
    return guesses
  })
  const frequency = found.find(({ signal }) => signal === 'frequency')
  const [first, second, third] = found.filter(({ signal }) => signal === 'voltage')
  const lines = frequency === undefined ? [] : [lineOf(frequency, String(frequency.at))]
  if (first === undefined) return lines
  const same = [second, third].filter((one) => one !== undefined && one.table === first.table && one.how === first.how)
  const isRow =
    second !== undefined && third !== undefined && same.length === 2 && third.at - second.at === second.at - first.at
  return [...lines, lineOf(first, isRow ? `[${first.at}, ${second.at}, ${third.at}]` : String(first.at))]
}

function lineOf({ signal, table, how, value }: Guess, at: string): string {
  return `  ${signal}: {table: ${table}, at: ${at}, ${how}}   # now ${value}`
}

function textsIn({ table, address, words }: FoundBlock): readonly string[] {
  const texts: string[] = []
  for (let offset = 0; offset < words.length; offset++) {
    const text = textAt(words, offset)
    if (text === null) continue
    const len = Math.ceil(text.length / 2)
    texts.push(`${table} ${address + offset} is text: ${JSON.stringify(text)} (type: text, len: ${len})`)
    offset += len - 1
  }
  return texts
}

function numberAt(
  words: readonly number[],
  offset: number,
): (Omit<Guess, 'table' | 'at'> & { readonly words: number }) | null {
  for (const { type, order, words: count } of SHAPES) {
    const slice = words.slice(offset, offset + count)
    if (slice.length < count) continue
    const raw = decodeNumber(slice, type, order)
    for (const { signal, low, high, units } of LIKELY) {
      for (const [unit, factor] of type === 'f32' ? units.slice(0, 1) : units) {
        const value = raw / factor
        // Whole numbers without a factor are too common to mean something.
        if (value >= low && value <= high && (type === 'f32' || factor > 1))
          return {
            signal,
            words: count,
            value: Number(value.toFixed(3)),
            how: `type: ${type}${order === 'ABCD' ? '' : `, order: ${order}`}, unit: ${unit}`,
          }
      }
    }
  }
  return null
}

/** A name of the device: at least six letters, digits or signs that follow each other. */
function textAt(words: readonly number[], offset: number): string | null {
  let end = offset
  while (end < words.length && end - offset < 20 && isPrintable(words[end] ?? 0)) end++
  const text = decodeText(words.slice(offset, end), 'text', 'ABCD').trim()
  return text.length >= 6 ? text : null
}

function isPrintable(word: number): boolean {
  return [word >> 8, word & 0xff].every((byte) => byte >= 0x20 && byte < 0x7f)
}
