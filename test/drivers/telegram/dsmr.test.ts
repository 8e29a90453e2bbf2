import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { TELEGRAM_LIMIT } from '../../../drivers/telegram/decoder.ts'
import { dsmrDecoder, readDsmr, writeDsmr } from '../../../drivers/telegram/dsmr.ts'
import { hearing, METER, pieces, plain, type Telegram } from './stream.ts'

const text = (lines: string): Buffer => Buffer.from(lines.replaceAll('\n', '\r\n'), 'latin1')
const read = (lines: string): Telegram | string => {
  const result = readDsmr(text(lines))
  return typeof result === 'string' ? result : plain(result)
}

/** Recorded telegrams, as the test data of github.com/ndokter/dsmr_parser (test/example_telegrams.py) have them. */
const DSMR_5 = `/ISk5\\2MT382-1000

1-3:0.2.8(50)
0-0:1.0.0(170102192002W)
0-0:96.1.1(4B384547303034303436333935353037)
1-0:1.8.1(000004.426*kWh)
1-0:1.8.2(000002.399*kWh)
1-0:2.8.1(000002.444*kWh)
1-0:2.8.2(000000.000*kWh)
0-0:96.14.0(0002)
1-0:1.7.0(00.244*kW)
1-0:2.7.0(00.000*kW)
0-0:96.7.21(00013)
0-0:96.7.9(00000)
1-0:99.97.0(0)(0-0:96.7.19)
1-0:32.32.0(00000)
1-0:52.32.0(00000)
1-0:72.32.0(00000)
1-0:32.36.0(00000)
1-0:52.36.0(00000)
1-0:72.36.0(00000)
0-0:96.13.0()
1-0:32.7.0(0230.0*V)
1-0:52.7.0(0230.0*V)
1-0:72.7.0(0229.0*V)
1-0:31.7.0(0.48*A)
1-0:51.7.0(0.44*A)
1-0:71.7.0(0.86*A)
1-0:21.7.0(00.070*kW)
1-0:41.7.0(00.032*kW)
1-0:61.7.0(00.142*kW)
1-0:22.7.0(00.000*kW)
1-0:42.7.0(00.000*kW)
1-0:62.7.0(00.000*kW)
0-1:24.1.0(003)
0-1:96.1.0(3232323241424344313233343536373839)
0-1:24.2.1(170102161005W)(00000.107*m3)
0-2:24.1.0(003)
0-2:96.1.0()
!6EEE
`
const DSMR_2 = `/ISk5\\2MT382-1004

0-0:96.1.1(00000000000000)
1-0:1.8.1(00001.001*kWh)
1-0:1.7.0(0001.01*kW)
0-0:17.0.0(0999.00*kW)
0-0:96.13.0()
0-1:24.1.0(3)
0-1:96.1.0(000000000000)
0-1:24.3.0(161107190000)(00)(60)(1)(0-1:24.2.1)(m3)
(00001.001)
0-1:24.4.0(1)
!
`

describe('a DSMR telegram', () => {
  it('of version 5 says numbers with their unit, times and numbers of things as text, and gas on its own channel', () => {
    const values = read(DSMR_5)
    expect(values).toMatchObject({
      '1-3:0.2.8': ['50', null],
      '0-0:1.0.0': ['170102192002W', null],
      '1-0:1.8.1': [4.426, 'kWh'],
      '1-0:2.8.2': [0, 'kWh'],
      '0-0:96.14.0': ['0002', null],
      '1-0:1.7.0': [0.244, 'kW'],
      '1-0:32.7.0': [230, 'V'],
      '1-0:71.7.0': [0.86, 'A'],
      '0-1:24.2.1': [0.107, 'm3'],
      '1-0:99.97.0': ['(0)(0-0:96.7.19)', null],
    })
    // Empty is not available, which is neither 0 nor a text.
    expect(Object.keys(values)).not.toContain('0-2:96.1.0')
    expect(Object.keys(values)).toHaveLength(35)
  })

  it('of version 2.2 has no check sum, and its gas reading on two lines', () => {
    expect(read(DSMR_2)).toEqual({
      '0-0:96.1.1': ['00000000000000', null],
      '1-0:1.8.1': [1.001, 'kWh'],
      '1-0:1.7.0': [1.01, 'kW'],
      '0-0:17.0.0': [999, 'kW'],
      '0-1:24.1.0': ['3', null],
      '0-1:96.1.0': ['000000000000', null],
      '0-1:24.2.1': [1.001, 'm3'],
      '0-1:24.4.0': ['1', null],
    })
  })

  it('of Belgium has peaks with their time, and a history that stays a text', () => {
    expect(
      read(`/FLU5\\253769484_A

1-0:1.6.0(200509134558S)(02.589*kW)
0-0:98.1.0(1)(1-0:1.6.0)(1-0:1.6.0)(200501000000S)(200423192538S)(03.695*kW)
1-0:31.4.0(999*A)
!
`),
    ).toEqual({
      '1-0:1.6.0': [2.589, 'kW'],
      '0-0:98.1.0': ['(1)(1-0:1.6.0)(1-0:1.6.0)(200501000000S)(200423192538S)(03.695*kW)', null],
      '1-0:31.4.0': [999, 'A'],
    })
  })

  it('of mode D (EasyMeter Q3D) writes group F, which is not part of the name', () => {
    expect(read('/ESY5Q3DA1004 V3.04\n\n1-0:0.0.0*255(1336001560)\n1-0:1.7.0*255(001688.21*W)\n!\n')).toEqual({
      '1-0:0.0.0': ['1336001560', null],
      '1-0:1.7.0': [1688.21, 'W'],
    })
  })

  it('may leave out leading zeros of its check sum, as one heat meter does', () => {
    const telegram = `/NWA-WARMTELINK

1-3:0.2.8(50)
0-0:1.0.0(260215200523W)
0-0:96.1.1(ADC3100000158491)
0-0:96.13.1()
0-0:96.13.0()
0-1:24.1.0(004)
0-1:96.1.0(621848012D2C0B0C)
0-1:24.2.1(260215200523W)(240.860*GJ)
!B9F
`
    expect(read(telegram)).toMatchObject({ '0-1:24.2.1': [240.86, 'GJ'] })
    expect(read(telegram.replace('B9F', 'B9E'))).toBe('wrong check sum')
  })

  it('with a number that is none says so, since missing is never zero', () => {
    expect(read('/ABC5x\n\n1-0:1.7.0(--.---*kW)\n1-0:2.7.0(*kW)\n!\n')).toEqual({ '1-0:1.7.0': ['--.---', 'kW'] })
  })

  it.each([
    ['a wrong check sum', DSMR_5.replace('00.244', '99.244'), 'wrong check sum'],
    ['a check sum that is none', DSMR_5.replace('6EEE', 'XYZ'), '"XYZ" is no check sum'],
    ['no check sum where its version has one', DSMR_5.replace('6EEE', ''), 'no check sum'],
    ['a line that is damaged, without a check sum', DSMR_2.replace('(3)', '(3'), '"0-1:24.1.0(3" is no data line'],
    ['no identification', '/\n\n1-0:1.7.0(1*kW)\n!\n', 'its first line is no identification'],
    ['an end inside a line', '/ABC5x\n\n1-0:1.7.0(1*kW)1-0!\n', 'its end stands inside a line'],
    ['nothing in it', '/ABC5x\n\n!\n', 'no value in it'],
  ])('with %s is not believed', (_name, lines, why) => {
    expect(read(lines)).toBe(why)
  })
})

describe('a stream of DSMR telegrams', () => {
  const good = text(DSMR_5)

  it('gives each one, whatever stands between', () => {
    const heard = hearing(dsmrDecoder)
    heard.push(Buffer.concat([Buffer.from('00(12*kW)\r\n!1234\r\n'), good, Buffer.from('\0\xff'), good]))
    expect(heard.telegrams).toHaveLength(2)
    expect(heard.broken).toEqual([])
  })

  it('loses nothing behind one that was cut short, wherever', () => {
    for (let end = 1; end < good.length; end += 1) {
      const heard = hearing(dsmrDecoder)
      heard.push(Buffer.concat([good.subarray(0, end), good]))
      expect(heard.telegrams, `cut after ${end}`).toHaveLength(1)
    }
  })

  it('once had a check sum: one without is not believed any more', () => {
    const heard = hearing(dsmrDecoder)
    heard.push(text(DSMR_2))
    heard.push(good)
    heard.push(text(DSMR_2))
    expect(heard.telegrams).toHaveLength(2)
    expect(heard.broken).toEqual(['no check sum'])
  })

  it('without a telegram says that its speed may be wrong, again and again', () => {
    const heard = hearing(dsmrDecoder)
    for (let turn = 0; turn < 50; turn += 1) heard.push(Buffer.alloc(100, 0xf8))
    expect(heard.broken).toHaveLength(2)
    expect(heard.broken[0]).toMatch(/no telegram among them: check baud rate/)
  })

  it('that begins and never ends is given up at a limit', () => {
    const heard = hearing(dsmrDecoder)
    heard.push(Buffer.concat([Buffer.from('/ABC5x\r\n'), Buffer.alloc(TELEGRAM_LIMIT, 0x41)]))
    expect(heard.broken).toEqual([`longer than ${TELEGRAM_LIMIT} bytes`])
    heard.push(Buffer.from('\r\n'))
    heard.push(good)
    expect(heard.telegrams).toHaveLength(1)
  })

  it('reads what was written, in any pieces', () => {
    fc.assert(
      fc.property(METER, fc.array(fc.nat()), (values, cuts) => {
        const heard = hearing(dsmrDecoder)
        for (const piece of pieces(writeDsmr(values), cuts)) heard.push(piece)
        expect(heard).toMatchObject({ telegrams: [plain(values)], broken: [] })
      }),
    )
  })

  it('never tells a damaged telegram, and hears the next good one', () => {
    fc.assert(
      fc.property(METER, fc.nat(), fc.integer({ min: 1, max: 127 }), (values, place, flip) => {
        const whole = writeDsmr(values)
        const damaged = Buffer.from(whole)
        const at = place % damaged.length
        damaged[at] = (damaged[at] ?? 0) ^ flip
        const heard = hearing(dsmrDecoder)
        for (const each of [damaged, whole, whole]) heard.push(each)
        for (const telegram of heard.telegrams) expect(telegram).toEqual(plain(values))
        expect(heard.telegrams.length).toBeGreaterThanOrEqual(1)
      }),
      { numRuns: 500 },
    )
  })

  it('survives any bytes', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.stringMatching(/^[/!()*\r\n0-9.:A-F-]{0,400}$/).map((each) => Buffer.from(each, 'latin1')),
    )
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 5 }), (chunks) => {
        const heard = hearing(dsmrDecoder)
        for (const chunk of chunks) heard.push(chunk)
        heard.push(Buffer.from('\r\n'))
        heard.push(good)
        heard.push(good)
        expect(heard.telegrams.at(-1)).toEqual(read(DSMR_5))
      }),
      { numRuns: 300 },
    )
  })
})

describe('a DSMR telegram that we write', () => {
  it('leaves out what a text cannot hold', () => {
    const values = new Map([
      ['1-0:1.7.0', { value: 1e-7, unit: 'kW' }],
      ['1-0:2.7.0', { value: Number.NaN, unit: 'kW' }],
      ['0-0:96.13.0', { value: 'a(b', unit: null }],
      ['0-0:96.13.1', { value: '1\r\n1-0:9.9.9', unit: null }],
      ['power', { value: 1, unit: 'kW' }],
    ])
    const result = readDsmr(writeDsmr(values))
    expect(typeof result === 'string' ? result : plain(result)).toEqual({ '1-0:1.7.0': [1e-7, 'kW'] })
  })
})
