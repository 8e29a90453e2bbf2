import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinAddress, splitAddress, withLogin, withoutSecrets, withSetting } from '../../src/model/address.ts'

describe('an address', () => {
  it.each([
    [
      'http://me:pass@Box.local:8080/a/B?insecure=yes',
      ['http', 'me:pass', 'box.local', '8080', '/a/B', 'insecure=yes'],
    ],
    ['TCP://[FE80::1]:502', ['tcp', null, '[fe80::1]', '502', '', '']],
    ['udp://box', ['udp', null, 'box', null, '', '']],
    ['rtu:/dev/ttyUSB0?baud=9600', ['rtu', null, null, null, '/dev/ttyUSB0', 'baud=9600']],
    ['speedwire:', ['speedwire', null, null, null, '', '']],
    ['speedwire://', ['speedwire', null, '', null, '', '']],
    ['rtu+tcp://h:', ['rtu+tcp', null, 'h', '', '', '']],
  ])('%s is taken apart', (text, [scheme, login, host, port, path, settings]) => {
    expect(splitAddress(text)).toEqual({ scheme, login, host, port, path, settings })
  })

  it.each(['', '10.0.0.1', '//host', ':x', 'a b:c'])('%j has no scheme', (text) => {
    expect(splitAddress(text)).toBeNull()
  })

  it.each(['http://me:p@h:80/x?a=b', 'rtu:/dev/ttyUSB0', 'speedwire:?serial=1', 'mqtt://h'])(
    '%s is put together as it was',
    (text) => {
      const parts = splitAddress(text)
      expect(parts && joinAddress(parts)).toBe(text)
    },
  )
})

describe('secrets in an address', () => {
  it('are percent-encoded, so that the driver reads them back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }), (user, password) => {
        const { username, password: read, host } = new URL(withLogin('http://h:81/p', { user, password }))
        expect([decodeURIComponent(username), decodeURIComponent(read), host]).toEqual([user, password, 'h:81'])
      }),
    )
    expect(withSetting('dsmr:/dev/x', 'key', 'A B')).toBe('dsmr:/dev/x?key=A%20B')
    expect(withSetting('dsmr:/dev/x?baud=9600', 'key', '1')).toBe('dsmr:/dev/x?baud=9600&key=1')
  })

  it.each([
    ['http://me:hush@h/x', 'http://h/x'],
    ['http://me:hu@sh@h', 'http://h'],
    ['http://me:hu/s?h@h', 'http://h'],
    ['dsmr:/dev/x?baud=9600&key=hush&format=8N1', 'dsmr:/dev/x?baud=9600&key=***&format=8N1'],
    ['dsmr:/dev/x?KEY=hush', 'dsmr:/dev/x?KEY=***'],
    ['tcp://h:502', 'tcp://h:502'],
    ['me:hush@h', 'h'],
  ])('%s is shown as %s', (address, shown) => {
    expect(withoutSecrets(address)).toBe(shown)
  })
})
