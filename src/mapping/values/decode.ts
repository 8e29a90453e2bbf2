import { numbersIn } from './words.ts'
import type { Bits, ReadPoint, Word } from '../mapping.ts'
import { decodeBytes, decodeNumber, decodeText, isText } from './number-codec.ts'
import { inRange } from './quantity.ts'
import { toBase } from './unit.ts'

/** One decoded value; null is missing. */
export type Decoded = number | string | null

/** The raw number behind words, before unit and range: what error codes, state lists and `is` compare with. Null: missing. */
export function decodeRaw(point: ReadPoint, stored: readonly Word[]): Decoded {
  if (point.table === 'field') return decodeField(point, stored[0] ?? null)
  const words = numbersIn(stored)
  if (words === null) return null
  if (point.table === 'coil' || point.table === 'discrete')
    return words[0] === undefined ? null : words[0] === 0 ? 0 : 1
  if (isText(point.type)) {
    const text = point.hex ? decodeBytes(words, point.order) : decodeText(words, point.type, point.order)
    return shownText(point, text)
  }
  let value: number
  if (point.bits === null) value = decodeNumber(words, point.type, point.order)
  else value = takeBits(unsigned(point, words), point.bits)
  if (point.none.length > 0) {
    // A pattern such as 0x8000 is written as it looks on the wire, also for a signed type.
    const pattern = point.bits === null && point.words <= 2 ? unsigned(point, words) : value
    if (point.none.some((none) => none === value || none === pattern)) return null
  }
  return Number.isNaN(value) ? null : value
}

function shownText(point: ReadPoint, text: string): string | null {
  const stripped = point.strip !== null && text.startsWith(point.strip) ? text.slice(point.strip.length).trim() : text
  return stripped === '' || point.none.some((none) => none === stripped || none === text) ? null : stripped
}

/** What a document says. A number in quotes is a number, unless the file says `type: text`. */
function decodeField(point: ReadPoint, word: Word): Decoded {
  if (word === null) return null
  const number = point.type === 'text' ? null : numberOf(word)
  if (number === null) return shownText(point, String(word))
  if (point.none.some((none) => none === number)) return null
  if (point.bits === null) return number
  return Number.isInteger(number) && number >= 0 ? takeBits(number, point.bits) : null
}

const NUMBER = /^[+-]?\d{1,15}(\.\d{1,15})?(e[+-]?\d{1,2})?$/iu

function numberOf(word: number | string): number | null {
  if (typeof word === 'number') return Number.isFinite(word) ? word : null
  const text = word.trim()
  return NUMBER.test(text) ? Number(text) : null
}

/** The value in base units; null when missing, out of range or not a number. `factor` is the value of `times` (1 without). */
export function decodePoint(point: ReadPoint, words: readonly Word[], factor: number | null): Decoded {
  const raw = decodeRaw(point, words)
  if (raw === null) return null
  if (typeof raw === 'string') return point.map === null ? raw : (point.map.get(raw) ?? null)
  if (point.hex) return hexText(raw, point.table === 'field' ? 0 : point.words)
  if (point.map !== null) return point.map.get(raw) ?? null
  if (factor === null) return null
  const signed = point.abs ? Math.abs(raw) : raw
  const scaled = (point.unit === null ? signed + point.offset : toBase(signed + point.offset, point.unit)) * factor
  const exact = factor === 1 ? scaled : tidy(scaled)
  const value = point.abs ? Math.abs(exact) : exact
  if (!Number.isFinite(value)) return null
  return point.range === null || inRange(value, point.range) ? (value === 0 ? 0 : value) : null
}

/** Removes the dust of binary fractions: 2301 * 0.1 is 230.1. */
function tidy(value: number): number {
  return Number(value.toPrecision(15))
}

function hexText(value: number, words: number): string {
  return value
    .toString(16)
    .toUpperCase()
    .padStart(words * 4, '0')
}

/** Arithmetic instead of shifts: bit 31 of a u32 stays positive. */
export function takeBits(value: number, bits: Bits): number {
  return Math.floor(value / 2 ** bits.low) % 2 ** (bits.high - bits.low + 1)
}

export function putBits(value: number, bits: Bits, part: number): number {
  const old = takeBits(value, bits)
  return value + (part - old) * 2 ** bits.low
}

function unsigned(point: ReadPoint, words: readonly number[]): number {
  return decodeNumber(words, point.words === 1 ? 'u16' : 'u32', point.order)
}
