import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { readChallenges } from '../../../drivers/http/challenge.ts'
import { Login } from '../../../drivers/http/login.ts'

// The examples of RFC 7616 3.9.1.
const MUFASA = { user: 'Mufasa', password: 'Circle of Life' }
const OWN_NONCE = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ'
const REST = `realm="http-auth@example.org", qop="auth, auth-int",
  nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`
const MD5 = `Digest algorithm=MD5, ${REST}`
const SHA256 = `Digest algorithm=SHA-256, ${REST}`

function login(only: 'basic' | 'digest' | null = null): Login {
  return new Login(MUFASA, only, () => OWN_NONCE)
}

/** The kind of login that follows from these headers. */
function kinds(headers: readonly string[]): string | undefined {
  const some = login()
  some.refused(headers, false)
  return /^Basic|algorithm=[\w-]+/.exec(some.header('GET', '/') ?? '')?.[0]
}

describe('a login', () => {
  it('computes Digest as RFC 7616 3.9.1 shows it', () => {
    const first = login()
    expect(first.header('GET', '/dir/index.html')).toBeNull()
    expect(first.refused([MD5], false)).toEqual({ again: true })
    expect(first.header('GET', '/dir/index.html')).toContain('response="8ca523f5e9506fed4657c9700eebdbec"')
    const second = login()
    second.refused([SHA256], false)
    const header = second.header('GET', '/dir/index.html')
    expect(header).toContain('response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"')
    expect(header).toContain('nc=00000001')
    expect(header).toContain('algorithm=SHA-256')
    expect(header).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"')
    expect(header).not.toContain('Circle')
  })

  it('computes the old form without counter (RFC 2069 2.4, as corrected)', () => {
    const old = new Login({ user: 'Mufasa', password: 'CircleOfLife' }, null, () => OWN_NONCE)
    old.refused(['Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'], false)
    const header = old.header('GET', '/dir/index.html')
    expect(header).toContain('response="1949323746fe6a43ef61f9606e7febea"')
    expect(header).not.toContain('nc=')
  })

  it('takes the strongest kind that is offered, in whatever order and header', () => {
    expect(kinds(['Basic realm="x"', MD5, SHA256])).toBe('algorithm=SHA-256')
    expect(kinds([`Basic realm="x", ${MD5}`])).toBe('algorithm=MD5')
    expect(kinds(['Basic realm="x"'])).toBe('Basic')
    expect(kinds(['Digest algorithm=SHA-512-256, nonce="n"', 'Digest qop="auth-int", nonce="n"', 'Basic'])).toBe(
      'Basic',
    )
  })

  it('uses only the kind that the address allows: a password is not given away in clear', () => {
    expect(login('digest').refused(['Basic realm="x"'], false)).toMatchObject({ again: false })
    expect(login('basic').header('GET', '/')).toBe('Basic TXVmYXNhOkNpcmNsZSBvZiBMaWZl')
  })

  it('counts the uses of a nonce', () => {
    const counting = login()
    counting.refused([MD5], false)
    const counts = Array.from({ length: 17 }, () => /nc=(\w+)/.exec(counting.header('GET', '/') ?? '')?.[1])
    expect(counts[0]).toBe('00000001')
    expect(counts[16]).toBe('00000011')
  })

  it('takes a new nonce when the old one is stale, or was good until the device forgot it', () => {
    const stale = login()
    stale.refused(['Digest nonce="a", qop="auth"'], false)
    expect(stale.refused(['Digest nonce="b", qop="auth", stale=TRUE'], true)).toEqual({ again: true })
    expect(stale.header('GET', '/')).toMatch(/nonce="b".*nc=00000001/)
    const forgotten = login()
    forgotten.refused(['Digest nonce="a", qop="auth"'], false)
    forgotten.accepted()
    expect(forgotten.refused(['Digest nonce="b", qop="auth"'], true)).toEqual({ again: true })
    expect(forgotten.refused(['Digest nonce="c", qop="auth"'], true)).toMatchObject({ again: false })
  })

  it.each([
    ['a new nonce for each try', ['Digest nonce="b", qop="auth"']],
    ['the same nonce, called stale', ['Digest nonce="a", qop="auth", stale=true']],
    ['nothing any more', []],
  ])('takes no for an answer: %s', (_name, headers) => {
    const refused = login()
    refused.refused(['Digest nonce="a", qop="auth"'], false)
    expect(refused.refused(headers, true)).toMatchObject({ again: false })
  })

  it('says what is missing when the address has no user', () => {
    const nobody = new Login(null, null, () => OWN_NONCE)
    expect(nobody.refused([MD5], false)).toEqual({
      again: false,
      why: 'it wants a login: write user:password@ before the host',
    })
  })

  it('writes names with quotes and letters beyond ASCII so that they arrive', () => {
    const umlaut = new Login({ user: 'Jürgen "J"', password: 'ß' }, null, () => OWN_NONCE)
    umlaut.refused(['Digest nonce="a\\"b", qop=auth'], false)
    const header = umlaut.header('GET', '/') ?? ''
    expect(Buffer.from(header, 'latin1').toString()).toContain(String.raw`username="Jürgen \"J\""`)
    expect(header).toContain(String.raw`nonce="a\"b"`)
  })
})

describe('challenges', () => {
  it('are read with quotes, commas inside them, and odd spaces', () => {
    expect(readChallenges(['Digest realm="a, b=\\"c\\"" ,nonce = x,, Basic'])).toEqual([
      {
        scheme: 'digest',
        parameters: new Map([
          ['realm', 'a, b="c"'],
          ['nonce', 'x'],
        ]),
      },
      { scheme: 'basic', parameters: new Map() },
    ])
  })

  it('are read from any text, without harm', () => {
    const piece = fc.constantFrom('Digest', 'Basic', ' ', ',', '=', '"', '\\\\', 'nonce', 'a', '\\t', 'é')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        const some = login()
        some.refused([pieces.join('')], false)
        expect(some.header('GET', '/') ?? '').not.toMatch(/[\r\n\0]/)
      }),
    )
  })

  it('that are garbage give nothing, and never too much', () => {
    expect(readChallenges(['', '=,=,"', '"""', ', , ,'])).toEqual([])
    expect(readChallenges([Array.from({ length: 500 }, (_, index) => `S${index}`).join(', ')])).toHaveLength(8)
    const [many] = readChallenges([`Digest ${Array.from({ length: 500 }, (_, index) => `p${index}=1`).join(', ')}`])
    expect(many?.parameters.size).toBe(32)
  })
})
