import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { isBridgeError } from '../../src/model/errors.ts'
import { checkFileName, hostOf, readLocation, redactedUrl } from '../../src/transfer/location.ts'

function refusal(url: string): string {
  try {
    readLocation(url)
  } catch (error) {
    if (isBridgeError(error, 'TRANSFER_REFUSED')) return error.message
    throw error
  }
  return ''
}

describe('a location', () => {
  it.each([
    ['http://h/a', 'HTTP', 'h', 80],
    ['https://h:8443/a', 'HTTPS', 'h', 8443],
    ['HTTPS://H.example/', 'HTTPS', 'h.example', 443],
    ['ftp://h', 'FTP', 'h', 21],
    ['ftps://h/', 'FTPS', 'h', 21],
    ['ftps://h:990/', 'FTPS', 'h', 990],
    ['sftp://h/', 'SFTP', 'h', 22],
    // The default port of another scheme is a port all the same.
    ['sftp://h:21/', 'SFTP', 'h', 21],
    ['sftp://h:80/', 'SFTP', 'h', 80],
    ['ftp://h:80/', 'FTP', 'h', 80],
    ['http://[fd00::0001]:81/', 'HTTP', 'fd00::1', 81],
  ])('%s', (url, protocol, host, port) => {
    expect(readLocation(url)).toMatchObject({ protocol, host, port })
  })

  it.each(['http', 'https', 'ftp', 'ftps', 'sftp'])(
    'in %s has its address put straight, however it is written',
    (scheme) => {
      for (const [written, meant] of [
        ['0x7f.1', '127.0.0.1'],
        ['017700000001', '127.0.0.1'],
        ['2130706433', '127.0.0.1'],
        ['127.1.', '127.0.0.1'],
        ['[::ffff:169.254.169.254]', '::ffff:a9fe:a9fe'],
        ['１２７.0.0.1', '127.0.0.1'],
      ])
        expect(readLocation(`${scheme}://${written}/`).host).toBe(meant)
    },
  )

  it('has its login and path decoded', () => {
    expect(readLocation('ftp://a%40b:p%3A%2F%25@h/x%20y/z')).toMatchObject({
      login: { user: 'a@b', password: 'p:/%' },
      path: '/x y/z',
    })
    expect(readLocation('sftp://h').login).toBeNull()
    expect(readLocation('ftp://h//etc/x').path).toBe('//etc/x')
  })

  it('names host and port for logs, and shows neither login nor query', () => {
    expect(hostOf(readLocation('http://u:p@[::1]/'))).toBe('[::1]:80')
    expect(redactedUrl('https://user:geheim@h:8443/a/b?token=geheim#geheim')).toBe('https://h:8443/a/b')
    expect(redactedUrl('https://user:geheim@:bad')).toBe('(not a usable address)')
  })

  it.each([
    ['file:///etc/passwd', 'file:// is not one of FTP, FTPS, HTTP, HTTPS, SFTP'],
    ['javascript:alert(1)', 'an address without a scheme'],
    ['tftp://h/', 'tftp:// is not one'],
    ['/srv/upload', 'an address without a scheme'],
    ['C:', 'an address without a scheme'],
    ['', 'an address without a scheme'],
    ['http://', 'not a URL with a host'],
    ['sftp:///x', 'not a URL with a host'],
    ['ftp://h:99999/', 'not a URL with a host'],
    ['ftp://h/a/../b', '..'],
    ['http://h/%2e%2e/b', '..'],
    ['sftp://h/a%2f..%2fb', '..'],
    [String.raw`http://h/a\..\b`, 'a backslash'],
    ['http://h/a%5c..%5cb', '..'],
    ['ftp://h/a%0d%0aDELE%20x', 'control characters'],
    ['ftp://h/a\r\nDELE x', 'control characters'],
    ['ftp://h/a\tb', 'control characters'],
    ['ftp://u%0aQUIT:p@h/', 'the login holds control characters'],
    ['ftp://u:p%00@h/', 'the login holds control characters'],
    ['ftp://h/%zz', '% that encodes nothing'],
    [`http://h/${'x'.repeat(2048)}`, 'longer than 2048'],
  ])('%s is refused', (url, words) => {
    expect(refusal(url)).toContain(words)
  })

  it('never repeats a password in its refusals, and never throws anything else', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 40, unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }),
        fc.string({ maxLength: 40 }),
        (head, tail) => {
          expect(refusal(`ftp://user:geheimnis@${head}/${tail}`)).not.toContain('geheimnis')
          refusal(head + tail)
        },
      ),
    )
  })
})

it('a name for a file is one part of a path', () => {
  expect(checkFileName('a b.zip')).toBe('a b.zip')
  for (const name of ['', '.', '..', 'a/b', String.raw`a\b`, 'a\nb', 'x'.repeat(256)])
    expect(() => checkFileName(name)).toThrow('not usable')
})
