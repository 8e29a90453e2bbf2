import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { kermitCrcOfSml } from '../../../drivers/telegram/crc.ts'
import { TELEGRAM_LIMIT } from '../../../drivers/telegram/decoder.ts'
import { frameSml, smlDecoder } from '../../../drivers/telegram/sml-framing.ts'
import { readSml, writeSml } from '../../../drivers/telegram/sml-telegram.ts'
import { hearing, METER, pieces, plain, type Telegram } from './stream.ts'

/** Recorded telegrams, as github.com/devZer0/libsml-testing has them. */
const hex = (...lines: string[]): Buffer => Buffer.from(lines.join(''), 'hex')
/** HOLLEY_DTZ541-BDBA_without_PIN: whole kilowatt-hours only. */
const HOLLEY = hex(
  '1b1b1b1b01010101760400000162006200726500000101760101070000016c54b00b0a01484c5902000d6be672620165016c54b00163bfb200760400',
  '0002620062007265000007017707ffffffffffff0b0a01484c5902000d6be6070100620affff72620165016c54b07377070100603201010101010104',
  '484c590177070100600100ff010101010b0a01484c5902000d6be60177070100010800ff65001c010472620165016c54b0621e520363091401010163',
  '7eb800760400000362006200726500000201710163e823001b1b1b1b1a004c50',
)
/** EMH_eHZ361L5R: a scaler of -4, five bytes of fill and value, feeding in. */
const EMH = hex(
  '1b1b1b1b01010101760598e0ce95620062007263010176010108486167084219ad08313030313138350101635b2000760598e0ce9662006200726307',
  '017701083130303131383501017577078181c78203ff010101010648414745520177070100000000ff01010101083130303131383501770701000208',
  '01ff628201621e52ff690000000041c4988f01770700006001ffff010101010b303030303131363931370177070100010701ff628201621b52fc55fc',
  'a4988401010163fedb00760598e0ce9762006200726302017101631b000000001b1b1b1b1a02db3a',
)
/** The first of DZG_DVS-7420.2V.G2_mtr2_neg: integers of two and three bytes, power below zero. */
const DZG = hex(
  '1b1b1b1b0101010176051338b301620062007263010176010102310b0a01445a4700039e2053726201649128386202632f2b0076051438b301620062',
  '007263070177010b0a01445a4700039e2053070100620affff726201649128387577070100603201010172620162006200520004445a470177070100',
  '600100ff017262016200620052000b0a01445a4700039e20530177070100010800ff641c69047262016200621e52ff640204e90177070100020800ff',
  '017262016200621e52ff64e4ee4d0177070100100700ff017262016200621b52fe53d6ca01010163a8900076051538b3016200620072630201710163',
  '50c300001b1b1b1b1a010de3',
)

const hear = (...chunks: readonly Uint8Array[]) => {
  const heard = hearing(smlDecoder)
  for (const chunk of chunks) heard.push(chunk)
  return heard
}
const read = (content: string): Telegram | string => {
  const result = readSml(hex(content.replaceAll(' ', '')))
  return typeof result === 'string' ? result : plain(result)
}
/** A message with one list entry: name 1.0.<c>.7.0.255, status and time absent, then as given. */
const list = (entry: string): string =>
  `76 0201 6200 6200 72 6307 01 77 01 0201 01 01 71 77 070100100700ff 01 01 ${entry} 01 01 01 63 0000 00`

describe('an SML telegram', () => {
  it('says numbers in the unit of their code, with their scaler', () => {
    expect(hear(HOLLEY).telegrams).toEqual([
      {
        '1-0:96.1.0': ['0A01484C5902000D6BE6', null],
        '1-0:1.8.0': [2_324_000, 'Wh'],
        '1-0:96.50.1*1': ['HLY', null],
        '1-0:96.50.1': ['HLY', null],
      },
    ])
    expect(hear(EMH).telegrams).toEqual([
      {
        '129-129:199.130.3': ['HAGER', null],
        '1-0:0.0.0': ['1001185', null],
        '1-0:2.8.1': [110_340_315.1, 'Wh'],
        '0-0:96.1.255': ['0000116917', null],
        '1-0:1.7.1': [-5632.1916, 'W'],
      },
    ])
    expect(hear(DZG).telegrams).toMatchObject([{ '1-0:2.8.0': [1_500_321.3, 'Wh'], '1-0:16.7.0': [-105.5, 'W'] }])
  })

  it.each([
    ['one byte', '621b 5200 52ff', [-1, 'W']],
    ['one byte without sign', '621b 5200 62ff', [255, 'W']],
    ['three bytes', '621b 5200 54fffffe', [-2, 'W']],
    ['seven bytes', '621b 5200 68 01000000000000', [2 ** 48, 'W']],
    ['eight bytes', '621b 5201 69 ffffffffffffffff', [Number(10n * (2n ** 64n - 1n)), 'W']],
    ['a volt code', '6223 52ff 630904', [230.8, 'V']],
    ['a frequency code', '622c 52ff 6301f4', [50, 'Hz']],
    ['unit 255', '62ff 5200 6205', [5, null]],
    ['no unit and no scaler', '01 01 6205', [5, null]],
    ['true', '01 01 4201', [1, null]],
    ['text', '01 01 04454d48', ['EMH', null]],
    ['other bytes', '01 01 0400ff10', ['00FF10', null]],
  ])('has a value of %s', (_name, entry, expected) => {
    expect(read(list(entry))).toEqual({ '1-0:16.7.0': expected })
  })

  it.each([
    ['an empty value', list('01 01 01'), 'no value in it'],
    ['a list for a value', list('01 01 72 6201 6201'), 'no value in it'],
    ['an integer of nine bytes', list('01 01 6a 000000000000000000'), 'an integer of 9 bytes'],
    ['a type that is not known', list('01 01 22ff'), 'an element of type 2'],
    ['a length longer than all', '8f8f8f0f', 'a length that cannot be'],
    ['a length that never ends', '8080808080808080', 'a length that cannot be'],
    ['an end inside', '76 0201', 'a length that cannot be'],
    ['lists in lists', '71'.repeat(100), 'lists more than 12 deep'],
    ['elements without end', '00'.repeat(5000), 'more than 4096 elements'],
    ['something that is no message', '6205', 'an element that is no message'],
    [
      'a response without values',
      '76 0201 6200 6200 72 6307 01 77 01 0201 01 01 01 01 01 63 0000 00',
      'a response without its list of values',
    ],
  ])('with %s is refused, or has no value', (_name, content, expected) => {
    expect(read(content)).toBe(expected)
  })

  it('with the other check sum (CRC-16/KERMIT) of some meters is heard', () => {
    const telegram = Buffer.from(HOLLEY)
    telegram.writeUInt16BE(kermitCrcOfSml(telegram.subarray(0, -2)), telegram.length - 2)
    expect(hear(telegram).telegrams).toHaveLength(1)
  })
})

describe('a stream of SML', () => {
  it('gives each telegram, whatever stands between', () => {
    const heard = hear(Buffer.from('1b1b0100', 'hex'), DZG, Buffer.from('1b1b1b', 'hex'), HOLLEY, EMH)
    expect(heard.telegrams).toHaveLength(3)
    expect(heard.broken).toEqual([])
  })

  it('loses nothing behind a telegram that was cut short, wherever', () => {
    for (let end = 1; end < DZG.length; end += 1) {
      const heard = hear(DZG.subarray(0, end), HOLLEY, EMH)
      expect(heard.telegrams.length, `cut after ${end}`).toBe(2)
    }
  })

  it('throws away a telegram with a wrong check sum, a wrong escape or too many fill bytes', () => {
    const wrongSum = Buffer.from(HOLLEY)
    wrongSum[60] = 0xff
    const wrongEscape = Buffer.concat([HOLLEY.subarray(0, 40), hex('1b1b1b1b02020202'), HOLLEY.subarray(40)])
    expect(hear(wrongSum, HOLLEY)).toMatchObject({ broken: ['wrong check sum'], telegrams: [{}] })
    expect(hear(wrongEscape, HOLLEY)).toMatchObject({
      broken: ['an escape sequence that is not known'],
      telegrams: [{}],
    })
    const fill = Buffer.from(HOLLEY)
    fill[fill.length - 3] = 9
    fill.writeUInt16BE(kermitCrcOfSml(fill.subarray(0, -2)), fill.length - 2)
    expect(hear(fill)).toMatchObject({ broken: ['9 fill bytes'], telegrams: [] })
  })

  it('gives up a telegram without an end', () => {
    const heard = hear(hex('1b1b1b1b01010101'), Buffer.alloc(TELEGRAM_LIMIT, 0x11), HOLLEY)
    expect(heard.broken).toEqual([`longer than ${TELEGRAM_LIMIT} bytes`])
    expect(heard.telegrams).toHaveLength(1)
  })

  it('carries any content, also escapes, in any pieces', () => {
    // Octets of 1b in every length, at every place: a text of the meter may hold them.
    const escapes = fc.array(fc.constantFrom(0x1b, 0x1b, 0x1b, 0x1a, 0x01), { minLength: 1, maxLength: 14 })
    fc.assert(
      fc.property(escapes, fc.array(fc.nat()), (octets, cuts) => {
        const text = Buffer.from(octets)
        const values = new Map([
          ['1-0:96.1.0', { value: text.toString('latin1'), unit: null }],
          ['1-0:1.8.0', { value: 1, unit: 'Wh' }],
        ])
        const heard = hearing(smlDecoder)
        for (const piece of pieces(frameSml(writeSml(values)), cuts)) heard.push(piece)
        expect(heard).toMatchObject({
          telegrams: [{ '1-0:96.1.0': [text.toString('hex').toUpperCase(), null], '1-0:1.8.0': [1, 'Wh'] }],
          broken: [],
        })
      }),
      { numRuns: 500 },
    )
  })

  it('reads what was written', () => {
    const inBaseUnits: Readonly<Record<string, readonly [string, number]>> = { kWh: ['Wh', 3], kW: ['W', 3] }
    fc.assert(
      fc.property(METER, (values) => {
        const expected = Object.entries(plain(values)).map(([key, [value, unit]]) => {
          const [base, power] = inBaseUnits[unit ?? ''] ?? [unit, 0]
          return [key, [typeof value === 'number' ? Number(`${value}e${power}`) : value, base]]
        })
        expect(hear(frameSml(writeSml(values))).telegrams).toEqual([Object.fromEntries(expected)])
      }),
    )
  })

  it('never tells a damaged telegram, and hears the next ones', () => {
    const [good] = hear(DZG).telegrams
    fc.assert(
      fc.property(fc.nat(DZG.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(DZG)
        damaged[at] = (damaged[at] ?? 0) ^ flip
        const { telegrams } = hear(damaged, DZG, DZG)
        for (const telegram of telegrams) expect(telegram).toEqual(good)
        expect(telegrams.length).toBeGreaterThanOrEqual(1)
      }),
      { numRuns: 500 },
    )
  })

  it('survives any bytes', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .array(fc.constantFrom(0x1b, 0x1a, 0x01, 0x76, 0x77, 0xff, 0x8f), { maxLength: 300 })
        .map((each) => Buffer.from(each)),
    )
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 5 }), (chunks) => {
        const { telegrams } = hear(...chunks, Buffer.alloc(8), DZG, DZG)
        expect(telegrams.at(-1)).toEqual(hear(DZG).telegrams[0])
      }),
      { numRuns: 300 },
    )
  })

  it('survives any content behind a right check sum', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (content) => {
        const { telegrams, broken } = hear(frameSml(Buffer.from(content)))
        expect(telegrams.length + broken.length).toBe(1)
      }),
      { numRuns: 500 },
    )
  })
})
