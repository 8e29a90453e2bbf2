/** Words of 16 bits <-> numbers and text, in the four word and byte orders that devices use. */

export const NUMBER_TYPES = ['u16', 'i16', 'u32', 'i32', 'u64', 'i64', 'f32', 'f64', 'bcd'] as const
export type NumberType = (typeof NUMBER_TYPES)[number]
export type TextType = 'text' | 'utf16'
export type ValueType = NumberType | TextType

export function isText(type: ValueType): type is 'text' | 'utf16' {
  return type === 'text' || type === 'utf16'
}

/**
 * A is the most significant byte. ABCD is Modbus' own order and the default of the language; CDAB has the low word first,
 * BADC swapped bytes in each word, DCBA both.
 */
export const ORDERS = ['ABCD', 'CDAB', 'BADC', 'DCBA'] as const
export type Order = (typeof ORDERS)[number]

/** Registers that a value takes; text and BCD take `len`. */
export function wordsOf(type: ValueType, len: number): number {
  switch (type) {
    case 'u16':
    case 'i16':
      return 1
    case 'u32':
    case 'i32':
    case 'f32':
      return 2
    case 'u64':
    case 'i64':
    case 'f64':
      return 4
    case 'bcd':
    case 'text':
    case 'utf16':
      return len
  }
}

/** Lowest and highest raw number; null where the type has no whole-number limits. */
export function limitsOf(type: NumberType, len: number): { readonly min: number; readonly max: number } | null {
  switch (type) {
    case 'u16':
      return { min: 0, max: 0xffff }
    case 'i16':
      return { min: -0x8000, max: 0x7fff }
    case 'u32':
      return { min: 0, max: 0xffff_ffff }
    case 'i32':
      return { min: -0x8000_0000, max: 0x7fff_ffff }
    case 'u64':
      return { min: 0, max: Number.MAX_SAFE_INTEGER }
    case 'i64':
      return { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }
    case 'bcd':
      return { min: 0, max: Math.min(10 ** (4 * len) - 1, Number.MAX_SAFE_INTEGER) }
    case 'f32':
    case 'f64':
      return null
  }
}

function swapBytes(word: number): number {
  return ((word & 0xff) << 8) | (word >> 8)
}

/** To and from ABCD; each order is its own inverse. */
function reorder(words: readonly number[], order: Order): number[] {
  const result = order === 'CDAB' || order === 'DCBA' ? words.toReversed() : [...words]
  return order === 'BADC' || order === 'DCBA' ? result.map(swapBytes) : result
}

/**
 * Words as they came -> number. NaN and infinity are returned as NaN, as are BCD digits above 9 and 64-bit values that a
 * double cannot hold exactly: the caller treats NaN as missing.
 */
export function decodeNumber(words: readonly number[], type: NumberType, order: Order): number {
  switch (type) {
    case 'u16':
      return byteOrdered(words[0] ?? 0, order)
    case 'i16':
      return (byteOrdered(words[0] ?? 0, order) << 16) >> 16
    case 'u32':
      return ((first(words, order) << 16) | second(words, order)) >>> 0
    case 'i32':
      return (first(words, order) << 16) | second(words, order)
    case 'f32':
      SCRATCH.setUint16(0, first(words, order))
      SCRATCH.setUint16(2, second(words, order))
      return finite(SCRATCH.getFloat32(0))
    case 'bcd':
      return decodeBcd(reorder(words, order))
    case 'f64':
    case 'u64':
    case 'i64':
      break
  }
  for (const [index, word] of reorder(words, order).entries()) SCRATCH.setUint16(index * 2, word)
  if (type === 'f64') return finite(SCRATCH.getFloat64(0))
  return safe(type === 'u64' ? SCRATCH.getBigUint64(0) : SCRATCH.getBigInt64(0))
}

/** Reused for every value: decoding is done thousands of times a second and never waits in between. */
const SCRATCH = new DataView(new ArrayBuffer(8))

function byteOrdered(word: number, order: Order): number {
  return order === 'BADC' || order === 'DCBA' ? swapBytes(word) : word
}

function first(words: readonly number[], order: Order): number {
  return byteOrdered(words[order === 'CDAB' || order === 'DCBA' ? 1 : 0] ?? 0, order)
}

function second(words: readonly number[], order: Order): number {
  return byteOrdered(words[order === 'CDAB' || order === 'DCBA' ? 0 : 1] ?? 0, order)
}

/** Number -> words. Throws RangeError when the type cannot carry it: a value is never cut silently. */
export function encodeNumber(value: number, type: NumberType, order: Order, len = 1): number[] {
  const view = new DataView(new ArrayBuffer(wordsOf(type, len) * 2))
  const limits = limitsOf(type, len)
  if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be written`)
  if (limits !== null && (!Number.isInteger(value) || value < limits.min || value > limits.max)) {
    throw new RangeError(`${value} does not fit ${type} (${limits.min} to ${limits.max})`)
  }
  switch (type) {
    case 'u16':
      view.setUint16(0, value)
      break
    case 'i16':
      view.setInt16(0, value)
      break
    case 'u32':
      view.setUint32(0, value)
      break
    case 'i32':
      view.setInt32(0, value)
      break
    case 'f32':
      if (!Number.isFinite(Math.fround(value))) throw new RangeError(`${value} does not fit f32`)
      view.setFloat32(0, value)
      break
    case 'f64':
      view.setFloat64(0, value)
      break
    case 'u64':
      view.setBigUint64(0, BigInt(value))
      break
    case 'i64':
      view.setBigInt64(0, BigInt(value))
      break
    case 'bcd':
      return reorder(encodeBcd(value, len), order)
  }
  const words = Array.from({ length: view.byteLength / 2 }, (_, index) => view.getUint16(index * 2))
  return reorder(words, order)
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN
}

function safe(value: bigint): number {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : Number.NaN
}

function decodeBcd(words: readonly number[]): number {
  let value = 0
  for (const word of words) {
    for (const shift of [12, 8, 4, 0]) {
      const digit = (word >> shift) & 0xf
      if (digit > 9) return Number.NaN
      value = value * 10 + digit
    }
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : Number.NaN
}

function encodeBcd(value: number, len: number): number[] {
  const digits = String(value).padStart(len * 4, '0')
  return Array.from({ length: len }, (_, index) => Number.parseInt(digits.slice(index * 4, index * 4 + 4), 16))
}

/** Text ends at the first NUL; blanks around it and control characters are dropped (H56). */
export function decodeText(words: readonly number[], type: TextType, order: Order): string {
  const swap = order === 'BADC' || order === 'DCBA'
  const ordered = swap ? words.map(swapBytes) : words
  const codes = type === 'utf16' ? ordered : ordered.flatMap((word) => [word >> 8, word & 0xff])
  const end = codes.indexOf(0)
  const used = end === -1 ? codes : codes.slice(0, end)
  let text = ''
  for (const code of used) {
    const printable =
      code >= 0x20 && code !== 0x7f && !(code >= 0x80 && code < 0xa0) && !(code >= 0xd800 && code < 0xe000)
    if (printable && code !== 0xffff && !(type === 'text' && code === 0xff)) text += String.fromCharCode(code)
  }
  return text.trim()
}

/** Bytes as hexadecimal text, without the zeros at the end; empty when there are only zeros or only ones. */
export function decodeBytes(words: readonly number[], order: Order): string {
  const swap = order === 'BADC' || order === 'DCBA'
  const bytes = words.flatMap((word) => (swap ? [word & 0xff, word >> 8] : [word >> 8, word & 0xff]))
  if (bytes.every((byte) => byte === 0xff)) return ''
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1
  return bytes
    .slice(0, end)
    .map((byte) => byte.toString(16).toUpperCase().padStart(2, '0'))
    .join('')
}

export function encodeBytes(hex: string, order: Order, len: number): number[] {
  const bytes = Array.from(
    { length: len * 2 },
    (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16) || 0,
  )
  return encodeText(String.fromCharCode(...bytes), 'text', order, len)
}

export function encodeText(text: string, type: TextType, order: Order, len: number): number[] {
  const swap = order === 'BADC' || order === 'DCBA'
  const codes = Array.from(text, (character) => character.charCodeAt(0))
  const words = Array.from({ length: len }, (_, index) => {
    if (type === 'utf16') return codes[index] ?? 0
    return (((codes[index * 2] ?? 0) & 0xff) << 8) | ((codes[index * 2 + 1] ?? 0) & 0xff)
  })
  return swap ? words.map(swapBytes) : words
}
