/** Logins over a real socket, against a device that checks them by its own arithmetic. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'

import type { TraceEntry } from '../../../src/model/driver.ts'
import { asking, get, linkTo, ok, put, refuse, scriptedDevice } from './scripted-device.ts'

const SECRET = 'hush hush'

function withUser(url: string, options = ''): string {
  return `${url.replace('//', `//admin:${encodeURIComponent(SECRET)}@`)}${options}`
}

function headerOf(request: string): string {
  return /^authorization: (.*)$/im.exec(request)?.[1]?.trim() ?? ''
}

/** Says whether a Digest header is right for the nonce, and counts further than the last one did. */
function digestGuard(hash: 'md5' | 'sha256') {
  let lastCount = 0
  const digest = (text: string): string => createHash(hash).update(text).digest('hex')
  return {
    restart: () => {
      lastCount = 0
    },
    passes: (request: string, nonce: string): boolean => {
      const field = (name: string): string => new RegExp(`[ ,]${name}="?([^",]*)`).exec(headerOf(request))?.[1] ?? ''
      const [method = '', path = ''] = request.split(' ')
      const count = Number.parseInt(field('nc'), 16)
      const right = [
        digest(`admin:box:${SECRET}`),
        nonce,
        field('nc'),
        field('cnonce'),
        'auth',
        digest(`${method}:${path}`),
      ]
      const good = field('response') === digest(right.join(':')) && field('uri') === path && count > lastCount
      if (good) lastCount = count
      return good
    },
  }
}

describe.each([
  ['md5', 'MD5'],
  ['sha256', 'SHA-256'],
] as const)('a Digest login with %s', (hash, name) => {
  const ask = (nonce: string, more = ''): string =>
    refuse(401, `WWW-Authenticate: Digest realm="box", nonce="${nonce}", qop="auth", algorithm=${name}${more}\r\n`)

  it('is made once, and kept for questions and orders', async () => {
    const guard = digestGuard(hash)
    const device = await scriptedDevice((_index, request) => (guard.passes(request, 'n1') ? ok('in') : ask('n1')))
    const link = linkTo(withUser(device.url))
    expect(await link.ask(get('/a?b=c'), asking())).toMatchObject({ body: 'in' })
    expect(await link.tell(put('/limit', '{}'), asking())).toMatchObject({ body: 'in' })
    expect(device.requests).toHaveLength(3)
    expect(link.counters).toMatchObject({ requests: 3, exceptions: 0 })
  })

  it('is made anew when the nonce is old', async () => {
    const guard = digestGuard(hash)
    let nonce = 'n1'
    const device = await scriptedDevice((index, request) => {
      if (index === 2) {
        nonce = 'n2'
        guard.restart()
      }
      return guard.passes(request, nonce) ? ok('in') : ask(nonce, index === 2 ? ', stale=true' : '')
    })
    const link = linkTo(withUser(device.url))
    await link.ask(get('/'), asking())
    expect(await link.ask(get('/'), asking())).toMatchObject({ body: 'in' })
    expect(device.requests).toHaveLength(4)
  })
})

describe('a login', () => {
  it('is Basic when the device asks so, and sent at once when the address says so', async () => {
    const basic = `Basic ${Buffer.from(`admin:${SECRET}`).toString('base64')}`
    const device = await scriptedDevice((_index, request) =>
      headerOf(request) === basic ? ok('in') : refuse(401, 'WWW-Authenticate: Basic realm="box"\r\n'),
    )
    expect(await linkTo(withUser(device.url)).ask(get('/'), asking())).toMatchObject({ body: 'in' })
    expect(device.requests).toHaveLength(2)
    expect(await linkTo(withUser(device.url, '?login=basic')).ask(get('/'), asking())).toMatchObject({ body: 'in' })
    expect(device.requests).toHaveLength(3)
  })

  it('never sends the password in clear when the address wants Digest', async () => {
    const device = await scriptedDevice(() => refuse(401, 'WWW-Authenticate: Basic realm="box"\r\n'))
    const call = linkTo(withUser(device.url, '?login=digest')).ask(get('/'), asking())
    await expect(call).rejects.toThrow('a login that is not digest: basic')
    expect(device.requests.map(headerOf)).toEqual([''])
  })

  let round = 0
  it.each([
    ['that never lets anyone in', () => 'Digest realm="box", nonce="same", qop="auth"'],
    ['with a new nonce each time', () => `Digest realm="box", nonce="${(round += 1)}", qop="auth"`],
    ['whose nonce is always stale', () => `Digest realm="box", nonce="${(round += 1)}", qop="auth", stale=true`],
    [
      'that changes its mind',
      () => ((round += 1) % 2 === 0 ? 'Basic realm="box"' : 'Digest realm="box", nonce="x", qop="auth"'),
    ],
    ['that asks for nothing we know', () => 'Negotiate'],
  ])('ends at a device %s', async (_name, challenge) => {
    const device = await scriptedDevice(() => refuse(401, `WWW-Authenticate: ${challenge()}\r\n`))
    const link = linkTo(withUser(device.url))
    const call = link.ask(get('/'), asking({ retries: 5 }))
    await expect(call).rejects.toMatchObject({ code: 'DEVICE_EXCEPTION', details: { status: 401 } })
    expect(device.requests.length).toBeLessThanOrEqual(3)
  })

  it('that is missing in the address is asked for in words', async () => {
    const device = await scriptedDevice(() => refuse(401, 'WWW-Authenticate: Basic\r\n'))
    await expect(linkTo(device.url).ask(get('/'), asking())).rejects.toThrow('write user:password@ before the host')
  })

  it('shows its password nowhere: not in the address, errors or trace', async () => {
    const device = await scriptedDevice((index) =>
      index % 2 === 0 ? refuse(401, 'WWW-Authenticate: Basic\r\n') : refuse(500, '', 'broken'),
    )
    const link = linkTo(withUser(device.url))
    const seen: string[] = [link.url]
    link.trace((entry: TraceEntry) => seen.push(Buffer.from(entry.bytes).toString() + entry.note))
    const error: unknown = await link.ask(get('/'), asking()).catch((reason: unknown) => reason)
    seen.push(String(error), JSON.stringify(error))
    expect(seen.length).toBeGreaterThan(5)
    for (const secret of ['hush', 'admin', Buffer.from(`admin:${SECRET}`).toString('base64')]) {
      expect(seen.join('\n')).not.toContain(secret)
    }
  })
})
