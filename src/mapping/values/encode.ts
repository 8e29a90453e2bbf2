import { BridgeError } from '../../model/errors.ts'
import { evaluate } from './expression.ts'
import type { Value } from './expression.ts'
import type { WritePoint } from '../mapping.ts'
import { numbersOfPair, pairOf } from './message.ts'
import { decodeNumber, encodeNumber, isText, limitsOf } from './number-codec.ts'
import type { NumberType } from './number-codec.ts'
import { fromBase, toBase } from './unit.ts'

/** IEC 61851-1 A.4: a pilot cannot offer less. Nothing in the project ever orders a current between 0 and this. */
export const LOWEST_AMPS = 6

/** What a write carries: a constant of the file, amperes, seconds or a number of phases. */
export type Quantum =
  | { readonly kind: 'constant' }
  | { readonly kind: 'amps'; readonly amps: number }
  | { readonly kind: 'seconds'; readonly seconds: number }
  | { readonly kind: 'phases'; readonly count: number }

export function refused(message: string): BridgeError {
  return new BridgeError('DEVICE_VALUE_REFUSED', message)
}

/**
 * The set-point that is really written: on the grid of the device, rounded down, within its range. `what` names the device in the
 * refusal. Zero passes only where the range says so (`0 or 6..32 A`).
 */
export function gateAmps(point: WritePoint, amps: number, what: string): number {
  if (!Number.isFinite(amps) || amps < 0) throw refused(`${what}: ${amps} is not a current`)
  if (amps > 0 && amps < LOWEST_AMPS) throw refused(`${what}: ${amps} A is between 0 and ${LOWEST_AMPS} A`)
  const range = point.range
  if (amps === 0) {
    if (range?.orZero === true) return 0
    throw refused(`${what}: 0 A is written by \`pause\` only`)
  }
  if (range !== null && (amps < range.min || amps > range.max))
    throw refused(`${what}: ${amps} A is outside ${range.min} to ${range.max} A`)
  const grid = stepOf(point)
  const onGrid = grid === 0 ? amps : tidy(Math.floor(amps / grid + 1e-6) * grid)
  if (onGrid < LOWEST_AMPS || (range !== null && onGrid < range.min))
    throw refused(`${what}: ${amps} A rounded down to ${grid} A steps is below the minimum`)
  return onGrid
}

/** Grid of a set-point: `step`, else what one count of the register means. 0: no grid (floats, calculations). */
export function stepOf(point: WritePoint): number {
  if (point.step > 0) return point.step
  if (point.unit === null || isText(point.type) || limitsOf(point.type, point.len) === null) return 0
  return Math.abs(toBase(1, point.unit))
}

/** Removes the dust of binary fractions: 13.500000000000002 -> 13.5. */
function tidy(value: number): number {
  return Number(value.toPrecision(12))
}

/** The raw number to write. `valueOf` gives names in `calc`; a missing one refuses the write. */
export function rawOf(
  point: WritePoint,
  quantum: Quantum,
  valueOf: (name: string) => Value,
  toggle: number,
  what: string,
): number {
  if (point.value !== null) return point.value[toggle % point.value.length] ?? 0
  const wanted =
    quantum.kind === 'amps'
      ? quantum.amps
      : quantum.kind === 'seconds'
        ? quantum.seconds
        : quantum.kind === 'phases'
          ? quantum.count
          : 0
  if (point.calc !== null) {
    const { calc } = point
    const at = (amps: number | null): Value =>
      evaluate(calc, (name) => {
        if (name === 'A' && amps !== null) return amps
        if (name === 'timeout' && quantum.kind === 'seconds') return quantum.seconds
        if (name === 'phases' && quantum.kind === 'phases') return quantum.count
        return valueOf(name)
      })
    const value = at(quantum.kind === 'amps' ? quantum.amps : null)
    if (typeof value !== 'number') throw refused(`${what}: a value that the calculation needs is not available`)
    const less = quantum.kind === 'amps' ? at(quantum.amps - 1) : null
    // A box that counts what it takes as negative is given less current by a higher number.
    return typeof less === 'number' && less > value ? -whole(point, -value) : whole(point, value)
  }
  if (point.map !== null) {
    const mapped = point.map.get(wanted)
    if (mapped === undefined) throw refused(`${what}: the device has no code for ${wanted}`)
    return mapped
  }
  return whole(point, (point.unit === null ? wanted : fromBase(wanted, point.unit)) - point.offset)
}

/** Whole-number registers are rounded down: never more current than was ordered. */
function whole(point: WritePoint, value: number): number {
  if (isText(point.type) || limitsOf(point.type, point.len) === null) return value
  return Math.floor(value + 1e-6)
}

export function wordsFor(point: WritePoint, raw: number, what: string): readonly number[] {
  if (point.table === 'coil') return [raw === 0 ? 0 : 1]
  if (point.table === 'message') return [point.share === null ? raw : pairOf({ [point.share]: raw })]
  const type: NumberType = isText(point.type) ? 'u16' : point.type
  try {
    return encodeNumber(raw, type, point.order, point.len)
  } catch (error) {
    throw new BridgeError(
      'DEVICE_VALUE_REFUSED',
      `${what}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    )
  }
}

/** The last gate before copper: what the words mean, read back as the device will read them, may not lie between 0 and 6 A. */
export function guardWords(point: WritePoint, words: readonly number[], what: string): void {
  if (
    point.unit?.quantity !== 'A' ||
    point.bits !== null ||
    point.calc !== null ||
    point.value !== null ||
    point.map !== null
  )
    return
  const amps = ampsOf(point, words)
  if (amps === null || amps < 0 || (amps > 0 && amps < LOWEST_AMPS - 1e-6))
    throw refused(`${what}: the words ${words.join(' ')} mean ${amps} A`)
}

/** What words in a set-point register mean, in A; null when they mean nothing. */
export function ampsOf(point: WritePoint, words: readonly number[]): number | null {
  if (point.unit === null || isText(point.type)) return null
  const raw = writtenNumber(point, words)
  return Number.isNaN(raw) ? null : tidy(toBase(raw + point.offset, point.unit))
}

/** The raw number of an order: decoded from words of a register, or the number of a message itself. NaN: none. */
export function writtenNumber(point: WritePoint, words: readonly number[]): number {
  if (point.table === 'message') {
    const [word] = words
    return word === undefined ? Number.NaN : point.share === null ? word : numbersOfPair(word)[point.share]
  }
  return isText(point.type) ? Number.NaN : decodeNumber(words, point.type, point.order)
}
