/** One call of read or write: what was asked, how often it was sent, and who waits for it. */

import type { DeviceTiming, RequestOptions, Urgency } from '../../src/model/driver.ts'
import type { ModbusRequest } from './pdu-request.ts'

export interface Call {
  readonly unit: number
  readonly request: ModbusRequest
  readonly timing: DeviceTiming
  readonly urgency: Urgency
  /** Times it went out and counts against the retries. */
  attempts: number
  /** Not sent before (busy devices), monotonic ms. */
  notBefore: number
  /** While there is no connection: given up then, monotonic ms. */
  unreachableAt: number
  /** The connection broke under it once already. */
  resent: boolean
  settled: boolean
  /** The answer, valid only during the call. */
  succeed(pdu: Buffer): void
  fail(error: unknown): void
}

/** Makes a call and the promise that it settles. `decode` turns the good answer into the value. */
export function makeCall<T>(
  unit: number,
  request: ModbusRequest,
  options: RequestOptions,
  decode: (request: ModbusRequest, pdu: Buffer) => T,
  onAbort: (call: Call) => void,
): { readonly call: Call; readonly promise: Promise<T> } {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const { signal } = options
  const abort = (): void => onAbort(call)
  const call: Call = {
    unit,
    request,
    timing: options.timing,
    urgency: options.urgency,
    attempts: 0,
    notBefore: 0,
    unreachableAt: 0,
    resent: false,
    settled: false,
    succeed(pdu) {
      if (call.settled) return
      call.settled = true
      signal.removeEventListener('abort', abort)
      resolve(decode(request, pdu))
    },
    fail(error) {
      if (call.settled) return
      call.settled = true
      signal.removeEventListener('abort', abort)
      reject(error)
    },
  }
  signal.addEventListener('abort', abort)
  return { call, promise }
}
