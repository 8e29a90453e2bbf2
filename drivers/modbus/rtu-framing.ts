/**
 * Modbus RTU: unit, PDU, CRC. Operating systems and USB adapters lose the timing between characters, so a frame ends where its
 * header says and its CRC agrees; silence is used only to start afresh.
 */

import { crc16 } from './crc.ts'
import type { Decoder, Direction, FrameListener, Framing, Noise } from './framing.ts'
import { answerSizeByHeader } from './pdu-answer.ts'
import { requestSizeByHeader } from './pdu-request.ts'

const KEEP = 512
const FRAME_MAX = 256

class RtuDecoder implements Decoder {
  readonly #buffer = Buffer.alloc(KEEP)
  readonly #direction: Direction
  readonly #sizeByHeader: (bytes: Buffer, at: number, end: number) => number
  #end = 0
  #noise = 0
  #head: readonly [number, number] = [0, 0]

  constructor(direction: Direction) {
    this.#direction = direction
    this.#sizeByHeader = direction === 'answers' ? answerSizeByHeader : requestSizeByHeader
  }

  get pending(): number {
    return this.#end + this.#noise
  }

  push(chunk: Buffer, onFrame: FrameListener): null {
    let taken = 0
    while (taken < chunk.length) {
      const part = Math.min(KEEP - this.#end, chunk.length - taken)
      chunk.copy(this.#buffer, this.#end, taken, taken + part)
      this.#end += part
      taken += part
      this.#scan(onFrame, false)
      // No frame is longer than 256 bytes: a full buffer that holds none is noise.
      if (this.#end === KEEP) this.#drop(0, KEEP - FRAME_MAX)
    }
    return null
  }

  silence(onFrame: FrameListener): void {
    this.#scan(onFrame, true)
  }

  takeNoise(): Noise | null {
    if (this.#noise === 0) return null
    const noise = { count: this.#noise, head: this.#head }
    this.#noise = 0
    return noise
  }

  clear(): void {
    this.#end = 0
    this.#noise = 0
  }

  /** Gives out frames from the front; a byte that starts none is noise. With `final`, an unfinished front is noise too. */
  #scan(onFrame: FrameListener, final: boolean): void {
    const bytes = this.#buffer
    let at = 0
    // A server must answer functions it does not know (exception 1); only silence tells where such a frame ends.
    if (final && this.#direction === 'requests' && this.#end >= 4 && this.#whole(0, this.#end)) {
      const end = this.#end
      this.#end = 0
      onFrame(bytes.readUInt8(0), 0, bytes.subarray(1, end - 2), bytes.subarray(0, end))
      return
    }
    while (at < this.#end) {
      if (this.#end - at < 2 && !final) break
      const size = this.#end - at < 2 ? 0 : this.#sizeByHeader(bytes, at + 1, this.#end)
      const end = at + 1 + size + 2
      if (size === 0 || end > this.#end) {
        if (size >= 0 && size <= FRAME_MAX - 3 && !final) break
        this.#skip(at)
        at += 1
        continue
      }
      if (size < 0) {
        // A server cannot tell an unknown function from noise before silence; a client knows all functions it used.
        if (this.#direction === 'requests' && !final && at === 0) break
        this.#skip(at)
        at += 1
        continue
      }
      if (this.#whole(at, end)) {
        onFrame(bytes.readUInt8(at), 0, bytes.subarray(at + 1, end - 2), bytes.subarray(at, end))
        at = end
      } else {
        this.#skip(at)
        at += 1
      }
    }
    if (at > 0) this.#shift(Math.min(at, this.#end))
  }

  #whole(at: number, end: number): boolean {
    return crc16(this.#buffer, at, end - 2) === this.#buffer.readUInt16LE(end - 2)
  }

  #skip(at: number): void {
    if (this.#noise === 0) this.#head = [this.#buffer[at] ?? 0, at + 1 < this.#end ? (this.#buffer[at + 1] ?? 0) : -1]
    this.#noise += 1
  }

  #drop(from: number, count: number): void {
    for (let at = from; at < from + count; at += 1) this.#skip(at)
    this.#shift(from + count)
  }

  #shift(count: number): void {
    this.#buffer.copyWithin(0, count, this.#end)
    this.#end -= count
  }
}

export const rtuFraming: Framing = {
  name: 'rtu',
  numbered: false,
  pduOffset: 1,
  trailer: 2,
  seal(buffer, _transaction, unit) {
    buffer[0] = unit
    buffer.writeUInt16LE(crc16(buffer, 0, buffer.length - 2), buffer.length - 2)
    return buffer
  },
  decoder: (direction) => new RtuDecoder(direction),
}
