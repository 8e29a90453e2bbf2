import { numbersIn } from '../values/words.ts'
import { ampsBehind } from '../values/calculated-current.ts'
import { putBits } from '../values/decode.ts'
import type { ReadPoint, Word, WritePoint } from '../mapping.ts'
import { decodeNumber, encodeBytes, encodeNumber, encodeText, isText, limitsOf } from '../values/number-codec.ts'
import type { NumberType } from '../values/number-codec.ts'
import type { Value } from '../values/expression.ts'
import { ampsOf, writtenNumber } from '../values/encode.ts'
import { fromBase, toBase } from '../values/unit.ts'

/**
 * A point in reverse: the words that a device would show for a value. `before` are the words that stand there now (for bits).
 * Null: the device has no way to show it (a missing value without a pattern), so the register should refuse.
 */
export function wordsShowing(
  point: ReadPoint,
  value: number | string | boolean | null,
  before: readonly Word[],
  factor: number,
): readonly Word[] | null {
  if (point.table === 'field') return fieldShowing(point, value, factor)
  if (value === null) return missingWords(point)
  if (point.table === 'coil' || point.table === 'discrete') return [Number(value) === 0 ? 0 : 1]
  if (isText(point.type) && point.hex) return encodeBytes(String(value), point.order, point.words)
  if (isText(point.type))
    return encodeText(`${point.strip ?? ''}${String(value)}`, point.type, point.order, point.words)
  const raw = rawShowing(point, value, factor)
  return raw === null ? null : rawWords(point, raw, before)
}

/** Words of a raw number, cut to what the type can show: a simulated register never refuses to be set. */
export function rawWords(point: ReadPoint, raw: number, before: readonly Word[]): readonly Word[] {
  if (point.table === 'field')
    return [point.bits === null ? raw : putBits(Number(before[0] ?? 0) || 0, point.bits, raw)]
  if (point.table === 'coil' || point.table === 'discrete') return [raw === 0 ? 0 : 1]
  if (isText(point.type)) return encodeText(String(raw), point.type, point.order, point.words)
  if (point.bits !== null) {
    const wide: NumberType = point.words === 1 ? 'u16' : 'u32'
    const highest = 2 ** (point.bits.high - point.bits.low + 1) - 1
    const part = Math.min(Math.max(Math.round(raw), 0), highest)
    return encodeNumber(
      putBits(decodeNumber(numbersIn(before) ?? [], wide, point.order), point.bits, part),
      wide,
      point.order,
    )
  }
  const limits = limitsOf(point.type, point.words)
  const shown = limits === null ? raw : Math.min(Math.max(Math.round(raw), limits.min), limits.max)
  return encodeNumber(shown, point.type, point.order, point.words)
}

/** What a document would say; null: nothing stands there. */
function fieldShowing(
  point: ReadPoint,
  value: number | string | boolean | null,
  factor: number,
): readonly Word[] | null {
  if (value === null) return null
  if (point.type === 'text' || (typeof value === 'string' && !point.hex))
    return [`${point.strip ?? ''}${String(value)}`]
  if (point.map !== null) {
    const said = [...point.map].find(([, meaning]) => meaning === Number(value))
    return said === undefined ? null : [said[0]]
  }
  const raw = rawShowing(point, value, factor)
  return raw === null ? null : [Number(raw.toFixed(6))]
}

function rawShowing(point: ReadPoint, value: number | string | boolean, factor: number): number | null {
  if (point.hex) {
    const raw = Number.parseInt(String(value).replace(/^0x/iu, ''), 16)
    return Number.isNaN(raw) ? null : raw
  }
  const number = Number(value)
  if (Number.isNaN(number)) return null
  if (point.map !== null) {
    for (const [raw, meaning] of point.map) if (meaning === number && typeof raw === 'number') return raw
    return null
  }
  const scaled = factor === 0 ? 0 : number / factor
  return (point.unit === null ? scaled : fromBase(scaled, point.unit)) - point.offset
}

function missingWords(point: ReadPoint): readonly Word[] | null {
  const [none] = point.none
  if (isText(point.type)) return encodeText(typeof none === 'string' ? none : '', point.type, point.order, point.words)
  if (typeof none === 'number') {
    // A pattern like 0x8000 is written as on the wire, so it may lie outside a signed type.
    const unsigned: NumberType = point.words === 1 ? 'u16' : point.words === 2 ? 'u32' : 'u64'
    return point.type === 'bcd' || none < 0 ? rawWords(point, none, []) : encodeNumber(none, unsigned, point.order)
  }
  return point.type === 'f32' || point.type === 'f64' ? Array.from({ length: point.words }, () => 0xffff) : null
}

/** What a set-point write means, in A. `valueOf` gives the names of a calculation. */
export function ampsWritten(
  point: WritePoint,
  words: readonly number[],
  valueOf: (name: string) => Value,
): number | null {
  if (point.calc === null) return ampsOf(point, words)
  return isText(point.type) ? null : ampsBehind(point.calc, writtenNumber(point, words), valueOf)
}

/** A written number in base units (seconds of a time-out, a phase count). */
export function numberWritten(point: WritePoint, words: readonly number[]): number | null {
  if (point.table === 'coil') return words[0] ?? null
  if (isText(point.type)) return null
  const raw = writtenNumber(point, words)
  if (point.map !== null) {
    for (const [meaning, code] of point.map) if (code === raw) return meaning
    return null
  }
  return point.unit === null ? raw : toBase(raw + point.offset, point.unit)
}

/** Words that a write of a constant would carry. */
export function constantWords(point: WritePoint, value: number): readonly number[] {
  if (point.table === 'coil') return [value === 0 ? 0 : 1]
  if (point.table === 'message') return [value]
  return isText(point.type) ? [] : encodeNumber(value, point.type, point.order, point.len)
}
