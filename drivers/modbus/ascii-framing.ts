/** Modbus ASCII: a colon (or >), unit, PDU and LRC in hexadecimal, CR LF. A colon always starts afresh. */

import type { Decoder, FrameListener, Framing, Noise } from './framing.ts'
import { lrc8 } from './lrc.ts'

/** Unit, PDU and LRC. */
const BYTES_MAX = 255
const COLON = 0x3a
/** What answers of some charge controllers begin with instead. */
const GREATER = 0x3e
const CR = 0x0d
const LF = 0x0a
const HEX = Buffer.from('0123456789ABCDEF', 'latin1')

/** Value of a hexadecimal digit, or -1. Small letters are not in the standard but some devices send them. */
function digit(character: number): number {
  if (character >= 0x30 && character <= 0x39) return character - 0x30
  if (character >= 0x41 && character <= 0x46) return character - 0x37
  if (character >= 0x61 && character <= 0x66) return character - 0x57
  return -1
}

class AsciiDecoder implements Decoder {
  readonly #bytes = Buffer.alloc(BYTES_MAX)
  #length = 0
  #inside = false
  /** First digit of a byte whose second is still to come, or -1. */
  #high = -1
  #noise = 0
  #head: readonly [number, number] = [0, 0]

  get pending(): number {
    return this.#noise + this.#unfinished()
  }

  push(chunk: Buffer, onFrame: FrameListener): null {
    for (const raw of chunk) {
      // Seven data bits: an adapter set to eight may leave the parity in the eighth.
      const character = raw & 0x7f
      if (character === COLON || character === GREATER) {
        this.#giveUp()
        this.#inside = true
      } else if (!this.#inside) {
        if (character !== LF && character !== CR) this.#noise += 1
      } else if (character === LF) {
        this.#finish(onFrame)
      } else if (character !== CR) {
        this.#take(digit(character))
      }
    }
    return null
  }

  silence(): void {
    this.#giveUp()
  }

  takeNoise(): Noise | null {
    if (this.#noise === 0) return null
    const noise = { count: this.#noise, head: this.#head }
    this.#noise = 0
    this.#head = [0, 0]
    return noise
  }

  clear(): void {
    this.#inside = false
    this.#length = 0
    this.#high = -1
    this.#noise = 0
    this.#head = [0, 0]
  }

  /** Characters of the frame that is coming in. */
  #unfinished(): number {
    return this.#inside ? 1 + 2 * this.#length + (this.#high < 0 ? 0 : 1) : 0
  }

  #take(value: number): void {
    if (value < 0 || (this.#high < 0 && this.#length === BYTES_MAX)) return this.#giveUp()
    if (this.#high < 0) {
      this.#high = value
      return
    }
    this.#bytes[this.#length] = (this.#high << 4) | value
    this.#length += 1
    this.#high = -1
  }

  #finish(onFrame: FrameListener): void {
    const length = this.#length
    const whole = this.#high < 0 && length >= 3 && lrc8(this.#bytes, 0, length - 1) === this.#bytes[length - 1]
    if (!whole) return this.#giveUp()
    this.#inside = false
    this.#length = 0
    const bytes = this.#bytes.subarray(0, length)
    onFrame(bytes.readUInt8(0), 0, bytes.subarray(1, length - 1), bytes)
  }

  #giveUp(): void {
    if (this.#inside) {
      if (this.#noise === 0) this.#head = [this.#bytes[0] ?? 0, this.#bytes[1] ?? 0]
      this.#noise += this.#unfinished()
    }
    this.#inside = false
    this.#length = 0
    this.#high = -1
  }
}

export const asciiFraming: Framing = {
  name: 'ascii',
  numbered: false,
  pduOffset: 1,
  trailer: 1,
  seal(buffer, _transaction, unit) {
    buffer[0] = unit
    const last = buffer.length - 1
    buffer[last] = lrc8(buffer, 0, last)
    const text = Buffer.allocUnsafe(3 + 2 * buffer.length)
    text[0] = COLON
    let at = 1
    for (const byte of buffer) {
      text[at] = HEX[byte >> 4] ?? 0
      text[at + 1] = HEX[byte & 15] ?? 0
      at += 2
    }
    text[at] = CR
    text[at + 1] = LF
    return text
  },
  decoder: () => new AsciiDecoder(),
}
