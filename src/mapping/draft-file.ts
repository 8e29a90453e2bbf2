/** A half-filled mapping for a device that nobody has described: what answers, and what it could be. */
import { decodeNumber, decodeText } from './number-codec.ts'
import type { NumberType, Order } from './number-codec.ts'
import type { FoundBlock } from './register-search.ts'

export interface DraftAbout {
  readonly address: string
  readonly unit: number
  /** `tcp: 502` or `rtu: 9600 8N1`. */
  readonly connection: string
  /** What the device says of itself, or null. */
  readonly identification: string | null
}

const MOST_GUESSES = 60

/** The file's text: it loads once its person has filled in the points that are marked with `?`. */
export function draftFile(about: DraftAbout, blocks: readonly FoundBlock[]): string {
  const guesses = blocks.flatMap(guessesIn).slice(0, MOST_GUESSES)
  const table = blocks.filter((block) => block.table === 'input').length > blocks.length / 2 ? 'input' : 'holding'
  return [
    '# yaml-language-server: $schema=../config/mapping.schema.json',
    `# Drafted at ${about.address}, unit ${about.unit}. Compare each line with the maker's table and the display, then remove the question marks.`,
    `device: ${JSON.stringify(about.identification ?? 'Maker and model ?')}`,
    'kind:   meter                 # or charger, with `state` and `write`',
    'source: "The maker\'s Modbus manual, page ?"',
    `modbus: {${about.connection}, unit: ${about.unit}}`,
    `defaults: {table: ${table}}`,
    '',
    '# Registers that answer, with what stands in them now:',
    ...blocks.flatMap(blockLines),
    '',
    '# What it could be; take over what the display confirms:',
    'read:',
    ...(guesses.length === 0 ? ['  # power: {at: ?, type: ?, unit: W}'] : guesses.map((guess) => `  # ${guess}`)),
    '',
    'examples: []                  # `ampbridge mappings record` makes them',
    '',
  ].join('\n')
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

function guessesIn({ table, address, words }: FoundBlock): readonly string[] {
  const guesses: string[] = []
  for (let offset = 0; offset < words.length; offset++) {
    const text = textAt(words, offset)
    if (text !== null) {
      guesses.push(
        `text at ${table} ${address + offset}: ${JSON.stringify(text)}   (type: text, len: ${Math.ceil(text.length / 2)})`,
      )
      offset += Math.ceil(text.length / 2) - 1
      continue
    }
    const guess = numberAt(words, offset)
    if (guess !== null)
      guesses.push(`${guess.signal}: {table: ${table}, at: ${address + offset}, ${guess.how}}   # now ${guess.value}`)
  }
  return guesses
}

function numberAt(words: readonly number[], offset: number): { signal: string; how: string; value: number } | null {
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
