/** A request as a device sees it: bytes from anybody. */

import { requestProblem, requestSize, takeBits, takeWords, type ModbusRequest } from './pdu-request.ts'

/** A request as it came in, or the exception code that a device answers with: 1 unknown function, 2 bad address, 3 bad fields. */
export function decodeRequest(pdu: Buffer): ModbusRequest | number {
  const request = parseRequest(pdu)
  if (typeof request === 'number') return request
  if (pdu.length !== requestSize(request)) return 3
  const problem = requestProblem(request)
  if (problem === null) return request
  return problem.includes('runs past') ? 2 : 3
}

function parseRequest(pdu: Buffer): ModbusRequest | number {
  const functionCode = pdu[0]
  const shortest = functionCode === 22 ? 7 : functionCode === 23 ? 10 : functionCode === 43 ? 4 : 5
  switch (functionCode) {
    case 1:
    case 2:
    case 3:
    case 4:
      if (pdu.length < shortest) return 3
      return { functionCode, address: pdu.readUInt16BE(1), count: pdu.readUInt16BE(3) }
    case 5: {
      if (pdu.length < shortest) return 3
      const value = pdu.readUInt16BE(3)
      if (value !== 0 && value !== 0xff00) return 3
      return { functionCode, address: pdu.readUInt16BE(1), value: value === 0 ? 0 : 1 }
    }
    case 6:
      if (pdu.length < shortest) return 3
      return { functionCode, address: pdu.readUInt16BE(1), value: pdu.readUInt16BE(3) }
    case 15:
    case 16: {
      if (pdu.length < 6) return 3
      const count = pdu.readUInt16BE(3)
      const bytes = functionCode === 15 ? Math.ceil(count / 8) : 2 * count
      if (pdu[5] !== bytes || pdu.length !== 6 + bytes) return 3
      const words = functionCode === 15 ? takeBits(pdu, 6, count) : takeWords(pdu, 6, count)
      return { functionCode, address: pdu.readUInt16BE(1), words }
    }
    case 22:
      if (pdu.length < shortest) return 3
      return {
        functionCode,
        address: pdu.readUInt16BE(1),
        andMask: pdu.readUInt16BE(3),
        orMask: pdu.readUInt16BE(5),
      }
    case 23: {
      if (pdu.length < shortest) return 3
      const count = pdu.readUInt16BE(7)
      if (pdu[9] !== 2 * count || pdu.length !== 10 + 2 * count) return 3
      return {
        functionCode,
        readAddress: pdu.readUInt16BE(1),
        readCount: pdu.readUInt16BE(3),
        writeAddress: pdu.readUInt16BE(5),
        words: takeWords(pdu, 10, count),
      }
    }
    case 43: {
      if (pdu.length < 2 || pdu[1] !== 14) return 1
      if (pdu.length < shortest) return 3
      const level = pdu[2]
      if (level !== 1 && level !== 2 && level !== 3 && level !== 4) return 3
      return { functionCode, level, objectId: pdu.readUInt8(3) }
    }
    default:
      return 1
  }
}
