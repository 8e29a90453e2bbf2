/** What a person writes after --connect, as a driver opens it; and the site file's address with its secrets. */
import { describe, expect, it } from 'vitest'
import { Secret } from '../../src/config/site-config.ts'
import { assertFits, openable, revealed } from '../../src/site/address.ts'
import { createRegistry } from '../../src/site/registry.ts'

const registry = createRegistry()
const of = (name: string) => registry.mappings.load(name)
const bytes = (text: string): Secret => new Secret(Buffer.from(text))

describe('an address of the command line', () => {
  it.each([
    ['keba-p30', 'tcp://box', 'tcp://box'],
    ['go-e-http', 'http://box/a', 'http://box:80/a'],
    ['garo-glb', 'http://box', 'http://box:8080'],
    ['garo-glb', 'https://box', 'https://box'],
    ['go-e-http', 'http://me:hush@box', 'http://me:hush@box:80'],
    ['keba-p30-udp', 'udp://box?local=0', 'udp://box:7090?local=0'],
    ['keba-p30-udp', 'udp://box:7091', 'udp://box:7091'],
    ['dsmr-p1', 'dsmr+tcp://box:2001', 'dsmr+tcp://box:2001'],
  ])('of %s: %s has the port of the mapping where nobody says one', (mapping, text, url) => {
    expect(openable(registry, of(mapping), text)).toMatchObject({ url })
  })

  it('has its own serial settings, or those of the mapping', () => {
    const heidelberg = of('heidelberg-energy-control')
    expect(openable(registry, heidelberg, 'rtu:/dev/ttyUSB0').serial).toMatchObject({ baud: 19_200, format: '8E1' })
    expect(openable(registry, heidelberg, 'rtu:/dev/ttyUSB0?baud=9600&format=8N1').serial).toBeNull()
  })

  it('takes a login or a key beside it', () => {
    const login = { user: 'ad min', password: 'hu@sh' }
    expect(openable(registry, of('go-e-http'), 'http://box', { login }).url).toBe('http://ad%20min:hu%40sh@box:80')
    expect(openable(registry, of('dsmr-p1'), 'dsmr:/dev/x', { key: '00ff' }).url).toBe('dsmr:/dev/x?key=00ff')
  })

  it.each([
    [
      'go-e-http',
      'tcp://me:hush@box',
      {},
      'tcp://box: go-e Charger (HTTP API v2) speaks http, and tcp is modbus; what fits is http://HOST, https://HOST',
    ],
    ['go-e-http', 'mqtt://me:hush@box', {}, 'speaks http, and mqtt is mqtt'],
    ['keba-p30', 'http://box', {}, 'speaks modbus, and http is http; what fits is tcp://HOST:502, rtu+tcp://HOST:502'],
    ['keba-p30', 'tcp://me:hush@box', {}, 'tcp://box: a connection of tcp knows no login'],
    ['keba-p30', 'tcp://box', { login: { user: 'me', password: 'hush' } }, 'knows no login'],
    ['go-e-http', 'http://me:hush@box', { login: { user: 'me', password: 'hush' } }, 'and another one beside it'],
    ['go-e-http', 'http://box', { key: 'hush' }, 'a connection of http knows no key'],
    ['dsmr-p1', 'dsmr:/dev/x?key=hush', { key: 'hush' }, 'dsmr:/dev/x?key=***: there is a key in the address'],
    ['go-e-http', 'ftp://me:hush@box', {}, 'no driver for "ftp://box"; known are tcp, '],
    ['go-e-http', 'me:hush@box', {}, 'known are tcp, '],
  ])('%s at %s %j is refused without its secrets', (mapping, text, secrets, expected) => {
    const open = () => openable(registry, of(mapping), text, secrets)
    expect(open).toThrow(expect.objectContaining({ code: 'LINK_BAD_URL' }))
    expect(open).toThrow(expected)
    expect(open).not.toThrow('hush')
  })
})

describe('an address of the site file', () => {
  const address = { connect: 'mqtt://broker:1883', serial: null, echo: false, unit: null, login: null, key: null }

  it('gets its secrets when a driver opens it', () => {
    const login = { user: 'ö', password: bytes('a:b/c') }
    expect(revealed(address, null)).toBe('mqtt://broker:1883')
    expect(revealed({ ...address, login }, null)).toBe('mqtt://%C3%B6:a%3Ab%2Fc@broker:1883')
    expect(revealed({ ...address, connect: 'dsmr:/dev/x', key: bytes('00FF') }, null)).toBe('dsmr:/dev/x?key=00FF')
  })

  it('never sends a password in clear to a device that knows better', () => {
    const login = { user: 'u', password: bytes('p') }
    const http = { ...address, connect: 'http://box:80', login }
    expect(revealed(http, 'digest')).toBe('http://u:p@box:80?login=digest')
    expect(revealed({ ...http, connect: 'http://box:80?login=basic' }, 'digest')).toBe('http://u:p@box:80?login=basic')
    expect(revealed({ ...http, login: null }, 'digest')).toBe('http://box:80')
  })

  it('is looked at again when a mapping has changed on disk', () => {
    expect(() => assertFits(registry, of('go-e-http'), 'http://box:80')).not.toThrow()
    expect(() => assertFits(registry, of('go-e-mqtt'), 'http://box:80')).toThrow('speaks mqtt, and http is http')
  })
})
