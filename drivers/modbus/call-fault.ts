/** The error of a call that failed, in the words of whoever wired the bus. */

import { BridgeError, type ErrorCode } from '../../src/model/errors.ts'
import type { Call } from './call.ts'
import type { ModbusRequest } from './pdu-request.ts'

/** Names unit, link and registers, and how often it was tried. */
export function callFault(
  code: ErrorCode,
  url: string,
  call: Call,
  why: string,
  details: Readonly<Record<string, number>> = {},
): BridgeError {
  const { unit, request, attempts } = call
  const tries = attempts > 1 ? ` (${attempts} tries)` : ''
  return new BridgeError(code, `unit ${unit} at ${url}, ${describeRequest(request)}: ${why}${tries}`, {
    details: { unit, functionCode: request.functionCode, ...details },
  })
}

/** `read holding 100..119` and the like, for errors. */
function describeRequest(request: ModbusRequest): string {
  switch (request.functionCode) {
    case 1:
      return `read coil ${span(request.address, request.count)}`
    case 2:
      return `read discrete ${span(request.address, request.count)}`
    case 3:
      return `read holding ${span(request.address, request.count)}`
    case 4:
      return `read input ${span(request.address, request.count)}`
    case 5:
      return `write coil ${request.address}`
    case 6:
      return `write holding ${request.address}`
    case 15:
      return `write coil ${span(request.address, request.words.length)}`
    case 16:
      return `write holding ${span(request.address, request.words.length)}`
    case 22:
      return `mask holding ${request.address}`
    case 23:
      return `write holding ${span(request.writeAddress, request.words.length)}, read ${span(request.readAddress, request.readCount)}`
    case 43:
      return `read identification ${request.objectId}`
  }
}

function span(address: number, count: number): string {
  return count === 1 ? String(address) : `${address}..${address + count - 1}`
}
