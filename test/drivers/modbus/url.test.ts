import { describe, expect, it } from 'vitest'

import { lineTiming } from '../../../drivers/modbus/timing.ts'
import { formatNetworkUrl, parseModbusUrl } from '../../../drivers/modbus/url.ts'

describe('connection addresses', () => {
  it('name a host or a serial port, and the line', () => {
    expect(parseModbusUrl('tcp://192.168.1.5', null)).toEqual({
      scheme: 'tcp',
      host: '192.168.1.5',
      port: 502,
      line: null,
    })
    expect(parseModbusUrl('rtu+tcp://[::1]:8899', null)).toEqual({
      scheme: 'rtu+tcp',
      host: '::1',
      port: 8899,
      line: null,
    })
    expect(parseModbusUrl('rtu+tcp://gw:1?baud=19200&format=8E1', null)).toMatchObject({
      line: { baud: 19200, dataBits: 8, parity: 'even', stopBits: 1 },
    })
    expect(parseModbusUrl('rtu:/dev/serial/by-id/usb-FTDI?baud=38400', null)).toEqual({
      scheme: 'rtu',
      path: '/dev/serial/by-id/usb-FTDI',
      line: { baud: 38400, dataBits: 8, parity: 'none', stopBits: 1 },
    })
    expect(parseModbusUrl('ascii:/dev/ttyS0', null)).toMatchObject({
      line: { baud: 9600, dataBits: 7, parity: 'even' },
    })
    expect(parseModbusUrl('rtu:/dev/ttyS0?baud=9600&format=8N1', { baud: 1200, format: '8o2' })).toMatchObject({
      line: { baud: 1200, dataBits: 8, parity: 'odd', stopBits: 2 },
    })
  })

  it.each([
    'http://x',
    'tcp:192.168.1.5',
    'tcp://',
    'tcp://host:99999',
    'tcp://host:1/path',
    'tcp://host?baud=9600',
    'tcp://user@host',
    'rtu:ttyUSB0',
    'rtu:/dev/ttyUSB0?speed=9600',
    'rtu:/dev/ttyUSB0?baud=fast',
    'rtu:/dev/ttyUSB0?baud=9600&format=9N1',
    `tcp://${'x'.repeat(2000)}`,
  ])('that are wrong are refused: %s', (url) => {
    expect(() => parseModbusUrl(url, null)).toThrow(expect.objectContaining({ code: 'LINK_BAD_URL' }))
  })

  it('of a server come back with its real port', () => {
    const address = parseModbusUrl('rtu+tcp://[::1]:0?baud=9600&format=8N1', null)
    if (!('host' in address)) throw new Error('a network address was expected')
    expect(formatNetworkUrl(address, 4711)).toBe('rtu+tcp://[::1]:4711?baud=9600&format=8N1')
  })
})

function lineAt(baud: number, parity: 'none' | 'even') {
  return lineTiming({ baud, dataBits: 8, parity, stopBits: 1 }, false)
}

describe('times on a line', () => {
  it('follow speed and format: 10 bits per character at 8N1, 11 at 8E1, t3.5 fixed above 19200 baud', () => {
    expect(lineAt(9600, 'none').characterMs).toBeCloseTo(1.0417, 3)
    expect(lineAt(9600, 'even').silenceMs).toBeCloseTo(4.01, 2)
    expect(lineAt(19200, 'even').silenceMs).toBeCloseTo(2.005, 2)
    expect(lineAt(115200, 'none').silenceMs).toBe(1.75)
  })
})
