import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { writeDsmr } from '../../../drivers/telegram/dsmr.ts'
import { smartyDecoder, writeSmarty } from '../../../drivers/telegram/smarty.ts'
import { hearing, METER, pieces, plain } from './stream.ts'

const KEY = Buffer.from('AEBD21B769A6D13C0DF064E383682EFF', 'hex')
const VALUES = new Map([['1-0:1.7.0', { value: 0.5, unit: 'kW' }]])
const frame = (counter = 1, values: Parameters<typeof writeDsmr>[0] = VALUES): Buffer =>
  writeSmarty(writeDsmr(values), KEY, counter)
const hear = (key: Buffer, ...chunks: readonly Uint8Array[]) => {
  const heard = hearing((events) => smartyDecoder(key, events))
  for (const chunk of chunks) heard.push(chunk)
  return heard
}

describe('an encrypted P1 port', () => {
  it('has the frame that the specification draws', () => {
    const bytes = frame(0x01020304)
    expect(bytes.subarray(0, 2).toString('hex')).toBe('db08')
    expect(bytes[10]).toBe(0x82)
    expect(bytes.readUInt16BE(11)).toBe(bytes.length - 13)
    expect(bytes.subarray(13, 18).toString('hex')).toBe('3001020304')
  })

  it('is read with the key of its meter, in any pieces', () => {
    fc.assert(
      fc.property(METER, fc.nat(), fc.array(fc.nat()), (values, counter, cuts) => {
        const heard = hear(KEY, ...pieces(frame(counter, values), cuts))
        expect(heard).toMatchObject({ telegrams: [plain(values)], broken: [] })
      }),
    )
  })

  it('is not read with another key, and says so without showing one', () => {
    const other = Buffer.alloc(16, 7)
    const heard = hear(other, frame())
    expect(heard.telegrams).toEqual([])
    expect(heard.broken).toEqual(['it cannot be decrypted: another key, or damaged'])
  })

  it('never tells a damaged telegram, and hears the next ones', () => {
    const good = frame()
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(good)
        damaged[at] = (damaged[at] ?? 0) ^ flip
        const { telegrams } = hear(KEY, damaged, ...Array.from({ length: 80 }, (_, index) => frame(2 + index)))
        for (const telegram of telegrams) expect(telegram).toEqual(plain(VALUES))
        expect(telegrams.length).toBeGreaterThan(0)
      }),
      { numRuns: 100 },
    )
  })

  it('survives any bytes', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.constantFrom(0xdb, 0x08, 0x82, 0x30, 0), { maxLength: 300 }).map((each) => Buffer.from(each)),
    )
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 5 }), (chunks) => {
        hear(KEY, ...chunks)
      }),
      { numRuns: 300 },
    )
  })
})
