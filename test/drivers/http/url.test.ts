import { describe, expect, it } from 'vitest'

import { parseHttpUrl } from '../../../drivers/http/url.ts'

describe('addresses of HTTP devices', () => {
  it('name host, port, prefix and login', () => {
    expect(parseHttpUrl('http://192.168.1.5')).toEqual({
      scheme: 'http',
      host: '192.168.1.5',
      port: 80,
      prefix: '',
      login: null,
      loginKind: null,
      insecure: false,
      shown: 'http://192.168.1.5',
    })
    expect(parseHttpUrl('https://admin:s%40fe@box.local:8443/api/v1/?insecure=yes&login=digest')).toEqual({
      scheme: 'https',
      host: 'box.local',
      port: 8443,
      prefix: '/api/v1',
      login: { user: 'admin', password: 's@fe' },
      loginKind: 'digest',
      insecure: true,
      shown: 'https://box.local:8443/api/v1',
    })
    expect(parseHttpUrl('https://[::1]')).toMatchObject({ host: '::1', port: 443, shown: 'https://[::1]' })
    expect(parseHttpUrl('http://127.0.0.1:0')).toMatchObject({ port: 0 })
  })

  it.each([
    'tcp://host',
    'http:host',
    'http://',
    'http:///path',
    'http://host:99999',
    'http://host:x',
    'http://ho st',
    'http://host/a b',
    'http://host\\path',
    'http://host#part',
    'http://host?secure=no',
    'http://host?insecure=maybe',
    'http://host?login=ntlm',
    'http://:word@host',
    'http://us%3Aer:word@host',
    'http://user:wo%zzrd@host',
    `http://${'x'.repeat(2000)}`,
  ])('that are wrong are refused, with what is expected: %s', (url) => {
    expect(() => parseHttpUrl(url)).toThrow(expect.objectContaining({ code: 'LINK_BAD_URL' }))
    expect(() => parseHttpUrl(url)).toThrow(/expected is http:\/\/HOST/)
  })

  it.each([
    'http://user:hush@host:99999',
    'http://user:hush/hush@host',
    'http://user:hush@hush@ho st',
    'http://user:hush#hush@host',
    'http://user:hush@host?x=y',
    'http://user:%zzhush@host',
  ])('that are wrong never show the password: %s', (url) => {
    expect(() => parseHttpUrl(url)).toThrow(expect.not.objectContaining({ message: expect.stringContaining('hush') }))
  })
})
