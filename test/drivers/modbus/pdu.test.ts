import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  answerProblem,
  answerSizeByHeader,
  answerWords,
  encodeAnswer,
  encodeException,
  encodeIdentification,
  isException,
  parseIdentification,
} from '../../../drivers/modbus/pdu-answer.ts'
import { decodeRequest } from '../../../drivers/modbus/parse-request.ts'
import {
  encodeRequest,
  requestProblem,
  requestSize,
  requestSizeByHeader,
  type ModbusRequest,
} from '../../../drivers/modbus/pdu-request.ts'

const address = fc.integer({ min: 0, max: 65535 })
const word = fc.integer({ min: 0, max: 65535 })
const bit = fc.integer({ min: 0, max: 1 })

function addressed(limit: number): fc.Arbitrary<{ address: number; count: number }> {
  return fc
    .record({ address, count: fc.integer({ min: 1, max: limit }) })
    .filter((range) => range.address + range.count <= 65536)
}

const bitRead: fc.Arbitrary<ModbusRequest> = fc
  .tuple(fc.constantFrom(1 as const, 2 as const), addressed(2000))
  .map(([functionCode, range]) => ({ functionCode, ...range }))
const wordRead: fc.Arbitrary<ModbusRequest> = fc
  .tuple(fc.constantFrom(3 as const, 4 as const), addressed(125))
  .map(([functionCode, range]) => ({ functionCode, ...range }))
const low = fc.integer({ min: 0, max: 60_000 })
const anyRequest: fc.Arbitrary<ModbusRequest> = fc.oneof(
  bitRead,
  wordRead,
  fc.record({ functionCode: fc.constant(5 as const), address, value: bit }),
  fc.record({ functionCode: fc.constant(6 as const), address, value: word }),
  fc.record({
    functionCode: fc.constant(15 as const),
    address: low,
    words: fc.array(bit, { minLength: 1, maxLength: 1968 }),
  }),
  fc.record({
    functionCode: fc.constant(16 as const),
    address: low,
    words: fc.array(word, { minLength: 1, maxLength: 123 }),
  }),
  fc.record({ functionCode: fc.constant(22 as const), address, andMask: word, orMask: word }),
  fc.record({
    functionCode: fc.constant(23 as const),
    readAddress: low,
    readCount: fc.integer({ min: 1, max: 125 }),
    writeAddress: low,
    words: fc.array(word, { minLength: 1, maxLength: 121 }),
  }),
  fc.record({
    functionCode: fc.constant(43 as const),
    level: fc.constantFrom(1 as const, 4 as const),
    objectId: fc.nat(255),
  }),
)

function encoded(request: ModbusRequest): Buffer {
  const pdu = Buffer.alloc(requestSize(request))
  encodeRequest(request, pdu, 0)
  return pdu
}

/** What a device would have read for this request. */
function wordsFor(request: ModbusRequest): number[] {
  const count = 'count' in request ? request.count : 'readCount' in request ? request.readCount : 0
  const isBits = request.functionCode <= 2
  return Array.from({ length: count }, (_, index) => (isBits ? (index * 7) % 2 : (index * 4099) & 0xffff))
}

describe('Modbus requests', () => {
  it('come back as they were, and their size is known from their header', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const pdu = encoded(request)
        expect(requestProblem(request)).toBeNull()
        expect(pdu.length).toBeLessThanOrEqual(253)
        expect(decodeRequest(pdu)).toEqual(request)
        expect(requestSizeByHeader(pdu, 0, pdu.length)).toBe(pdu.length)
      }),
    )
  })

  it('are the bytes of the standard (V1.1b3, examples of section 6)', () => {
    expect(encoded({ functionCode: 3, address: 107, count: 3 }).toString('hex')).toBe('03006b0003')
    expect(encoded({ functionCode: 5, address: 172, value: 1 }).toString('hex')).toBe('0500acff00')
    expect(encoded({ functionCode: 16, address: 1, words: [10, 0x102] }).toString('hex')).toBe('100001000204000a0102')
    expect(encoded({ functionCode: 15, address: 19, words: [1, 0, 1, 1, 0, 0, 1, 1, 1, 0] }).toString('hex')).toBe(
      '0f0013000a02cd01',
    )
    expect(encoded({ functionCode: 22, address: 4, andMask: 0xf2, orMask: 0x25 }).toString('hex')).toBe(
      '16000400f20025',
    )
    expect(
      encoded({ functionCode: 23, readAddress: 3, readCount: 6, writeAddress: 14, words: [255, 255, 255] }).toString(
        'hex',
      ),
    ).toBe('1700030006000e00030600ff00ff00ff')
    expect(encoded({ functionCode: 43, level: 1, objectId: 0 }).toString('hex')).toBe('2b0e0100')
  })

  it('outside what the protocol carries are named', () => {
    expect(requestProblem({ functionCode: 3, address: 0, count: 126 })).toContain('126')
    expect(requestProblem({ functionCode: 3, address: 65535, count: 2 })).toContain('past 65535')
    expect(requestProblem({ functionCode: 16, address: 0, words: [] })).toContain('count 0')
    expect(requestProblem({ functionCode: 16, address: 0, words: Array.from({ length: 124 }, () => 0) })).toContain(
      '124',
    )
    expect(requestProblem({ functionCode: 6, address: 0, value: 65536 })).toContain('65536')
    expect(requestProblem({ functionCode: 6, address: 0, value: 1.5 })).toContain('1.5')
    expect(requestProblem({ functionCode: 15, address: 0, words: [2] })).toContain('value 2')
  })

  it('with wrong counts get exception 3, past the last register 2, unknown functions 1, whatever the bytes', () => {
    expect(decodeRequest(Buffer.from('0300000000', 'hex'))).toBe(3)
    expect(decodeRequest(Buffer.from('030000007e', 'hex'))).toBe(3)
    expect(decodeRequest(Buffer.from('03ffff0002', 'hex'))).toBe(2)
    expect(decodeRequest(Buffer.from('1000000002040001', 'hex'))).toBe(3)
    expect(decodeRequest(Buffer.from('10000000010400010002', 'hex'))).toBe(3)
    expect(decodeRequest(Buffer.from('0500001234', 'hex'))).toBe(3)
    expect(decodeRequest(Buffer.from('5a00', 'hex'))).toBe(1)
    expect(decodeRequest(Buffer.from('2b0d0100', 'hex'))).toBe(1)
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 253 }), (bytes) => {
        const request = decodeRequest(Buffer.from(bytes))
        if (typeof request === 'number') expect([1, 2, 3]).toContain(request)
        else expect(encoded(request).length).toBe(bytes.length)
      }),
    )
  })
})

describe('Modbus answers', () => {
  it('fit their request and give back the words', () => {
    fc.assert(
      fc.property(
        anyRequest.filter((request) => request.functionCode !== 43),
        (request) => {
          const words = wordsFor(request)
          const pdu = encodeAnswer(request, words)
          expect(answerProblem(request, pdu)).toBeNull()
          expect(answerWords(request, pdu)).toEqual(words)
          expect(answerSizeByHeader(pdu, 0, pdu.length)).toBe(pdu.length)
        },
      ),
    )
  })

  it('to another request never fit when function, size or echoed fields differ', () => {
    fc.assert(
      fc.property(anyRequest, anyRequest, (asked, other) => {
        fc.pre(asked.functionCode !== 43 && other.functionCode !== 43)
        const pdu = encodeAnswer(other, wordsFor(other))
        if (answerProblem(asked, pdu) === null) {
          expect(other.functionCode).toBe(asked.functionCode)
          expect(pdu.length).toBe(encodeAnswer(asked, wordsFor(asked)).length)
          // Writes are tied by address as well.
          if (asked.functionCode !== 23 && asked.functionCode > 4)
            expect('address' in other && other.address).toBe('address' in asked && asked.address)
        }
      }),
    )
  })

  it('that are cut, too long or lie about their length are named, whatever the bytes', () => {
    const request = { functionCode: 3, address: 0, count: 2 } as const
    expect(answerProblem(request, Buffer.from([3, 4, 0, 1, 0]))).toContain('5 bytes instead of 6')
    expect(answerProblem(request, Buffer.from([3, 6, 0, 1, 0, 2, 0, 3]))).toContain('8 bytes')
    expect(answerProblem(request, Buffer.from([3, 2, 0, 1, 0, 2]))).toContain('byte count 2')
    expect(answerProblem(request, Buffer.from([4, 4, 0, 1, 0, 2]))).toContain('function 4')
    expect(answerProblem(request, Buffer.from([3, 0, 0, 0, 2]))).toContain('5 bytes')
    expect(answerProblem(request, Buffer.alloc(0))).toContain('function missing')
    fc.assert(
      fc.property(anyRequest, fc.uint8Array({ maxLength: 253 }), (asked, bytes) => {
        const pdu = Buffer.from(bytes)
        if (answerProblem(asked, pdu) === null) expect(() => answerWords(asked, pdu)).not.toThrow()
      }),
    )
  })

  it('are exceptions only as function with the high bit and one code, any code', () => {
    const request = { functionCode: 3, address: 0, count: 2 } as const
    for (const code of [0, 2, 0x80, 0xee]) expect(isException(request, encodeException(3, code))).toBe(true)
    expect(isException(request, encodeException(4, 2))).toBe(false)
    expect(isException(request, Buffer.from([0x83]))).toBe(false)
    expect(isException(request, Buffer.from([0x83, 2, 0]))).toBe(false)
  })

  it('name the device over as many frames as its texts need', () => {
    const objects = new Map([
      [0, 'Vendor'],
      [1, 'x'.repeat(200)],
      [2, 'y'.repeat(100)],
      [128, 'private'],
    ])
    const first = parseIdentification(encodeIdentification({ level: 3, objectId: 0 }, objects) ?? Buffer.alloc(0))
    expect(first?.next).toBe(2)
    expect([...(first?.objects.keys() ?? [])]).toEqual([0, 1])
    const rest = parseIdentification(encodeIdentification({ level: 3, objectId: 2 }, objects) ?? Buffer.alloc(0))
    expect(rest).toEqual({
      objects: new Map([
        [2, 'y'.repeat(100)],
        [128, 'private'],
      ]),
      next: null,
    })
    const one = encodeIdentification({ level: 4, objectId: 128 }, objects)
    expect(parseIdentification(one ?? Buffer.alloc(0))?.objects).toEqual(new Map([[128, 'private']]))
    expect(encodeIdentification({ level: 4, objectId: 99 }, objects)).toBeNull()
    expect(parseIdentification(Buffer.from([43, 14, 1, 1, 0, 0, 2, 0, 1, 65]))).toBeNull()
  })
})
