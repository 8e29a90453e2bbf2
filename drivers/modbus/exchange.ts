/** One request on its way: what was asked, how often it was sent, and who waits for it. */

import type { DeviceTiming, RequestOptions, Urgency } from '../../src/model/driver.ts'
import { BridgeError, type ErrorCode } from '../../src/model/errors.ts'
import type { ModbusRequest } from './pdu-request.ts'

export interface Exchange {
  readonly unit: number
  readonly request: ModbusRequest
  readonly timing: DeviceTiming
  readonly urgency: Urgency
  /** Times it went out and counts against the retries. */
  attempts: number
  transaction: number
  sentAt: number
  deadline: number
  /** Not sent before (busy devices). */
  notBefore: number
  /** While there is no connection: given up then. */
  unreachableAt: number
  /** What came instead of the answer, for the error text; empty: nothing came. */
  wrong: string
  /** The connection broke under it once already. */
  resent: boolean
  settled: boolean
  /** The answer, valid only during the call. */
  succeed(pdu: Buffer): void
  fail(error: unknown): void
}

/** Makes an exchange and the promise that it settles. `decode` turns the good answer into the value. */
export function makeExchange<T>(
  unit: number,
  request: ModbusRequest,
  options: RequestOptions,
  decode: (request: ModbusRequest, pdu: Buffer) => T,
  onAbort: (exchange: Exchange) => void,
): { readonly exchange: Exchange; readonly promise: Promise<T> } {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const { signal } = options
  const abort = (): void => onAbort(exchange)
  const exchange: Exchange = {
    unit,
    request,
    timing: options.timing,
    urgency: options.urgency,
    attempts: 0,
    transaction: 0,
    sentAt: 0,
    deadline: 0,
    notBefore: 0,
    unreachableAt: 0,
    wrong: '',
    resent: false,
    settled: false,
    succeed(pdu) {
      if (exchange.settled) return
      exchange.settled = true
      signal.removeEventListener('abort', abort)
      resolve(decode(request, pdu))
    },
    fail(error) {
      if (exchange.settled) return
      exchange.settled = true
      signal.removeEventListener('abort', abort)
      reject(error)
    },
  }
  signal.addEventListener('abort', abort)
  return { exchange, promise }
}

/** What became of an exchange, with unit, link and registers in its words. */
export function exchangeFault(
  code: ErrorCode,
  url: string,
  exchange: Exchange,
  why: string,
  details: Readonly<Record<string, number>>,
): BridgeError {
  const { unit, request, attempts } = exchange
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
