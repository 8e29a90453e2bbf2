import { describe, expect, it } from 'vitest'

import {
  badAddress,
  formatHostAndPort,
  parseHostAndPort,
  parsePort,
  parsePortPath,
  refuseUnknown,
  takeApart,
} from '../../src/wire/address.ts'

const bad = badAddress('tcp://host', 'expected is tcp://HOST')
const refused = expect.objectContaining({ code: 'LINK_BAD_URL' })

describe('what is wrong with an address', () => {
  it('is told with what is expected', () => {
    expect(bad('no port')).toMatchObject({
      code: 'LINK_BAD_URL',
      message: 'tcp://host: no port; expected is tcp://HOST',
    })
    expect(badAddress('tcp://host')('no port').message).toBe('tcp://host: no port')
  })

  it.each(['mqtt://user:hush@host', 'dsmr:/dev/x?key=hush', `http://user:${'x'.repeat(2000)}hush@host`, 'hush'])(
    'never shows a secret: %s',
    (url) => {
      // Where there is no secret, all is shown: this test can fail.
      expect(badAddress(url)('wrong').message.includes('hush')).toBe(url === 'hush')
    },
  )
})

describe('an address', () => {
  it('is taken apart', () => {
    const { scheme, place, options } = takeApart('rtu+tcp://host:1?baud=9600&x=a?b', ['rtu', 'rtu+tcp'], bad)
    expect([scheme, place, [...options]]).toEqual([
      'rtu+tcp',
      '//host:1',
      [
        ['baud', '9600'],
        ['x', 'a?b'],
      ],
    ])
  })

  it('of another scheme or without end is refused', () => {
    expect(() => takeApart('http://host', ['tcp', 'rtu'], bad)).toThrow('not one of tcp, rtu')
    expect(() => takeApart(`tcp://${'x'.repeat(2000)}`, ['tcp'], bad)).toThrow('longer than 1024 characters')
  })

  it('with an option that nobody knows is refused', () => {
    const options = new URLSearchParams('baud=9600&formt=8N1')
    expect(() => refuseUnknown(options, ['baud', 'format'], bad)).toThrow(
      'unknown option formt; known are baud, format',
    )
    expect(() => refuseUnknown(options, [], bad)).toThrow('unknown option baud; there is none')
    refuseUnknown(options, ['baud', 'formt'], bad)
  })

  it.each([
    ['//host', 'host', 502],
    ['//host:1/', 'host', 1],
    ['//[::1]:8899', '::1', 8899],
    ['//[fe80::1%eth0]', 'fe80::1%eth0', 502],
  ])('%s leads to a host and its port', (place, host, port) => {
    expect(parseHostAndPort(place, 502, bad)).toEqual({ host, port })
  })

  it.each(['host', '//', '//host:', '//host:x', '//user@host', '//host:1/path', '//ho st', '//::1', '//host:65536'])(
    '%s leads nowhere',
    (place) => {
      expect(() => parseHostAndPort(place, 502, bad)).toThrow(refused)
    },
  )

  it('names its port where there is none by default', () => {
    expect(() => parseHostAndPort('//host', null, bad)).toThrow('not //HOST:PORT')
    expect(parsePort('65535', bad)).toBe(65_535)
    for (const digits of ['65536', '-1', '1e3', ' 1', '']) expect(() => parsePort(digits, bad)).toThrow(refused)
  })

  it('shows an IPv6 host in brackets', () => {
    expect([formatHostAndPort('host', 1), formatHostAndPort('::1', 1)]).toEqual(['host:1', '[::1]:1'])
  })

  it('of a serial port is a path', () => {
    expect(parsePortPath('/dev/serial/by-id/usb', bad)).toBe('/dev/serial/by-id/usb')
    expect(parsePortPath('///dev/ttyUSB0', bad)).toBe('/dev/ttyUSB0')
    for (const path of ['ttyUSB0', '', '/dev/x\0']) expect(() => parsePortPath(path, bad)).toThrow(refused)
  })
})
