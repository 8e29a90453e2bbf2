/** What a device does with one request: look it up, carry it out, word the answer. */

import type { RegisterBank } from '../../src/model/driver.ts'
import { isBridgeError } from '../../src/model/errors.ts'
import { encodeAnswer, encodeException, encodeIdentification } from './pdu-answer.ts'
import { decodeRequest } from './parse-request.ts'
import type { ModbusRequest } from './pdu-request.ts'

const READ_TABLE = { 1: 'coil', 2: 'discrete', 3: 'holding', 4: 'input' } as const

/** A refusal with a Modbus exception code. */
class Refusal extends Error {
  readonly exceptionCode: number
  constructor(exceptionCode: number) {
    super(`exception ${exceptionCode}`)
    this.exceptionCode = exceptionCode
  }
}

/**
 * The answer PDU, or null for silence: an unknown unit never answers, on no transport (a gateway would answer exception 11, but we are
 * the devices, not the gateway). Unit 0 that is not in the map is a broadcast: its writes reach all units, unanswered.
 */
export function serveRequest(units: ReadonlyMap<number, RegisterBank>, unit: number, pdu: Buffer): Buffer | null {
  const bank = units.get(unit)
  if (bank !== undefined) return answerOf(bank, unit, pdu)
  if (unit !== 0) return null
  const functionCode = pdu[0] ?? 0
  if (![5, 6, 15, 16, 22].includes(functionCode)) return null
  for (const [id, each] of units) answerOf(each, id, pdu)
  return null
}

function answerOf(bank: RegisterBank, unit: number, pdu: Buffer): Buffer | null {
  const functionCode = (pdu[0] ?? 0) & 0x7f
  const request = decodeRequest(pdu)
  if (typeof request === 'number') return encodeException(functionCode, request)
  try {
    return carryOut(bank, unit, request)
  } catch (error) {
    // The device did not hear it.
    if (isBridgeError(error, 'DEVICE_TIMEOUT')) return null
    return encodeException(functionCode, exceptionCodeOf(error))
  }
}

function exceptionCodeOf(error: unknown): number {
  if (error instanceof Refusal) return error.exceptionCode
  const code = isBridgeError(error, 'DEVICE_EXCEPTION') ? error.details['exceptionCode'] : undefined
  // 4: the device failed while it tried (V1.1b3, section 7); the fault itself stays with the bank's owner.
  return typeof code === 'number' && Number.isInteger(code) && code >= 0 && code <= 255 ? code : 4
}

function readWords(
  bank: RegisterBank,
  unit: number,
  table: 'coil' | 'discrete' | 'holding' | 'input',
  address: number,
  count: number,
): readonly number[] {
  const words = bank.read({ kind: 'registers', unit, table, address, count })
  if (words.length !== count) throw new Refusal(4)
  return words
}

function carryOut(bank: RegisterBank, unit: number, request: ModbusRequest): Buffer {
  switch (request.functionCode) {
    case 1:
    case 2:
    case 3:
    case 4:
      return encodeAnswer(
        request,
        readWords(bank, unit, READ_TABLE[request.functionCode], request.address, request.count),
      )
    case 5:
    case 6:
    case 15:
    case 16: {
      const { functionCode, address } = request
      const words = 'words' in request ? request.words : [request.value]
      const table = functionCode === 5 || functionCode === 15 ? 'coil' : 'holding'
      bank.write({ kind: 'registers', unit, table, address, words, functionCode })
      return encodeAnswer(request, [])
    }
    case 22: {
      const { address, andMask, orMask } = request
      const [old = 0] = readWords(bank, unit, 'holding', address, 1)
      // V1.1b3, 6.16: (old AND and-mask) OR (or-mask AND NOT and-mask)
      const word = ((old & andMask) | (orMask & ~andMask)) & 0xffff
      bank.write({ kind: 'registers', unit, table: 'holding', address, words: [word], functionCode: null })
      return encodeAnswer(request, [])
    }
    case 23: {
      const { readAddress, readCount, writeAddress, words } = request
      bank.write({ kind: 'registers', unit, table: 'holding', address: writeAddress, words, functionCode: null })
      return encodeAnswer(request, readWords(bank, unit, 'holding', readAddress, readCount))
    }
    case 43: {
      const objects = bank.identification
      if (objects === undefined) throw new Refusal(1)
      const answer = encodeIdentification(request, objects)
      if (answer === null) throw new Refusal(2)
      return answer
    }
  }
}
