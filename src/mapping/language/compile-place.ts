import type { DocumentBook } from './document-book.ts'
import { namesIn } from '../values/expression.ts'
import type { Address, ReadTable } from '../mapping.ts'
import { isText, wordsOf } from '../values/number-codec.ts'
import type { ValueType } from '../values/number-codec.ts'
import { didYouMean } from './problem.ts'
import type { Path, Report } from './problem.ts'
import type { RawReadPoint } from './schema-read.ts'
import type { PointContext } from './point-context.ts'
import { compileExpression } from './compile-parts.ts'

/** Where a value is and what kind of thing stands there. */
export interface PlaceOfValue {
  readonly key: 'at' | 'path' | 'topic' | 'obis'
  readonly addresses: readonly Address[]
  readonly perPhase: boolean
  readonly table: ReadTable
  readonly type: ValueType
  readonly words: number
  /** Whether it is text: what a document says may be either. */
  readonly texts: 'never' | 'only' | 'maybe'
  /** Bits that can be told apart. */
  readonly width: number
}

export function registersOf(raw: RawReadPoint, path: Path, context: PointContext): PlaceOfValue | null {
  const { defaults, report } = context
  for (const key of ['path', 'topic', 'obis'] as const)
    if (raw[key] !== undefined)
      report([...path, key], `\`${key}\` is not for registers`, 'name the register, as `at: 1020`')
  if (raw.at === undefined) {
    report(path, '`at` is missing', 'name the register, as `at: 1020`')
    return null
  }
  const table = raw.table ?? defaults.table
  const type = raw.type ?? defaults.type
  const isBit = table === 'coil' || table === 'discrete'
  const len = raw.len ?? (isText(type) || type === 'bcd' ? defaults.len : null)
  if ((isText(type) || type === 'bcd') && len === null && !isBit) {
    report(path, `type ${type} needs \`len\``, 'the number of registers')
    return null
  }
  if (raw.len !== undefined && !isText(type) && type !== 'bcd')
    report([...path, 'len'], `type ${type} has its own length`, 'remove `len`')
  const words = isBit ? 1 : wordsOf(type, len ?? 1)
  if (words > context.maxRead) {
    report(
      path,
      `the value takes ${words} registers, but \`max_read\` is ${context.maxRead}`,
      'one value must fit one request',
    )
  }
  const perPhase = Array.isArray(raw.at)
  const addresses = (Array.isArray(raw.at) ? raw.at : [raw.at]).map((at, index) =>
    compileAddress(at, perPhase ? [...path, 'at', index] : [...path, 'at'], words, context),
  )
  if (perPhase && Array.isArray(raw.at) && new Set(raw.at).size !== raw.at.length)
    report([...path, 'at'], 'two phases share one register')
  const text = isText(type) && !isBit
  const width = isBit || text ? 0 : words * 16
  return { key: 'at', addresses, perPhase, table, type, words, texts: text ? 'only' : 'never', width }
}

/** The place for one phase: its own, or the one that all share. */
function onePlace(text: string | readonly string[] | undefined, phase: number): string | undefined {
  return typeof text === 'string' ? text : text?.[phase]
}

const FIELD_TYPES: readonly (ValueType | undefined)[] = [undefined, 'text', 'f64']
const FIELD_BITS = 32

/** One value of a document, or one per phase: the phases differ in their path, topic or OBIS code. */
export function fieldsOf(raw: RawReadPoint, path: Path, documents: DocumentBook, report: Report): PlaceOfValue | null {
  for (const key of ['at', 'table', 'order', 'len', 'unit_id', 'shared'] as const)
    if (raw[key] !== undefined) report([...path, key], `\`${key}\` is for registers only`, 'remove it')
  if (!FIELD_TYPES.includes(raw.type))
    report([...path, 'type'], 'a value in a document is a number or `text`', 'remove `type`')
  const lists = (['path', 'topic', 'obis'] as const).filter((key) => Array.isArray(raw[key]))
  const key = lists[0] ?? (['topic', 'obis', 'path'] as const).find((known) => raw[known] !== undefined) ?? 'path'
  const count = lists[0] === undefined ? 1 : (raw[lists[0]]?.length ?? 1)
  const addresses = Array.from({ length: count }, (_, index): Address => {
    const place = {
      path: onePlace(raw.path, index),
      topic: onePlace(raw.topic, index),
      obis: onePlace(raw.obis, index),
    }
    const number = documents.field(place, raw.unit !== undefined, lists.length === 0 ? path : [...path, key, index])
    return { base: number ?? 0, expression: null }
  })
  if (new Set(addresses.map(({ base }) => base)).size !== addresses.length)
    report([...path, key], 'two phases share one value')
  return {
    key,
    addresses,
    perPhase: lists.length > 0,
    table: 'field',
    type: raw.type === 'text' ? 'text' : 'f64',
    words: 1,
    texts: raw.type === 'text' ? 'only' : 'maybe',
    width: raw.type === 'text' ? 0 : FIELD_BITS,
  }
}

export function compileAddress(at: number | string, path: Path, words: number, context: PointContext): Address {
  const { report, optionNames } = context
  if (typeof at === 'number') {
    if (at + words > 65_536) report(path, `a value of ${words} registers at ${at} runs past the last register, 65535`)
    return { base: at, expression: null }
  }
  if (/^\d+\.\w+$/u.test(at.trim())) {
    report(path, 'a SunSpec point is only read', 'write the register address')
    return { base: 0, expression: null }
  }
  const expression = compileExpression(at.replaceAll(/\{(\w{1,32})\}/gu, ' $1 '), path, report)
  for (const name of expression === null ? [] : namesIn(expression)) {
    if (name === 'n' || optionNames.has(name)) continue
    const hint = optionNames.size === 0 ? 'e.g. "100 + 12 * ({n} - 1)"' : didYouMean(name, [...optionNames, 'n'])
    report(path, 'an address knows only {n}, the connector, and options', hint)
  }
  return { base: 0, expression }
}
