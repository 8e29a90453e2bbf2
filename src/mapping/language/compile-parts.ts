/** Small parts of a line: units, ranges, times, bits, expressions. */
import { parseExpression } from '../values/expression.ts'
import type { Expression } from '../values/expression.ts'
import type { Bits } from '../mapping.ts'
import { isText, limitsOf } from '../values/number-codec.ts'
import type { ValueType } from '../values/number-codec.ts'
import type { Path, Report } from './problem.ts'
import { parseDuration, parseRange } from '../values/quantity.ts'
import type { Range } from '../values/quantity.ts'
import { parseUnit } from '../values/unit.ts'
import type { Quantity, Unit } from '../values/unit.ts'

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
