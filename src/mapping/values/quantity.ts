/** Numbers with a unit as a person writes them: `13.5 A`, `20s`, `6..32 A`, `0 or 6..32 A`, `timeout/2`. */
import { parseUnit, toBase } from './unit.ts'
import type { Quantity } from './unit.ts'

export interface Range {
  readonly min: number
  readonly max: number
  /** True for `0 or 6..32 A`: nothing between 0 and min. */
  readonly orZero: boolean
}

const NUMBER = String.raw`-?\d{1,12}(?:\.\d{1,9})?`
const AMOUNT = new RegExp(`^(${NUMBER}) ?([^\\d\\s.]{1,5})$`, 'u')
const RANGE = new RegExp(`^(0 or )?(${NUMBER}) ?\\.\\. ?(${NUMBER})(?: ?([^\\d\\s.]{1,5}))?$`, 'u')

/** `13.5 A` in the base unit of `quantity`; a bare number counts as the base unit. Null when it is neither. */
export function parseAmount(value: unknown, quantity: Quantity): number | null {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return null
  const match = AMOUNT.exec(value.trim())
  if (match === null) return null
  const unit = parseUnit(match[2] ?? '')
  if (typeof unit === 'string' || unit.quantity !== quantity) return null
  return toBase(Number(match[1]), unit)
}

/** `100ms`, `20s`, `5 min` in ms; a bare number is refused because nobody knows what it counts. */
export function parseDuration(value: unknown): number | null {
  if (typeof value !== 'string') return null
  const seconds = parseAmount(value, 's')
  if (seconds === null || seconds < 0 || seconds > 7 * 86_400) return null
  return Math.round(seconds * 1000)
}

/** A range in the base unit of `quantity`; null quantity: plain numbers. A sentence when it is wrong. */
export function parseRange(text: string, quantity: Quantity | null): Range | string {
  const match = RANGE.exec(text.trim())
  if (match === null) return `"${text}" is not a range such as 6..32 A or 45..65`
  const [, zero, low, high, symbol] = match
  let min = Number(low)
  let max = Number(high)
  if (symbol !== undefined) {
    const unit = parseUnit(symbol)
    if (typeof unit === 'string') return unit
    if (quantity === null) return 'a range with a unit needs a `unit` on the same line'
    if (unit.quantity !== quantity) return `the range is in ${symbol}, the value in ${quantity}`
    min = toBase(min, unit)
    max = toBase(max, unit)
  }
  if (min > max) return `the range begins above its end`
  return { min, max, orZero: zero !== undefined }
}

export function inRange(value: number, range: Range): boolean {
  return (range.orZero && value === 0) || (value >= range.min && value <= range.max)
}
