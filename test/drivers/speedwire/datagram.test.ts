import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { readDatagram, writeDatagram } from '../../../drivers/speedwire/datagram.ts'
import type { TelegramValue } from '../../../src/model/driver.ts'

/** Recorded: an Energy Meter, from the test of github.com/joanpujol/smasolar (EMeterContentDecoderTest), which has its values too. */
const ONE_PHASE = Buffer.from(
  '534d4100000402a000000001024400106069015d71551f2293ee13a200010400000018cb0001080000000003950e51800002040000000000' +
    '0002080000000000036ae9a800030400000002c70003080000000000bb21c1e80004040000000000000408000000000011fd0e8800090400' +
    '000018f30009080000000003bf62e888000a040000000000000a0800000000000f22b3c0000d0400000003e200150400000018cb00150800' +
    '00000003950e518000160400000000000016080000000000036ae9a800170400000002c70017080000000000bb21c1e80018040000000000' +
    '001808000000000011fd0e88001d0400000018f3001d080000000003bf62e888001e040000000000001e0800000000000f22b3c0001f0400' +
    '00000bb700200400000371dd00210400000003e20029040000000000002908000000000000000000002a040000000000002a080000000000' +
    '00000000002b040000000000002b08000000000000000000002c040000000000002c08000000000000000000003104000000000000310800' +
    '00000000000000000032040000000000003208000000000000000000003304000000000000340400000000000035040000000000003d0400' +
    '00000000003d08000000000000000000003e040000000000003e08000000000000000000003f040000000000003f08000000000000000000' +
    '0040040000000000004008000000000000000000004504000000000000450800000000000000000000460400000000000046080000000000' +
    '00000000004704000000000000480400000000000049040000000000900000000200105200000000',
  'hex',
)
/** Recorded: github.com/nymea/nymea-plugins (sma, speedwirediscovery.cpp): three phases, feeding in 1.6661 kW. */
const THREE_PHASES = Buffer.from(
  '534d4100000402a000000001024400106069010e714369aee618a41600010400000000000001080000000021391229100002040000004415' +
    '000208000000001575a137d800030400000000000003080000000003debed0e800040400000017c6000408000000001008c2070000090400' +
    '000000000009080000000027c77bed20000a04000000481d000a08000000001722823410000d0400000003b0001504000000000000150800' +
    '0000000d1e1e0e3000160400000015120016080000000006c5a2d8b800170400000000000017080000000001bd6f68000018040000000799' +
    '0018080000000004def712b8001d040000000000001d08000000000eeefaafd0001e040000001666001e0800000000074b38bf88001f0400' +
    '00000a300020040000037bcb00210400000003ad0029040000000000002908000000000a9b1afec8002a040000001a81002a080000000008' +
    '03e62b88002b040000000000002b080000000001511459b8002c0400000006d5002c0800000000052c8455b8003104000000000000310800' +
    '0000000cf83b37100032040000001b5f0032080000000008a6e257f80033040000000c3f003404000003747900350400000003c8003d0400' +
    '00000000003d08000000000a53d0ba08003e040000001482003e080000000007800fd188003f040000000000003f080000000001185820c8' +
    '004004000000095800400800000000064563b1900045040000000000004508000000000d26d3eae000460400000016890046080000000008' +
    '2b4fc5a80047040000000a440048040000037ed1004904000000038e900000000102085200000000',
  'hex',
)

function read(bytes: Buffer) {
  const datagram = readDatagram(bytes)
  return datagram.kind === 'meter' ? { ...datagram, values: Object.fromEntries(datagram.values) } : datagram
}

/** A datagram with these entries. */
function frame(entries: string, protocol = '6069'): Buffer {
  const data = Buffer.from(`${protocol}015d0000000100000002${entries}`, 'hex')
  const head = Buffer.from('534d4100000402a000000001ffff0010', 'hex')
  head.writeUInt16BE(data.length, 12)
  return Buffer.concat([head, data, Buffer.alloc(4)])
}

describe('a datagram of an SMA meter', () => {
  it('says power, energy, current, voltage, serial number and version', () => {
    expect(read(ONE_PHASE)).toMatchObject({
      kind: 'meter',
      serial: 1_901_403_938,
      values: {
        '1-0:0.0.0': { value: '1901403938', unit: null },
        '1-0:0.2.0': { value: '2.0.16.R', unit: null },
        '1-0:1.4.0': { value: 634.7, unit: 'W' },
        '1-0:2.4.0': { value: 0, unit: 'W' },
        '1-0:3.4.0': { value: 71.1, unit: 'var' },
        '1-0:9.4.0': { value: 638.7, unit: 'VA' },
        '1-0:13.4.0': { value: 0.994, unit: null },
        '1-0:31.4.0': { value: 2.999, unit: 'A' },
        '1-0:32.4.0': { value: 225.757, unit: 'V' },
        '1-0:1.8.0': { value: 4_273_790.4, unit: 'Wh' },
        '1-0:4.8.0': { value: 83_832.5, unit: 'varh' },
      },
    })
  })

  it('has all phases', () => {
    expect(read(THREE_PHASES)).toMatchObject({
      serial: 1_900_243_374,
      values: {
        '1-0:2.4.0': { value: 1742.9, unit: 'W' },
        '1-0:22.4.0': { value: 539.4, unit: 'W' },
        '1-0:31.4.0': { value: 2.608, unit: 'A' },
        '1-0:51.4.0': { value: 3.135, unit: 'A' },
        '1-0:71.4.0': { value: 2.628, unit: 'A' },
        '1-0:72.4.0': { value: 229.073, unit: 'V' },
        '1-0:0.2.0': { value: '1.2.8.R', unit: null },
      },
    })
  })

  it.each([
    ['a frequency', '000e04000000c350', '1-0:14.4.0', { value: 50, unit: 'Hz' }],
    ['another channel', '01010400000003e8', '1-1:1.4.0', { value: 100, unit: 'W' }],
    ['a counter of 64 bits', '000108000000ffffffffffff', '1-0:1.8.0', { value: (2 ** 48 - 1) / 3600, unit: 'Wh' }],
  ])('may have %s', (_name, entry, key, value) => {
    expect(read(frame(entry))).toMatchObject({ values: { [key]: value } })
  })

  it.each([
    ['a number that says it is none', '00010400ffffffff'],
    ['the other number that says so', '0001040080000000'],
    ['a quantity that is not known', '0063040000000001'],
    ['a voltage that is a counter', '002008000000000000000001'],
  ])('leaves out %s', (_name, entry) => {
    expect(read(frame(`${entry}0002040000000005`))).toMatchObject({
      values: { '1-0:2.4.0': { value: 0.5, unit: 'W' } },
    })
    expect(Object.keys(readDatagram(frame(`${entry}0002040000000005`)).kind === 'meter' ? {} : { wrong: 1 })).toEqual(
      [],
    )
    expect(read(frame(entry))).toEqual({ kind: 'broken', why: 'no value in it' })
  })

  it('with an entry of a type that is not known counts up to there', () => {
    const { kind, ...rest } = read(frame('00010400000000050002070000ff'))
    expect(kind).toBe('meter')
    expect(rest).toMatchObject({ values: { '1-0:1.4.0': { value: 0.5, unit: 'W' } } })
  })

  it.each([
    ['an inverter', frame('00', '6065')],
    ['the extended form', frame('0001040000000005', '6081')],
    ['a search for devices', Buffer.from('534d4100000402a0ffffffff0000002000000000', 'hex')],
    ['somebody else', Buffer.from('hello')],
    ['nobody', Buffer.alloc(0)],
  ])('of %s is none', (_name, bytes) => {
    expect(read(bytes)).toEqual({ kind: 'other' })
  })

  it('that was cut is thrown away, wherever', () => {
    for (let end = 20; end < THREE_PHASES.length - 4; end += 1) {
      expect(read(THREE_PHASES.subarray(0, end)), `cut after ${end}`).toMatchObject({ kind: 'broken' })
    }
    const inHead = frame('')
    expect(read(inHead.subarray(0, 24))).toEqual({ kind: 'broken', why: 'it ends inside a tag' })
    inHead.writeUInt16BE(6, 12)
    expect(read(inHead.subarray(0, 22))).toEqual({ kind: 'broken', why: 'it ends inside its head' })
    expect(read(frame('00010400'))).toEqual({ kind: 'broken', why: 'it ends inside an entry' })
    expect(read(Buffer.concat([THREE_PHASES, Buffer.alloc(2000)]))).toEqual({
      kind: 'broken',
      why: 'longer than 2048 bytes',
    })
  })

  it('reads what was written', () => {
    const entry = fc.oneof(
      fc.tuple(fc.constantFrom('1', '2', '21', '62'), fc.nat(1e9)).map(([index, tenths]) => {
        return [`1-0:${index}.4.0`, { value: tenths / 10, unit: 'W' }] as const
      }),
      fc.tuple(fc.constantFrom('1', '22'), fc.nat(1e9)).map(([index, wattHours]) => {
        return [`1-0:${index}.8.0`, { value: wattHours, unit: 'Wh' }] as const
      }),
      fc.nat(1e6).map((milliamps) => ['1-0:31.4.0', { value: milliamps / 1000, unit: 'A' }] as const),
    )
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1 }), fc.nat(2 ** 32 - 1), (entries, serial) => {
        const values = new Map<string, TelegramValue>(entries)
        expect(read(writeDatagram(values, serial, 2 ** 33 + 5))).toEqual({
          kind: 'meter',
          serial,
          values: { '1-0:0.0.0': { value: String(serial), unit: null }, ...Object.fromEntries(values) },
        })
      }),
    )
  })

  it('that we write has the units of SMA, and leaves out what they do not hold', () => {
    const values = new Map<string, TelegramValue>([
      ['1-0:1.4.0', { value: 1.5, unit: 'kW' }],
      ['1-0:1.8.0', { value: 2, unit: 'kWh' }],
      ['1-0:31.4.0', { value: 1500, unit: 'mA' }],
      ['1-0:2.4.0', { value: -1, unit: 'W' }],
      ['1-0:21.4.0', { value: 1, unit: 'm3' }],
      ['1-0:41.4.0', { value: 1, unit: null }],
      ['1-0:1.7.0', { value: 1, unit: 'W' }],
      ['power', { value: 1, unit: 'W' }],
    ])
    expect(read(writeDatagram(values, 1, 0))).toEqual({
      kind: 'meter',
      serial: 1,
      values: {
        '1-0:0.0.0': { value: '1', unit: null },
        '1-0:1.4.0': { value: 1500, unit: 'W' },
        '1-0:1.8.0': { value: 2000, unit: 'Wh' },
        '1-0:31.4.0': { value: 1.5, unit: 'A' },
      },
    })
  })

  it('survives any bytes', () => {
    const magic = Buffer.from('534d4100', 'hex')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(THREE_PHASES.length - 1), (bytes, at) => {
        readDatagram(Buffer.from(bytes))
        readDatagram(Buffer.concat([magic, Buffer.from(bytes)]))
        readDatagram(Buffer.concat([THREE_PHASES.subarray(0, at), Buffer.from(bytes)]))
      }),
      { numRuns: 1000 },
    )
  })
})
