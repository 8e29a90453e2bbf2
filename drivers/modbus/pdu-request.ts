/** The question half of a Modbus frame: function code and its fields (Modbus application protocol V1.1b3, section 6). */

export interface ReadFunction {
  readonly functionCode: 1 | 2 | 3 | 4
  readonly address: number
  readonly count: number
}

/** FC 5 (value 0 or 1) and FC 6 (a 16-bit word). */
export interface WriteOne {
  readonly functionCode: 5 | 6
  readonly address: number
  readonly value: number
}

/** FC 15 (words are 0 or 1) and FC 16. */
export interface WriteMany {
  readonly functionCode: 15 | 16
  readonly address: number
  readonly words: readonly number[]
}

export interface MaskWrite {
  readonly functionCode: 22
  readonly address: number
  readonly andMask: number
  readonly orMask: number
}

/** Writes first, then reads (6.17). */
export interface ReadWrite {
  readonly functionCode: 23
  readonly readAddress: number
  readonly readCount: number
  readonly writeAddress: number
  readonly words: readonly number[]
}

/** FC 43 / MEI 14. Level 1 basic, 2 regular, 3 extended, 4 one object. */
export interface IdentificationRead {
  readonly functionCode: 43
  readonly level: 1 | 2 | 3 | 4
  readonly objectId: number
}

export type ModbusRequest = ReadFunction | WriteOne | WriteMany | MaskWrite | ReadWrite | IdentificationRead

const READ_LIMIT = { 1: 2000, 2: 2000, 3: 125, 4: 125 } as const
const WRITE_LIMIT = { 15: 1968, 16: 123 } as const
export const PDU_BYTES_MAX = 253

function within(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high
}

function rangeProblem(address: number, count: number, limit: number): string | null {
  if (!within(address, 0, 65535)) return `address ${address} is not 0 to 65535`
  if (!within(count, 1, limit)) return `count ${count} is not 1 to ${limit}`
  return address + count > 65536 ? `${count} from address ${address} runs past 65535` : null
}

function wordsProblem(words: readonly number[], high: number): string | null {
  for (const word of words) if (!within(word, 0, high)) return `value ${word} is not 0 to ${high}`
  return null
}

/** Why no device could carry this request out, or null. */
export function requestProblem(request: ModbusRequest): string | null {
  switch (request.functionCode) {
    case 1:
    case 2:
    case 3:
    case 4:
      return rangeProblem(request.address, request.count, READ_LIMIT[request.functionCode])
    case 5:
    case 6:
      return (
        rangeProblem(request.address, 1, 1) ?? wordsProblem([request.value], request.functionCode === 5 ? 1 : 65535)
      )
    case 15:
    case 16:
      return (
        rangeProblem(request.address, request.words.length, WRITE_LIMIT[request.functionCode]) ??
        wordsProblem(request.words, request.functionCode === 15 ? 1 : 65535)
      )
    case 22:
      return rangeProblem(request.address, 1, 1) ?? wordsProblem([request.andMask, request.orMask], 65535)
    case 23:
      return (
        rangeProblem(request.readAddress, request.readCount, 125) ??
        rangeProblem(request.writeAddress, request.words.length, 121) ??
        wordsProblem(request.words, 65535)
      )
    case 43:
      return within(request.objectId, 0, 255) ? null : `object ${request.objectId} is not 0 to 255`
  }
}

/** Bytes that `encodeRequest` writes. */
export function requestSize(request: ModbusRequest): number {
  switch (request.functionCode) {
    case 15:
      return 6 + Math.ceil(request.words.length / 8)
    case 16:
      return 6 + 2 * request.words.length
    case 22:
      return 7
    case 23:
      return 10 + 2 * request.words.length
    case 43:
      return 4
    default:
      return 5
  }
}

export function putWords(words: readonly number[], into: Buffer, at: number): void {
  let offset = at
  for (const word of words) offset = into.writeUInt16BE(word, offset)
}

/** Eight bits per byte, the first in the lowest bit (6.1). */
export function putBits(bits: readonly number[], into: Buffer, at: number): void {
  into.fill(0, at, at + Math.ceil(bits.length / 8))
  for (const [index, bit] of bits.entries()) {
    const byte = at + (index >> 3)
    if (bit !== 0) into.writeUInt8(into.readUInt8(byte) | (1 << (index & 7)), byte)
  }
}

export function takeWords(from: Buffer, at: number, count: number): number[] {
  const words: number[] = []
  for (let offset = at; offset < at + 2 * count; offset += 2) words.push(from.readUInt16BE(offset))
  return words
}

export function takeBits(from: Buffer, at: number, count: number): number[] {
  const bits: number[] = []
  for (let index = 0; index < count; index += 1) bits.push((from.readUInt8(at + (index >> 3)) >> (index & 7)) & 1)
  return bits
}

/** Writes a request that `requestProblem` found good into `into` from `at`. */
export function encodeRequest(request: ModbusRequest, into: Buffer, at: number): void {
  into[at] = request.functionCode
  switch (request.functionCode) {
    case 5:
    case 6:
      into.writeUInt16BE(request.address, at + 1)
      into.writeUInt16BE(request.functionCode === 6 ? request.value : request.value === 0 ? 0 : 0xff00, at + 3)
      return
    case 15:
    case 16:
      into.writeUInt16BE(request.address, at + 1)
      into.writeUInt16BE(request.words.length, at + 3)
      into[at + 5] = requestSize(request) - 6
      if (request.functionCode === 15) putBits(request.words, into, at + 6)
      else putWords(request.words, into, at + 6)
      return
    case 22:
      into.writeUInt16BE(request.address, at + 1)
      into.writeUInt16BE(request.andMask, at + 3)
      into.writeUInt16BE(request.orMask, at + 5)
      return
    case 23:
      into.writeUInt16BE(request.readAddress, at + 1)
      into.writeUInt16BE(request.readCount, at + 3)
      into.writeUInt16BE(request.writeAddress, at + 5)
      into.writeUInt16BE(request.words.length, at + 7)
      into[at + 9] = 2 * request.words.length
      putWords(request.words, into, at + 10)
      return
    case 43:
      into[at + 1] = 14
      into[at + 2] = request.level
      into[at + 3] = request.objectId
      return
    default:
      into.writeUInt16BE(request.address, at + 1)
      into.writeUInt16BE(request.count, at + 3)
  }
}

/** Size of the request that begins at `at`, by its header: 0 when more bytes are needed, -1 for a function whose size is unknown. */
export function requestSizeByHeader(bytes: Buffer, at: number, end: number): number {
  switch (bytes[at]) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
      return 5
    case 15:
    case 16:
      return end - at < 6 ? 0 : 6 + (bytes[at + 5] ?? 0)
    case 22:
      return 7
    case 23:
      return end - at < 10 ? 0 : 10 + (bytes[at + 9] ?? 0)
    case 43:
      return end - at < 2 ? 0 : bytes[at + 1] === 14 ? 4 : -1
    default:
      return -1
  }
}
