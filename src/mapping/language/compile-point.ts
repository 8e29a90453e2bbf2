import type { RegisterTable } from '../../model/driver.ts'
import type { DocumentBook } from './document-book.ts'
import { namesIn, parseExpression } from '../values/expression.ts'
import type { Expression } from '../values/expression.ts'
import type { Address, Bits, Poll, ReadPoint, ReadTable, Source } from '../mapping.ts'
import { isText, limitsOf, wordsOf } from '../values/number-codec.ts'
import type { Order, ValueType } from '../values/number-codec.ts'
import { didYouMean } from './problem.ts'
import type { Path, Report } from './problem.ts'
import { parseDuration, parseRange } from '../values/quantity.ts'
import type { Range } from '../values/quantity.ts'
import type { RawReadPoint } from './schema-read.ts'
import { isSunSpec, readSunSpec } from './sunspec-points.ts'
import { parseUnit } from '../values/unit.ts'
import type { Quantity, Unit } from '../values/unit.ts'

/** What a line inherits when it says nothing. The order is Modbus' own, high byte and high word first. */
export interface Defaults {
  readonly table: RegisterTable
  readonly type: ValueType
  readonly order: Order
  readonly len: number | null
  readonly poll: Poll
}
export const LANGUAGE_DEFAULTS: Defaults = { table: 'holding', type: 'u16', order: 'ABCD', len: null, poll: 'fast' }

export interface PointContext {
  readonly defaults: Defaults
  readonly maxRead: number
  /** Names that an address may use beside {n}. */
  readonly optionNames: ReadonlySet<string>
  /** The device lists its models: `at: 203.W`. */
  readonly sunSpec: boolean
  /** Null: a device with registers. */
  readonly documents: DocumentBook | null
  readonly report: Report
}

/** What the place in the file expects of a value. */
export interface Expected {
  /** Null: a plain number (points, phases); the unit is then free. */
  readonly quantity: Quantity | null
  readonly unitNeeded: boolean
  readonly perPhase: 'yes' | 'no' | 'free'
}
export const ANY_VALUE: Expected = { quantity: null, unitNeeded: false, perPhase: 'free' }
export const ONE_VALUE: Expected = { quantity: null, unitNeeded: false, perPhase: 'no' }

/** A point or a calculation; null after a reported problem. */
export function compileSource(raw: RawReadPoint, path: Path, expected: Expected, context: PointContext): Source | null {
  const { report } = context
  if (raw.calc === undefined) {
    const point = compileReadPoint(raw, path, expected, context)
    return point === null ? null : { kind: 'point', point }
  }
  for (const key of Object.keys(raw)) {
    if (key !== 'calc' && key !== 'if' && key !== 'range' && key !== 'poll' && key !== 'unit') {
      report(
        [...path, key],
        `\`${key}\` means nothing beside \`calc\``,
        'read the register under `points` and use its name',
      )
    }
  }
  if (raw.unit !== undefined)
    report([...path, 'unit'], 'a calculation is already in A, V, W, Wh', 'multiply by a number instead')
  const expression = compileExpression(raw.calc, [...path, 'calc'], report)
  const condition = compileCondition(raw.if, [...path, 'if'], report)
  const range = raw.range === undefined ? null : compileRange(raw.range, [...path, 'range'], expected.quantity, report)
  return expression === null ? null : { kind: 'calc', calculation: { expression, condition, range } }
}

export function compileReadPoint(
  raw: RawReadPoint,
  path: Path,
  expected: Expected,
  context: PointContext,
): ReadPoint | null {
  if (!isSunSpec(raw.at)) return compilePlace(raw, path, expected, context)
  if (!context.sunSpec) {
    const hint = 'write where its marker may stand: `modbus: {sunspec: [40000, 50000, 0]}`'
    context.report([...path, 'at'], 'the file does not say that the device has SunSpec', hint)
    return null
  }
  const known = readSunSpec(raw, path, context.report)
  const point = known === null ? null : compilePlace(known.raw, path, expected, context)
  return known === null || point === null ? null : { ...point, sunspec: known.places }
}

function compilePlace(raw: RawReadPoint, path: Path, expected: Expected, context: PointContext): ReadPoint | null {
  const { defaults, report } = context
  const place =
    context.documents === null ? registersOf(raw, path, context) : fieldsOf(raw, path, context.documents, report)
  if (place === null) return null
  const { addresses, perPhase, table, type, words, texts, width } = place
  if (perPhase && expected.perPhase === 'no')
    report([...path, place.key], 'this signal is one value, not one per phase', 'one register')

  const unit = raw.unit === undefined ? null : compileUnit(raw.unit, [...path, 'unit'], report)
  const text = texts === 'only'
  if (unit !== null && text) report([...path, 'unit'], 'a text has no unit')
  if (unit !== null && expected.quantity !== null && unit.quantity !== expected.quantity) {
    report(
      [...path, 'unit'],
      `the unit is of ${unit.quantity}, this signal is in ${expected.quantity}`,
      `e.g. ${expected.quantity} or 0.1 ${expected.quantity}`,
    )
  }
  if (
    unit === null &&
    raw.unit === undefined &&
    expected.unitNeeded &&
    raw.map === undefined &&
    raw.obis === undefined
  ) {
    report(path, '`unit` is missing', `copy it from the data sheet, e.g. 0.1 ${expected.quantity ?? ''}`)
  }
  if (raw.bit !== undefined && raw.bits !== undefined) report([...path, 'bits'], '`bit` and `bits` exclude each other')
  const bits = compileBits(raw.bit, raw.bits, path, width, report)
  if (bits !== null && table !== 'field') {
    if (type === 'f32' || type === 'f64') report(path, 'a float has no bits', 'use u16 or u32')
    if (words > 2) report(path, 'bits are taken from one or two registers', 'use u16 or u32')
  }
  const nones = raw.none === undefined ? [] : Array.isArray(raw.none) ? raw.none : [raw.none]
  for (const none of nones) {
    if (typeof none === 'string' && texts === 'never')
      report([...path, 'none'], `"${none}" is not a number`, 'write the raw pattern, e.g. 0xFFFF')
  }
  const holdMs = raw.hold === undefined ? 0 : compileDuration(raw.hold, [...path, 'hold'], report)
  if (raw.map !== undefined && (unit !== null || text))
    report([...path, 'map'], '`map` needs a plain number', 'remove `unit`')
  if (
    raw.as !== undefined &&
    table !== 'field' &&
    (type === 'f32' || type === 'f64' || (width === 0 && type !== 'text'))
  )
    report([...path, 'as'], 'only whole numbers and bytes (`type: text`) can be shown as hex')
  return {
    addresses,
    perPhase,
    table,
    type,
    order: raw.order ?? defaults.order,
    words,
    unitId: raw.unit_id ?? null,
    shared: raw.shared ?? raw.unit_id !== undefined,
    bits,
    unit,
    offset: raw.offset ?? 0,
    abs: raw.abs ?? false,
    none: nones,
    range: raw.range === undefined ? null : compileRange(raw.range, [...path, 'range'], unit?.quantity ?? null, report),
    holdMs,
    times: raw.times ?? null,
    hex: raw.as === 'hex',
    strip: raw.strip ?? null,
    map: raw.map === undefined ? null : compileReadMap(raw.map, texts === 'maybe', [...path, 'map'], report),
    condition: compileCondition(raw.if, [...path, 'if'], report),
    // A document comes as a whole: asking for half of its values more often would ask for all of it.
    poll: table === 'field' ? 'fast' : (raw.poll ?? defaults.poll),
    sunspec: null,
  }
}

/** Where a value is and what kind of thing stands there. */
interface PlaceOfValue {
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

function registersOf(raw: RawReadPoint, path: Path, context: PointContext): PlaceOfValue | null {
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
function fieldsOf(raw: RawReadPoint, path: Path, documents: DocumentBook, report: Report): PlaceOfValue | null {
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

export function compileUnit(text: string, path: Path, report: Report): Unit | null {
  const unit = parseUnit(text)
  if (typeof unit !== 'string') return unit
  report(path, unit)
  return null
}

export function compileRange(text: string, path: Path, quantity: Quantity | null, report: Report): Range | null {
  const range = parseRange(text, quantity)
  if (typeof range !== 'string') return range
  report(path, range)
  return null
}

export function compileDuration(text: string, path: Path, report: Report): number {
  const ms = parseDuration(text)
  if (ms === null) report(path, `"${text}" is not a time`, 'e.g. 100ms, 20s or 5 min')
  return ms ?? 0
}

export function compileExpression(raw: string | number, path: Path, report: Report): Expression | null {
  const expression = parseExpression(String(raw))
  if (typeof expression !== 'string') return expression
  report(path, `not an expression: ${expression}`)
  return null
}

export function compileCondition(raw: string | boolean | undefined, path: Path, report: Report): Expression | null {
  return raw === undefined ? null : compileExpression(raw === true ? '1' : raw === false ? '0' : raw, path, report)
}

export function compileBits(
  bit: number | undefined,
  bits: string | undefined,
  path: Path,
  width: number,
  report: Report,
): Bits | null {
  if (bit === undefined && bits === undefined) return null
  const [first = 0, second = 0] = bits === undefined ? [bit, bit] : bits.split('..').map((part) => Number(part.trim()))
  const high = Math.max(first, second)
  const low = Math.min(first, second)
  if (high >= width) {
    const where = [...path, bit === undefined ? 'bits' : 'bit']
    report(
      where,
      width === 0 ? 'this value has no bits' : `bit ${high} is outside the value: it has bits 0 to ${width - 1}`,
      width === 16 ? 'a second register needs `type: u32`' : '',
    )
    return null
  }
  return { high, low }
}

/** Words are for documents: a register says numbers. */
function compileReadMap(
  raw: Readonly<Record<string, number>>,
  words: boolean,
  path: Path,
  report: Report,
): ReadonlyMap<number | string, number> {
  const isWord = (key: string): boolean => words && !Number.isFinite(Number(key))
  const numbers = Object.entries(raw).filter(([key]) => !isWord(key))
  return new Map<number | string, number>([
    ...compileNumberMap(Object.fromEntries(numbers), path, report),
    ...Object.entries(raw).filter(([key]) => isWord(key)),
  ])
}

export function compileNumberMap(
  raw: Readonly<Record<string, number>>,
  path: Path,
  report: Report,
): ReadonlyMap<number, number> {
  const map = new Map<number, number>()
  for (const [key, value] of Object.entries(raw)) {
    const number = Number(key)
    if (!Number.isFinite(number)) report([...path, key], `"${key}" is not a number`)
    else map.set(number, value)
  }
  return map
}

/** Whether a constant can be written to a value of this type. */
export function fitsType(value: number, type: ValueType, len: number): boolean {
  if (isText(type)) return false
  const limits = limitsOf(type, len)
  return limits === null || (Number.isInteger(value) && value >= limits.min && value <= limits.max)
}
