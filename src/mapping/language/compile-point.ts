import type { ReadPoint, Source } from '../mapping.ts'
import type { Path, Report } from './problem.ts'
import type { RawReadPoint } from './schema-read.ts'
import { isSunSpec, readSunSpec } from './sunspec-points.ts'
import type { Quantity } from '../values/unit.ts'
import type { PointContext } from './point-context.ts'
import { registersOf, fieldsOf } from './compile-place.ts'
import {
  compileBits,
  compileCondition,
  compileDuration,
  compileExpression,
  compileNumberMap,
  compileRange,
  compileUnit,
} from './compile-parts.ts'

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
