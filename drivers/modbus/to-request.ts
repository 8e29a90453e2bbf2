/** The contract's requests in the words of Modbus. */

import type { RegisterRead, RegisterTable, WriteRequest } from '../../src/model/driver.ts'
import type { ModbusRequest, ReadFunction } from './pdu-request.ts'

export const READ_FUNCTION = { coil: 1, discrete: 2, holding: 3, input: 4 } as const satisfies Record<
  RegisterTable,
  number
>

/** Null for a kind that belongs to another driver. */
export function toReadFunction(request: RegisterRead): ReadFunction | null {
  if (request.kind !== 'registers') return null
  return { functionCode: READ_FUNCTION[request.table], address: request.address, count: request.count }
}

/** Null for a kind that belongs to another driver, and for a function that does not fit table or count. */
export function toWriteFunction(request: WriteRequest): ModbusRequest | null {
  if (request.kind === 'mask') {
    const { address, andMask, orMask } = request
    return { functionCode: 22, address, andMask, orMask }
  }
  if (request.kind !== 'registers') return null
  const { table, address, words } = request
  const one = table === 'holding' ? 6 : 5
  const many = table === 'holding' ? 16 : 15
  const functionCode = request.functionCode ?? (words.length === 1 ? one : many)
  if (functionCode === one) {
    const [value] = words
    return words.length !== 1 || value === undefined ? null : { functionCode, address, value }
  }
  return functionCode === many ? { functionCode, address, words } : null
}
