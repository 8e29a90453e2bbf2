import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { asciiFraming } from '../../../drivers/modbus/ascii-framing.ts'
import { crc16 } from '../../../drivers/modbus/crc.ts'
import { frameOf, type Framing } from '../../../drivers/modbus/framing.ts'
import { lrc8 } from '../../../drivers/modbus/lrc.ts'
import { encodeAnswer } from '../../../drivers/modbus/pdu-answer.ts'
import { encodeRequest, requestSize } from '../../../drivers/modbus/pdu-request.ts'
import { rtuFraming } from '../../../drivers/modbus/rtu-framing.ts'
import { tcpFraming } from '../../../drivers/modbus/tcp-framing.ts'

interface Seen {
  readonly unit: number
  readonly transaction: number
  readonly pdu: string
}

const FRAMINGS: readonly Framing[] = [tcpFraming, rtuFraming, asciiFraming]

function answerPdu(count: number): Buffer {
  const words = Array.from({ length: count }, (_, index) => (index * 259) & 0xffff)
  return encodeAnswer({ functionCode: 3, address: 0, count }, words)
}

/** Feeds `bytes` in parts of the given sizes (the last one repeats). */
function decode(
  framing: Framing,
  bytes: Buffer,
  parts: readonly number[],
  direction: 'answers' | 'requests' = 'answers',
): Seen[] {
  const seen: Seen[] = []
  const decoder = framing.decoder(direction)
  let at = 0
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = parts[Math.min(turn, parts.length - 1)] ?? 1
    decoder.push(bytes.subarray(at, at + size), (unit, transaction, pdu) => {
      seen.push({ unit, transaction, pdu: pdu.toString('hex') })
    })
    at += size
  }
  return seen
}

const unit = fc.integer({ min: 1, max: 247 })
const frames = fc.array(fc.tuple(unit, fc.integer({ min: 1, max: 125 })), { minLength: 1, maxLength: 5 })
const parts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 })

describe.each(FRAMINGS)('$name framing', (framing) => {
  it('finds all frames however the stream is cut', () => {
    fc.assert(
      fc.property(frames, parts, (list, sizes) => {
        const stream = Buffer.concat(list.map(([id, count], index) => frameOf(framing, index, id, answerPdu(count))))
        const seen = decode(framing, stream, sizes)
        expect(seen.map((each) => [each.unit, each.pdu])).toEqual(
          list.map(([id, count]) => [id, answerPdu(count).toString('hex')]),
        )
        if (framing.numbered) expect(seen.map((each) => each.transaction)).toEqual(list.map((_, index) => index))
      }),
    )
  })

  it('takes any bytes without a fault and keeps no more than 520 of them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), parts, (bytes, sizes) => {
        const decoder = framing.decoder('answers')
        const stream = Buffer.from(bytes)
        let at = 0
        for (const size of [...sizes, stream.length]) {
          if (decoder.push(stream.subarray(at, at + size), () => undefined) !== null) return
          at += size
          decoder.takeNoise()
          expect(decoder.pending).toBeLessThanOrEqual(520)
        }
        decoder.silence(() => undefined)
        decoder.takeNoise()
        if (framing !== tcpFraming) expect(decoder.pending).toBe(0)
      }),
    )
  })

  it('never gives out a frame of which one bit was turned', () => {
    if (framing === tcpFraming) return // Modbus TCP leaves this to TCP.
    fc.assert(
      fc.property(unit, fc.integer({ min: 1, max: 125 }), fc.nat(), (id, count, where) => {
        const frame = frameOf(framing, 0, id, answerPdu(count))
        const position = where % (frame.length * (framing === asciiFraming ? 7 : 8))
        const bits = framing === asciiFraming ? 7 : 8
        const index = Math.floor(position / bits)
        frame[index] = (frame[index] ?? 0) ^ (1 << (position % bits))
        const changed = decode(framing, frame, [frame.length])
        // Hexadecimal digits may change case without changing the value.
        if (framing === asciiFraming)
          for (const each of changed) expect(each.pdu).toBe(answerPdu(count).toString('hex'))
        else expect(changed).toEqual([])
      }),
    )
  })
})

describe('tcp framing', () => {
  it.each([
    ['length 0', '000100000000', 'length 0'],
    ['length 1', '00010000000101', 'length 1'],
    ['length 255', '0001000000ff', 'length 255'],
    ['length 65535', '00010000ffff', 'length 65535'],
    ['protocol id 0xFFFF', '0001ffff0006010304', 'protocol id 65535'],
  ])('gives the stream up at %s', (_name, hex, complaint) => {
    expect(tcpFraming.decoder('answers').push(Buffer.from(hex, 'hex'), () => undefined)).toContain(complaint)
  })
})

describe('rtu framing', () => {
  it('uses the CRC of the standard', () => {
    const text = Buffer.from('123456789')
    expect(crc16(text, 0, text.length)).toBe(0x4b37)
    expect(frameOf(rtuFraming, 0, 17, Buffer.from('03006b0003', 'hex')).toString('hex')).toBe('1103006b00037687')
  })

  it('finds the frame behind noise, at the latest when the line falls silent', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), unit, (noise, id) => {
        const frame = frameOf(rtuFraming, 0, id, answerPdu(2))
        const seen: string[] = []
        const decoder = rtuFraming.decoder('answers')
        const take = (_unit: number, _transaction: number, pdu: Buffer): void => {
          seen.push(pdu.toString('hex'))
        }
        decoder.push(Buffer.concat([Buffer.from(noise), frame]), take)
        decoder.silence(take)
        expect(seen).toEqual([answerPdu(2).toString('hex')])
        expect(decoder.takeNoise()?.count).toBe(noise.length)
      }),
    )
  })

  it('lets a server see a function it does not know, once the line is silent', () => {
    const seen: string[] = []
    const decoder = rtuFraming.decoder('requests')
    const take = (_unit: number, _transaction: number, pdu: Buffer): void => {
      seen.push(pdu.toString('hex'))
    }
    decoder.push(frameOf(rtuFraming, 0, 1, Buffer.from([90, 1, 2, 3])), take)
    expect(seen).toEqual([])
    decoder.silence(take)
    expect(seen).toEqual(['5a010203'])
  })

  it('cuts requests as well as answers', () => {
    const requests = [
      { functionCode: 3, address: 5, count: 9 },
      { functionCode: 16, address: 5, words: [1, 2, 3] },
      { functionCode: 23, readAddress: 1, readCount: 2, writeAddress: 3, words: [4] },
      { functionCode: 43, level: 1, objectId: 0 },
    ] as const
    const pdus = requests.map((request) => {
      const pdu = Buffer.alloc(requestSize(request))
      encodeRequest(request, pdu, 0)
      return pdu
    })
    const stream = Buffer.concat(pdus.map((pdu) => frameOf(rtuFraming, 0, 1, pdu)))
    expect(decode(rtuFraming, stream, [1], 'requests').map((each) => each.pdu)).toEqual(
      pdus.map((pdu) => pdu.toString('hex')),
    )
  })
})

describe('ascii framing', () => {
  it('uses the LRC and the letters of the standard', () => {
    const bytes = Buffer.from('1103006b0003', 'hex')
    expect(lrc8(bytes, 0, bytes.length)).toBe(0x7e)
    expect(frameOf(asciiFraming, 0, 17, Buffer.from('03006b0003', 'hex')).toString()).toBe(':1103006B00037E\r\n')
  })

  it('takes an answer that begins with > as some charge controllers send it', () => {
    const frame = Buffer.from(frameOf(asciiFraming, 0, 1, answerPdu(3)))
    const greater = Buffer.from(frame.toString('latin1').replace(':', '>'), 'latin1')
    expect(decode(asciiFraming, greater, [1])).toEqual(decode(asciiFraming, frame, [1]))
    expect(decode(asciiFraming, greater, [1])).toHaveLength(1)
  })

  it('starts afresh at each colon', () => {
    const good = frameOf(asciiFraming, 0, 1, answerPdu(1)).toString()
    const seen = decode(asciiFraming, Buffer.from(`xyz:0103zz:0103${good}:01`), [3])
    expect(seen.map((each) => each.pdu)).toEqual([answerPdu(1).toString('hex')])
  })
})
