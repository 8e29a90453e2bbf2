/** Memory of a device for tests: word n of both register tables is n at first, bit n is set when n divides by 3. Above 49,999 there is nothing. */
import type { RegisterBank, RegisterWrite } from '../../../src/model/driver.ts'
import { BridgeError } from '../../../src/model/errors.ts'

export interface AddressBank extends RegisterBank {
  readonly writes: RegisterWrite[]
}

const END = 50_000

export function addressBank(offset = 0): AddressBank {
  const words = Uint16Array.from({ length: END }, (_, index) => index + offset)
  const bits = Uint8Array.from({ length: END }, (_, index) => (index % 3 === 0 ? 1 : 0))
  const writes: RegisterWrite[] = []
  const check = (address: number, count: number): void => {
    if (address + count > END)
      throw new BridgeError('DEVICE_EXCEPTION', 'no such register', { details: { exceptionCode: 2 } })
  }
  return {
    writes,
    identification: new Map([
      [0, 'ampbridge'],
      [1, 'bank'],
      [2, '1.0'],
    ]),
    read: ({ table, address, count }) => {
      check(address, count)
      return Array.from((table === 'coil' || table === 'discrete' ? bits : words).subarray(address, address + count))
    },
    write: (request) => {
      check(request.address, request.words.length)
      writes.push(request)
      const target = request.table === 'coil' ? bits : words
      for (const [index, word] of request.words.entries()) target[request.address + index] = word
    },
  }
}
