/** Modbus TCP: MBAP header of 7 bytes (transaction, protocol 0, length, unit), then the PDU. No checksum, so every field is checked. */

import type { Decoder, FrameListener, Framing } from './framing.ts'

const HEADER = 7
/** Unit and function at least, unit and 253 bytes at most. */
const LENGTH_MIN = 2
const LENGTH_MAX = 254

class MbapDecoder implements Decoder {
  #kept = Buffer.alloc(0)

  get pending(): number {
    return this.#kept.length
  }

  push(chunk: Buffer, onFrame: FrameListener): string | null {
    const data = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk])
    let at = 0
    while (data.length - at >= 6) {
      const protocol = data.readUInt16BE(at + 2)
      if (protocol !== 0) return `MBAP protocol id ${protocol} instead of 0`
      const length = data.readUInt16BE(at + 4)
      if (length < LENGTH_MIN || length > LENGTH_MAX)
        return `MBAP length ${length} is not ${LENGTH_MIN} to ${LENGTH_MAX}`
      const end = at + 6 + length
      if (end > data.length) break
      onFrame(data.readUInt8(at + 6), data.readUInt16BE(at), data.subarray(at + HEADER, end), data.subarray(at, end))
      at = end
    }
    // A copy: the chunk belongs to the socket. The rest is shorter than one frame.
    if (at < data.length) this.#kept = Buffer.from(data.subarray(at))
    else if (this.#kept.length > 0) this.#kept = Buffer.alloc(0)
    return null
  }

  silence(): void {
    // TCP may pause anywhere; silence ends no frame.
  }

  takeNoise(): null {
    return null
  }

  clear(): void {
    this.#kept = Buffer.alloc(0)
  }
}

export const tcpFraming: Framing = {
  name: 'tcp',
  numbered: true,
  pduOffset: HEADER,
  trailer: 0,
  seal(buffer, transaction, unit) {
    buffer.writeUInt16BE(transaction, 0)
    buffer.writeUInt16BE(0, 2)
    buffer.writeUInt16BE(buffer.length - 6, 4)
    buffer[6] = unit
    return buffer
  },
  decoder: () => new MbapDecoder(),
}
