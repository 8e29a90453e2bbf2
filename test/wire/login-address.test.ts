import { describe, expect, it } from 'vitest'

import { badAddress } from '../../src/wire/address.ts'
import { parseLoginAddress } from '../../src/wire/login-address.ts'

const PORTS = { http: 80, https: 443 } as const
const read = (url: string) => parseLoginAddress(url, PORTS, badAddress(url))

describe('an address with a login', () => {
  it('names scheme, host, port, path, login and options', () => {
    expect(read('https://admin:s%40fe@Box.local:8443/api/?insecure=yes')).toEqual({
      scheme: 'https',
      host: 'box.local',
      hostname: 'box.local',
      port: 8443,
      path: '/api/',
      login: { user: 'admin', password: 's@fe' },
      options: new URLSearchParams('insecure=yes'),
    })
    expect(read('http://[::1]')).toMatchObject({ host: '::1', hostname: '[::1]', port: 80, path: '/', login: null })
  })

  it.each([
    ['http://host', 80],
    ['https://host', 443],
    ['http://host:443', 443],
    ['http://host:0/path', 0],
    ['http://[::1]:81?x=y:9', 81],
    ['http://user:123@host', 80],
    ['http://user:123@host:81', 81],
    ['http://host/a:9', 80],
  ])('%s has the port that is written, or the one of its scheme', (url, port) => {
    expect(read(url).port).toBe(port)
  })

  it.each([
    ['ftp://host', 'not http:// or https:// and a host'],
    ['http:host', 'and a host'],
    ['http:///path', 'and a host'],
    ['http://ho st', 'a space'],
    ['http://host#part', 'a space'],
    ['http://host:99999', 'cannot be read'],
    ['http://user:%zz@host', '% that is no %XX'],
    [`http://${'x'.repeat(2000)}`, 'longer than 1024 characters'],
  ])('%s is refused in words', (url, why) => {
    expect(() => read(url)).toThrow(
      expect.objectContaining({ code: 'LINK_BAD_URL', message: expect.stringContaining(why) }),
    )
  })
})
