/** The answer half of a Modbus frame, always seen together with the request it must fit. */

import { PDU_BYTES_MAX, putBits, putWords, takeBits, takeWords, type ModbusRequest } from './pdu-request.ts'

/** Text objects of FC 43/14 by their id: 0 vendor, 1 product code, 2 revision, 3 URL, 4 product, 5 model, 6 application, 128 and up private. */
export interface Identification {
  readonly objects: ReadonlyMap<number, string>
  /** The object to ask for next when the device had more than one frame holds, else null. */
  readonly next: number | null
}

/** Bytes that the good answer to `request` has; 0 for FC 43, whose answer has no fixed size. */
export function answerSize(request: ModbusRequest): number {
  switch (request.functionCode) {
    case 1:
    case 2:
      return 2 + Math.ceil(request.count / 8)
    case 3:
    case 4:
      return 2 + 2 * request.count
    case 22:
      return 7
    case 23:
      return 2 + 2 * request.readCount
    case 43:
      return 0
    default:
      return 5
  }
}

/** True for "the device refused this request": the function with its high bit set and one byte of code, whatever its value. */
export function isException(request: ModbusRequest, pdu: Buffer): boolean {
  return pdu[0] === (request.functionCode | 0x80) && pdu.length === 2
}

/** Why `pdu` is no good answer to `request`, or null when it is one. */
export function answerProblem(request: ModbusRequest, pdu: Buffer): string | null {
  const { functionCode } = request
  if (pdu[0] !== functionCode) return `function ${pdu[0] ?? 'missing'} instead of ${functionCode}`
  const size = answerSize(request)
  if (size !== 0 && pdu.length !== size) return `${pdu.length} bytes instead of ${size}`
  switch (functionCode) {
    case 5:
    case 6:
    case 15:
    case 16:
    case 22:
      return echoProblem(request, pdu)
    case 43:
      return parseIdentification(pdu) === null ? 'identification objects do not fill the frame' : null
    default:
      return pdu[1] === size - 2 ? null : `byte count ${pdu[1] ?? 'missing'} instead of ${size - 2}`
  }
}

/** Answers to writes repeat the head of the request. */
function echoProblem(request: ModbusRequest, pdu: Buffer): string | null {
  switch (request.functionCode) {
    case 5:
    case 6: {
      const value = request.functionCode === 6 ? request.value : request.value === 0 ? 0 : 0xff00
      if (pdu.readUInt16BE(1) !== request.address) return `address ${pdu.readUInt16BE(1)} instead of ${request.address}`
      return pdu.readUInt16BE(3) === value ? null : `value ${pdu.readUInt16BE(3)} instead of ${value}`
    }
    case 15:
    case 16: {
      const count = request.words.length
      if (pdu.readUInt16BE(1) !== request.address) return `address ${pdu.readUInt16BE(1)} instead of ${request.address}`
      return pdu.readUInt16BE(3) === count ? null : `count ${pdu.readUInt16BE(3)} instead of ${count}`
    }
    case 22: {
      const same =
        pdu.readUInt16BE(1) === request.address &&
        pdu.readUInt16BE(3) === request.andMask &&
        pdu.readUInt16BE(5) === request.orMask
      return same ? null : 'another mask than the one asked for'
    }
    default:
      return null
  }
}

/** Words (bits as 0/1) of an answer that `answerProblem` found good; empty for writes. */
export function answerWords(request: ModbusRequest, pdu: Buffer): number[] {
  switch (request.functionCode) {
    case 1:
    case 2:
      return takeBits(pdu, 2, request.count)
    case 3:
    case 4:
      return takeWords(pdu, 2, request.count)
    case 23:
      return takeWords(pdu, 2, request.readCount)
    default:
      return []
  }
}

/** The objects of an FC 43/14 answer, or null when its lengths do not add up. */
export function parseIdentification(pdu: Buffer): Identification | null {
  if (pdu.length < 7 || pdu[1] !== 14) return null
  const objects = new Map<number, string>()
  let at = 7
  for (let left = pdu.readUInt8(6); left > 0; left -= 1) {
    if (at + 2 > pdu.length) return null
    const end = at + 2 + pdu.readUInt8(at + 1)
    if (end > pdu.length) return null
    objects.set(pdu.readUInt8(at), pdu.toString('latin1', at + 2, end))
    at = end
  }
  return at === pdu.length ? { objects, next: pdu[4] === 0xff ? pdu.readUInt8(5) : null } : null
}

export function encodeException(functionCode: number, exceptionCode: number): Buffer {
  return Buffer.from([functionCode | 0x80, exceptionCode])
}

/** The good answer of a device. `words` are what was read, for reads and FC 23. */
export function encodeAnswer(request: ModbusRequest, words: readonly number[]): Buffer {
  const pdu = Buffer.alloc(answerSize(request))
  pdu[0] = request.functionCode
  switch (request.functionCode) {
    case 1:
    case 2:
      pdu[1] = pdu.length - 2
      putBits(words, pdu, 2)
      return pdu
    case 5:
    case 6:
      pdu.writeUInt16BE(request.address, 1)
      pdu.writeUInt16BE(request.functionCode === 6 ? request.value : request.value === 0 ? 0 : 0xff00, 3)
      return pdu
    case 15:
    case 16:
      pdu.writeUInt16BE(request.address, 1)
      pdu.writeUInt16BE(request.words.length, 3)
      return pdu
    case 22:
      pdu.writeUInt16BE(request.address, 1)
      pdu.writeUInt16BE(request.andMask, 3)
      pdu.writeUInt16BE(request.orMask, 5)
      return pdu
    default:
      pdu[1] = pdu.length - 2
      putWords(words, pdu, 2)
      return pdu
  }
}

/**
 * The FC 43/14 answer of a device that has `objects`, as many as fit; null: it has not what was asked for (exception 2).
 * Level 4 asks for one object, the others for all of their class from `objectId` on (6.21).
 */
export function encodeIdentification(
  request: { readonly level: 1 | 2 | 3 | 4; readonly objectId: number },
  objects: ReadonlyMap<number, string>,
): Buffer | null {
  const last = request.level === 1 ? 2 : request.level === 2 ? 127 : 255
  const ids = [...objects.keys()].filter((id) => id >= 0 && id <= 255).toSorted((one, other) => one - other)
  // An unknown start of a stream begins again at object 0 (6.21, "object id" note).
  const from = ids.includes(request.objectId) ? request.objectId : 0
  const wanted =
    request.level === 4 ? ids.filter((id) => id === request.objectId) : ids.filter((id) => id >= from && id <= last)
  if (wanted.length === 0) return null
  const parts: Buffer[] = []
  let size = 7
  let next: number | null = null
  for (const id of wanted) {
    const text = Buffer.from(objects.get(id) ?? '', 'latin1').subarray(0, 240)
    if (size + 2 + text.length > PDU_BYTES_MAX) {
      next = id
      break
    }
    parts.push(Buffer.from([id, text.length]), text)
    size += 2 + text.length
  }
  const conformity = 0x80 | (ids.some((id) => id > 127) ? 3 : ids.some((id) => id > 2) ? 2 : 1)
  const head = [43, 14, request.level, conformity, next === null ? 0 : 0xff, next ?? 0, parts.length / 2]
  return Buffer.concat([Buffer.from(head), ...parts])
}

/** Size of the answer that begins at `at`, by its header: 0 when more bytes are needed, -1 for a function whose size is unknown. */
export function answerSizeByHeader(bytes: Buffer, at: number, end: number): number {
  const functionCode = bytes[at] ?? 0
  if (functionCode >= 0x80) return 2
  switch (functionCode) {
    case 1:
    case 2:
    case 3:
    case 4:
    case 23:
      return end - at < 2 ? 0 : 2 + (bytes[at + 1] ?? 0)
    case 5:
    case 6:
    case 15:
    case 16:
      return 5
    case 22:
      return 7
    case 43:
      return identificationSize(bytes, at, end)
    default:
      return -1
  }
}

function identificationSize(bytes: Buffer, at: number, end: number): number {
  if (end - at < 7) return 0
  let size = 7
  for (let left = bytes[at + 6] ?? 0; left > 0; left -= 1) {
    if (end - at < size + 2) return 0
    size += 2 + (bytes[at + size + 1] ?? 0)
    if (size > PDU_BYTES_MAX) return -1
  }
  return size
}
