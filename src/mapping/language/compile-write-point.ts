import {
  compileBits,
  compileCondition,
  compileDuration,
  compileExpression,
  compileNumberMap,
  compileRange,
  compileUnit,
  fitsType,
} from './compile-parts.ts'
import { compileAddress } from './compile-place.ts'
import { compileReadPoint } from './compile-point.ts'
import type { PointContext } from './point-context.ts'
import type { DocumentBook } from './document-book.ts'
import type { Address, ReadPoint, WriteFunction, WritePoint, WriteTable } from '../mapping.ts'
import { isText, wordsOf } from '../values/number-codec.ts'
import type { NumberType } from '../values/number-codec.ts'
import type { Path, Report } from './problem.ts'
import { parseAmount } from '../values/quantity.ts'
import type { Range } from '../values/quantity.ts'
import type { RawReadBack } from './schema-read.ts'
import type { RawStep } from './schema-write.ts'
import type { Quantity } from '../values/unit.ts'

/** What a set-point may be when the file gives no range: never between 0 and 6 A (IEC 61851-1 A.4). */
const DEFAULT_CURRENT_RANGE: Range = { min: 6, max: 32, orZero: false }

export interface WriteContext extends PointContext {
  readonly writeFunction: WriteFunction | null
}

/** What the value of a write comes from: a command's own value (A, s, a phase count) or a constant. */
export interface Wanted {
  readonly quantity: Quantity | null
  readonly valueNeeded: boolean
  readonly range: Range | null
}
export const CONSTANT: Wanted = { quantity: null, valueNeeded: true, range: null }
export const CURRENT: Wanted = { quantity: 'A', valueNeeded: false, range: DEFAULT_CURRENT_RANGE }
export const FAILSAFE_CURRENT: Wanted = { quantity: 'A', valueNeeded: false, range: { min: 6, max: 32, orZero: true } }
export const TIMEOUT: Wanted = { quantity: 's', valueNeeded: false, range: null }
export const PHASE_COUNT: Wanted = { quantity: null, valueNeeded: false, range: null }

export function compileWritePoint(raw: RawStep, path: Path, wanted: Wanted, context: WriteContext): WritePoint | null {
  const { report } = context
  const place =
    context.documents === null ? registerOf(raw, path, context) : messageOf(raw, path, context.documents, report)
  if (place === null) return null
  const { address, table, type, len, words, functionCode } = place
  const bits = compileBits(raw.bit, raw.bits, path, table === 'holding' ? 16 : 0, report)
  if (bits !== null && words > 1) report(path, 'bits are written in one register', 'type: u16')
  if (functionCode === 22 && bits === null)
    report([...path, 'fc'], 'function 22 changes bits', 'say which with `bit` or `bits`')
  const unit = raw.unit === undefined ? null : compileUnit(raw.unit, [...path, 'unit'], report)
  if (unit !== null && wanted.quantity !== null && unit.quantity !== wanted.quantity) {
    report([...path, 'unit'], `the unit is of ${unit.quantity}, this is written in ${wanted.quantity}`)
  }
  const values = raw.value === undefined ? null : Array.isArray(raw.value) ? raw.value : [raw.value]
  if (values !== null) {
    for (const value of values) {
      const highest = bits === null ? null : 2 ** (bits.high - bits.low + 1) - 1
      const fits =
        highest !== null
          ? Number.isInteger(value) && value >= 0 && value <= highest
          : table === 'coil'
            ? value === 0 || value === 1
            : table === 'message' || fitsType(value, type, len)
      if (!fits)
        report(
          [...path, 'value'],
          `${value} does not fit ${highest !== null ? 'these bits' : table === 'coil' ? 'a coil' : type}`,
        )
    }
  } else if (wanted.valueNeeded && raw.calc === undefined) {
    if (table !== 'message') report(path, '`value` is missing', 'what is to be written, e.g. `value: 1`')
    else if (place.takesValue) report(path, '`value` is missing', 'what stands for {value}, or no {value} in the order')
  } else if (
    place.takesValue &&
    wanted.quantity !== null &&
    unit === null &&
    raw.calc === undefined &&
    raw.map === undefined &&
    raw.unit === undefined
  ) {
    report(path, '`unit` is missing', `copy it from the data sheet, e.g. 0.1 ${wanted.quantity}`)
  }
  if (values !== null && raw.calc !== undefined) report([...path, 'calc'], '`value` and `calc` exclude each other')
  const rangeNames = typeof raw.range === 'object' ? raw.range : null
  if (rangeNames !== null && (wanted !== CURRENT || values !== null))
    report([...path, 'range'], 'only the set-point `current` has a range that the device tells', 'e.g. range: 6..16 A')
  const range =
    typeof raw.range === 'string' ? compileRange(raw.range, [...path, 'range'], wanted.quantity, report) : wanted.range
  const step = raw.step === undefined ? 0 : (parseAmount(raw.step, wanted.quantity ?? 'A') ?? -1)
  if (step < 0) report([...path, 'step'], `"${raw.step}" is not a step`, 'e.g. `step: 1`')
  return {
    address,
    table,
    type,
    order: raw.order ?? context.defaults.order,
    len,
    functionCode: functionCode === 22 ? null : functionCode,
    mask: functionCode === 22,
    unitId: raw.unit_id ?? null,
    shared: raw.shared ?? raw.unit_id !== undefined,
    unit,
    offset: raw.offset ?? 0,
    // An order without {value} is a constant of its own.
    value: table === 'message' && !place.takesValue ? [0] : values,
    calc: raw.calc === undefined ? null : compileExpression(raw.calc, [...path, 'calc'], report),
    bits,
    share: null,
    range: values === null && place.takesValue ? range : null,
    rangeNames,
    step: Math.max(step, 0),
    map: raw.map === undefined ? null : compileNumberMap(raw.map, [...path, 'map'], report),
    onChange: raw.on_change ?? false,
    minGapMs: raw.min_gap === undefined ? 0 : compileDuration(raw.min_gap, [...path, 'min_gap'], report),
    rewriteMs: raw.rewrite === undefined ? null : compileDuration(raw.rewrite, [...path, 'rewrite'], report),
    repeat: raw.repeat ?? 1,
    wears: raw.wears !== undefined && raw.wears !== false,
    writesPerDay: typeof raw.wears === 'object' ? raw.wears.per_day : null,
    condition: compileCondition(raw.if, [...path, 'if'], report),
    readback:
      raw.readback === undefined
        ? null
        : compileReadBack(raw.readback, raw, [...path, 'readback'], wanted.quantity, context),
  }
}

/** Where an order goes. */
interface PlaceOfOrder {
  readonly address: Address
  readonly table: WriteTable
  readonly type: NumberType
  readonly len: number
  readonly words: number
  readonly functionCode: WritePoint['functionCode'] | 22
  /** False: a text without `{value}` says all by itself. */
  readonly takesValue: boolean
}

const MESSAGE_KEYS = ['get', 'put', 'post', 'topic', 'send', 'body', 'retain', 'match'] as const

function registerOf(raw: RawStep, path: Path, context: WriteContext): PlaceOfOrder | null {
  const { defaults, report } = context
  for (const key of MESSAGE_KEYS)
    if (raw[key] !== undefined)
      report([...path, key], `\`${key}\` is not for registers`, 'name the register, as `at: 5004`')
  if (raw.at === undefined) {
    report(path, '`at` is missing', 'name the register, as `at: 5004`')
    return null
  }
  const table = raw.table ?? (defaults.table === 'coil' ? 'coil' : 'holding')
  const type = raw.type ?? defaults.type
  const len = raw.len ?? 1
  if (isText(type)) {
    report([...path, 'type'], 'text cannot be written', 'a number type')
    return null
  }
  const words = table === 'coil' ? 1 : wordsOf(type, len)
  const functionCode =
    raw.fc ??
    (table === 'coil' && context.writeFunction !== 5 && context.writeFunction !== 15 ? null : context.writeFunction)
  if (functionCode !== null) {
    const forCoil = functionCode === 5 || functionCode === 15
    if (forCoil !== (table === 'coil'))
      report(
        [...path, 'fc'],
        `function ${functionCode} writes ${forCoil ? 'coils' : 'holding registers'}, this is a ${table} register`,
      )
    if (functionCode === 6 && words > 1)
      report([...path, 'fc'], `function 6 writes one register, the value takes ${words}`, 'fc: 16')
  }
  const address = compileAddress(raw.at, [...path, 'at'], words, context)
  return { address, table, type, len, words, functionCode, takesValue: true }
}

/** An order in texts. Whole numbers unless `type: f64` says that the device takes decimals: they are rounded down. */
function messageOf(raw: RawStep, path: Path, documents: DocumentBook, report: Report): PlaceOfOrder | null {
  for (const key of ['at', 'table', 'order', 'len', 'fc', 'unit_id', 'shared', 'bit', 'bits'] as const)
    if (raw[key] !== undefined) report([...path, key], `\`${key}\` is for registers only`, 'remove it')
  if (raw.type !== undefined && raw.type !== 'i32' && raw.type !== 'f64')
    report([...path, 'type'], 'an order carries a whole number or `f64`', 'remove `type`')
  const number = documents.message(raw, path)
  if (number === null) return null
  const text = [raw.get, raw.put, raw.post, raw.topic, raw.send, raw.body].join(' ')
  return {
    address: { base: number, expression: null },
    table: 'message',
    type: raw.type === 'f64' ? 'f64' : 'i32',
    len: 1,
    words: 1,
    functionCode: null,
    takesValue: /\{(value|current|timeout)\}/u.test(text),
  }
}

/** A read-back says only what differs from its write. */
export function compileReadBack(
  raw: RawReadBack,
  written: RawStep,
  path: Path,
  quantity: Quantity | null,
  context: WriteContext,
): ReadPoint | null {
  const unit = raw.unit ?? written.unit
  const inherited: RawReadBack = {
    ...(written.table === undefined ? {} : { table: written.table }),
    ...(written.type === undefined ? {} : { type: written.type }),
    ...(written.order === undefined ? {} : { order: written.order }),
    ...(typeof written.at === 'undefined' ? {} : { at: written.at }),
    ...raw,
    ...(unit === undefined ? {} : { unit }),
  }
  return compileReadPoint(inherited, path, { quantity, unitNeeded: quantity !== null, perPhase: 'no' }, context)
}
