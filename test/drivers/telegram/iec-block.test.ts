import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  findBlock,
  findIdentification,
  findSelect,
  findSignOn,
  optionSelect,
  readBlock,
  signOn,
  writeBlock,
} from '../../../drivers/telegram/iec-block.ts'
import { METER, plain, type Telegram } from './stream.ts'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')

/** A block around these lines, with the check character that belongs to it. */
function block(lines: string): Buffer {
  const covered = bytes(`${lines}!\r\n\x03`)
  return Buffer.concat([bytes('\x02'), covered, Buffer.from([covered.reduce((sum, byte) => sum ^ byte, 0)])])
}
function read(lines: string): Telegram | string {
  const result = readBlock(block(lines))
  return typeof result === 'string' ? result : plain(result)
}

describe('an identification', () => {
  it.each([
    ['/LGZ4ZMD3104107.B32\r\n', 'C', 4800],
    ['/ISk5MT174-0001\r\n', 'C', 9600],
    ['/ABC9x\r\n', 'C', null],
    ['/ABCEx\r\n', 'B', 9600],
    ['/ABC x\r\n', 'A', null],
    ['/?!\r\n/HAG5eHZ\r\n', 'C', 9600],
    ['\0\x7f/H/LGZ0\\2ZFD\r\n', 'C', 300],
  ])('%j is of mode %s and %s baud', (text, mode, baud) => {
    expect(findIdentification(bytes(text))).toMatchObject({ mode, baud, length: text.length })
  })

  it.each(['', '/LGZ4ZMD', '/?!\r\n', '/12345\r\n', `/LGZ4${'x'.repeat(80)}\r\n`])('%j is not one yet', (text) => {
    expect(findIdentification(bytes(text))).toBeNull()
  })
})

describe('what we send', () => {
  it('is what a meter understands', () => {
    expect(signOn('').toString('latin1')).toBe('/?!\r\n')
    expect(findSignOn('x/?00012!\r\n')).toBe('00012')
    expect(findSignOn('/?!\r')).toBeNull()
    expect(optionSelect(9600)?.toString('latin1')).toBe('\x06050\r\n')
    expect(findSelect('x\x06030\r\n')).toBe('3')
    expect(findSelect('\x0603')).toBeNull()
    expect(optionSelect(115_200)).toBeNull()
  })
})

describe('a data block', () => {
  it('has values with unit, second values that do not count, and several data sets on a line', () => {
    expect(
      read(
        [
          'F.F(00000000)',
          '0.0.0(50217)',
          'C.1.6(FDF5)',
          '1.6.1(00.150*kW)(2005061230)',
          '1.8.0(000123.456*kWh)1.8.1(000100.000*kWh)',
          '1.8.0*04(000099.000*kWh)',
          '1-1:2.8.0*255(0000.5*kWh)',
          '32.7(230.1*V)',
          '13.7.0(-.--)',
          'garbage without brackets',
          '',
        ].join('\r\n'),
      ),
    ).toEqual({
      '1-0:97.97.0': ['00000000', null],
      '1-0:0.0.0': ['50217', null],
      '1-0:96.1.6': ['FDF5', null],
      '1-0:1.6.1': [0.15, 'kW'],
      '1-0:1.8.0': [123.456, 'kWh'],
      '1-0:1.8.1': [100, 'kWh'],
      '1-0:1.8.0*4': [99, 'kWh'],
      '1-1:2.8.0': [0.5, 'kWh'],
      '1-0:32.7.0': [230.1, 'V'],
      '1-0:13.7.0': ['-.--', null],
    })
  })

  it('with an error instead of data says which', () => {
    expect(read('(ER07)\r\n')).toBe('the meter says ER07')
  })

  it('is believed only with its check character', () => {
    const good = block('1.8.0(000123.456*kWh)\r\n')
    expect(readBlock(good)).toBeInstanceOf(Map)
    for (let at = 1; at < good.length; at += 1) {
      const damaged = Buffer.from(good)
      damaged[at] = (damaged[at] ?? 0) ^ 0x10
      expect(readBlock(damaged), `byte ${at}`).toBe('wrong check character')
    }
  })

  it('is found between noise, once it is whole', () => {
    const good = block('1.8.0(1*kWh)\r\n')
    const stream = Buffer.concat([bytes('\x06050\r\n'), good, bytes('x')])
    expect(findBlock(stream)).toEqual(good)
    for (let end = 0; end < 6 + good.length; end += 1) expect(findBlock(stream.subarray(0, end))).toBeNull()
  })

  it('reads what was written', () => {
    fc.assert(
      fc.property(METER, (values) => {
        const found = findBlock(writeBlock(values))
        const result = readBlock(found ?? Buffer.alloc(3))
        expect(typeof result === 'string' ? result : plain(result)).toEqual(plain(values))
      }),
    )
  })

  it('survives any bytes', () => {
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .array(fc.constantFrom(...Buffer.from('/!()*\r\n019.:&-\x02\x03\x06')), { maxLength: 300 })
        .map((each) => Buffer.from(each)),
    )
    fc.assert(
      fc.property(hostile, (content) => {
        const stream = Buffer.from(content)
        findIdentification(stream)
        findSignOn(stream.toString('latin1'))
        findSelect(stream.toString('latin1'))
        const found = findBlock(Buffer.concat([bytes('\x02'), stream, bytes('\x03x')]))
        const result = readBlock(found ?? Buffer.alloc(3))
        expect(typeof result === 'string' || result.size > 0).toBe(true)
        read(content.toString())
      }),
      { numRuns: 500 },
    )
  })
})
