/** How a PDU is wrapped on one kind of wire. Client and server share it; only the direction of the decoder differs. */

export type FrameListener = (unit: number, transaction: number, pdu: Buffer, frame: Buffer) => void
/** Which half of the talk is decoded: frame ends are computed from the header, and the two halves have other headers. */
export type Direction = 'answers' | 'requests'

/** Bytes thrown away since the last call of `takeNoise`, with the first two of them. */
export interface Noise {
  readonly count: number
  readonly head: readonly [number, number]
}

/** Turns a stream of bytes, however it is cut, into frames. Keeps at most 512 bytes. Views given out are valid only during the call. */
export interface Decoder {
  /** Null, or why the stream can no longer be trusted (Modbus TCP only; the connection must be closed). */
  push(chunk: Buffer, onFrame: FrameListener): string | null
  /** The line fell silent: what is unfinished can never become a frame. Good frames behind noise are still given out. */
  silence(onFrame: FrameListener): void
  /** Bytes of an unfinished frame and of noise not yet taken: silence must be awaited. */
  readonly pending: number
  takeNoise(): Noise | null
  clear(): void
}

export interface Framing {
  readonly name: 'tcp' | 'rtu' | 'ascii'
  /** True where a number in the frame ties an answer to its request. */
  readonly numbered: boolean
  /** Where the PDU starts in the buffer given to `seal`, and how many bytes follow it. */
  readonly pduOffset: number
  readonly trailer: number
  /** Fills head and trailer around the PDU; the result is the frame as it goes out. */
  seal(buffer: Buffer, transaction: number, unit: number): Buffer
  decoder(direction: Direction): Decoder
}

/** A frame around a PDU that exists already. */
export function frameOf(framing: Framing, transaction: number, unit: number, pdu: Buffer): Buffer {
  const buffer = Buffer.allocUnsafe(framing.pduOffset + pdu.length + framing.trailer)
  pdu.copy(buffer, framing.pduOffset)
  return framing.seal(buffer, transaction, unit)
}
