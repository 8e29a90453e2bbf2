import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { TraceEntry } from '../../../src/model/driver.ts'
import { BridgeError } from '../../../src/model/errors.ts'
import { ManualClock } from '../../peers/manual-clock.ts'
import { asking, get, linkTo, ok, put, refuse, scriptedDevice } from './scripted-device.ts'

describe('a link over HTTP', () => {
  it('asks, tells and counts, over one connection', async () => {
    const device = await scriptedDevice((index) => ok(`{"n": ${index}}`))
    const link = linkTo(`${device.url}/api`)
    expect(link.state).toBe('waiting')
    expect(await link.ask(get('/status?filter=amp', { 'X-Token': 'abc' }), asking())).toMatchObject({
      body: '{"n": 0}',
    })
    expect(await link.tell(put('/limit', '{"amp": 13}'), asking())).toMatchObject({ body: '{"n": 1}' })
    expect(device.requests[0]).toMatch(/^GET \/api\/status\?filter=amp HTTP\/1\.1\r\n/)
    expect(device.requests[0]).toContain('X-Token: abc\r\n')
    expect(device.requests[0]).toContain(`Host: 127.0.0.1:${device.port}\r\n`)
    expect(device.requests[1]).toMatch(
      /^PUT \/api\/limit HTTP\/1\.1\r\n[^]*Content-Type: application\/json\r\n[^]*\r\n\r\n\{"amp": 13\}$/,
    )
    expect(device.connections()).toBe(1)
    expect(link.state).toBe('open')
    expect(link.counters).toEqual({ requests: 2, timeouts: 0, exceptions: 0, badAnswers: 0, reconnects: 0 })
  })

  it('sends one request at a time', async () => {
    let open = 0
    const device = await scriptedDevice((index, _request, socket) => {
      open += 1
      expect(open).toBe(1)
      setImmediate(() => {
        open -= 1
        socket.write(ok(String(index)))
      })
      return null
    })
    const link = linkTo(device.url)
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => link.ask(get(`/${index}`), asking())))
    expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 20 }, (_, index) => String(index)))
    expect(device.connections()).toBe(1)
  })

  it.each([
    [
      'chunked',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n',
      'hello world',
    ],
    ['of a wrong type', ok('{"a": 1}', 'Content-Type: image/png\r\n'), '{"a": 1}'],
    ['without a type', ok('1'), '1'],
    ['in letters of one byte', Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n20\xb0C', 'latin1'), '20°C'],
    ['with a byte order mark', ok('\uFEFF{}'), '{}'],
    ['empty', 'HTTP/1.1 204 No Content\r\n\r\n', ''],
    ['after 100 Continue', `HTTP/1.1 100 Continue\r\n\r\n${ok('late')}`, 'late'],
  ])('takes an answer %s', async (_name, bytes, body) => {
    const device = await scriptedDevice(() => bytes)
    expect(await linkTo(device.url).ask(get('/'), asking())).toMatchObject({ body })
  })

  it('takes an answer that ends with the connection', async () => {
    const device = await scriptedDevice((_index, _request, socket) => {
      socket.end('HTTP/1.0 200 OK\r\n\r\nhello')
      return null
    })
    const link = linkTo(device.url)
    expect(await link.ask(get('/'), asking())).toMatchObject({ body: 'hello' })
    expect(await link.ask(get('/'), asking())).toMatchObject({ body: 'hello' })
  })

  it.each([
    [400, {}],
    [403, {}],
    [404, { exceptionCode: 2 }],
    [500, {}],
    [503, {}],
  ])('tells HTTP %i as a refusal, with the words of the device, and asks only once', async (status, also) => {
    const device = await scriptedDevice(() => refuse(status, '', 'not\r\n\u0007allowed'))
    const link = linkTo(device.url)
    const call = link.ask(get('/x?token=hush'), asking({ retries: 3 }))
    await expect(call).rejects.toMatchObject({ code: 'DEVICE_EXCEPTION', details: { status, ...also } })
    await expect(call).rejects.toThrow(`GET /x at ${device.url}: HTTP ${status}: not allowed`)
    expect(device.requests).toHaveLength(1)
    expect(link.counters.exceptions).toBe(1)
  })

  it.each([
    ['garbage', 'what?\r\n\r\n'],
    ['TLS', Buffer.from('15030100020228', 'hex')],
    ['a status that is no number', 'HTTP/1.1 abc\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello'],
    ['length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello'],
    ['chunks without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n'],
    ['headers without end', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(20_000)}`],
    ['a body that is too large', `HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n`],
    [
      'chunks that are too many',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${`ffff\r\n${'a'.repeat(65_535)}\r\n`.repeat(5)}`,
    ],
    ['compressed', ok('xx', 'Content-Encoding: gzip\r\n')],
    ['another protocol', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'],
  ])('refuses an answer that is %s, and goes on with the next', async (_name, bytes) => {
    const device = await scriptedDevice((index) => (index === 0 ? bytes : ok('good')))
    const link = linkTo(device.url)
    await expect(link.ask(get('/'), asking())).rejects.toMatchObject({ code: 'DEVICE_BAD_ANSWER' })
    expect(await link.ask(get('/'), asking())).toMatchObject({ body: 'good' })
    expect(link.counters).toMatchObject({ requests: 2, badAnswers: 1 })
  })

  it('refuses an answer that breaks off', async () => {
    const device = await scriptedDevice((_index, _request, socket) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello')
      return null
    })
    await expect(linkTo(device.url).ask(get('/'), asking())).rejects.toMatchObject({ code: 'DEVICE_BAD_ANSWER' })
  })

  it.each([
    ['at once', (body: string) => body + ok('copy')],
    ['later', (body: string) => body],
  ])('never gives the second copy of an answer to the next question: %s', async (name, twice) => {
    const device = await scriptedDevice((index, _request, socket) => {
      if (name === 'later') setImmediate(() => socket.write(ok('copy')))
      return twice(ok(String(index)))
    })
    const link = linkTo(device.url)
    for (let index = 0; index < 5; index += 1) {
      // A copy that comes before the next question leaves makes Node hang up; that is repeated, not believed.
      await new Promise((resolve) => setTimeout(resolve, 10))
      expect(await link.ask(get('/'), asking())).toMatchObject({ body: String(index) })
    }
  })

  it('gives up silence after its time-out, and repeats questions but no orders', async () => {
    const clock = new ManualClock()
    const device = await scriptedDevice(() => null)
    const link = linkTo(device.url, clock)
    const question = link.ask(get('/'), asking({ timeoutMs: 1000, retries: 1 })).catch((error: unknown) => error)
    await device.heard(1)
    await clock.advance(1000)
    await device.heard(2)
    await clock.advance(1000)
    expect(await question).toMatchObject({ code: 'DEVICE_TIMEOUT' })
    const order = link.tell(put('/', '{}'), asking({ timeoutMs: 1000, retries: 1 })).catch((error: unknown) => error)
    await device.heard(3)
    await clock.advance(1000)
    expect(await order).toMatchObject({ code: 'DEVICE_TIMEOUT' })
    expect(device.requests).toHaveLength(3)
    expect(link.counters).toMatchObject({ requests: 3, timeouts: 3 })
    expect(link.state).toBe('open')
  })

  it('survives any bytes: the call ends with a text or a fault of the device, and the next one is right', async () => {
    let bytes: Uint8Array = new Uint8Array(0)
    const device = await scriptedDevice((_index, request, socket) => {
      if (request.startsWith('GET /good')) return ok('good')
      socket.end(bytes)
      return null
    })
    const link = linkTo(device.url)
    const codes = ['DEVICE_BAD_ANSWER', 'DEVICE_EXCEPTION', 'LINK_CLOSED']
    const head = fc.constantFrom(
      '',
      'HTTP/1.1 ',
      'HTTP/1.1 200 OK\r\n',
      ok(''),
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    await fc.assert(
      fc.asyncProperty(head, fc.uint8Array({ maxLength: 200 }), async (start, rest) => {
        bytes = Buffer.concat([Buffer.from(start), rest])
        const outcome: unknown = await link.ask(get('/'), asking()).catch((error: unknown) => error)
        if (outcome instanceof BridgeError) expect(codes).toContain(outcome.code)
        else expect(outcome).toMatchObject({ body: expect.any(String) })
        // After a hang-up the back-off runs; a moment of it is waited out here.
        expect(await link.ask(get('/good'), asking({ timeoutMs: 10_000 }))).toMatchObject({ body: 'good' })
      }),
      { numRuns: 40 },
    )
  })

  it('gives up a body that comes byte by byte', async () => {
    const clock = new ManualClock()
    const device = await scriptedDevice((_index, _request, socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n')
      for (let sent = 0; sent < 20; sent += 1) socket.write('a')
      return null
    })
    const link = linkTo(device.url, clock)
    const call = link.ask(get('/'), asking({ timeoutMs: 1000 })).catch((error: unknown) => error)
    await device.heard(1)
    await clock.advance(1000)
    expect(await call).toMatchObject({ code: 'DEVICE_TIMEOUT' })
  })

  it('asks again when the device had hung up the kept connection; an order goes over a fresh one', async () => {
    const clock = new ManualClock()
    const device = await scriptedDevice((index, request, socket) => {
      if (index === 1) {
        socket.destroy()
        return null
      }
      return ok(request.slice(0, 3))
    })
    const link = linkTo(device.url, clock)
    await link.ask(get('/'), asking())
    expect(await link.ask(get('/'), asking())).toMatchObject({ body: 'GET' })
    expect(device.requests).toHaveLength(3)
    expect(device.connections()).toBe(2)
    await clock.advance(1001)
    expect(await link.tell(put('/', '{}'), asking())).toMatchObject({ body: 'PUT' })
    expect(device.connections()).toBe(3)
  })

  it('reports a device that accepts and hangs up, without asking for ever', async () => {
    const device = await scriptedDevice((_index, _request, socket) => {
      socket.destroy()
      return null
    })
    const link = linkTo(device.url)
    await expect(link.ask(get('/'), asking({ retries: 1 }))).rejects.toMatchObject({ code: 'LINK_CLOSED' })
    expect(device.requests).toHaveLength(2)
    expect(link.state).toBe('waiting')
  })

  it('is unreachable while nobody is there, leaves it alone for a while, and comes back', async () => {
    const clock = new ManualClock()
    const gone = await scriptedDevice(() => ok('first'))
    const link = linkTo(gone.url, clock)
    await link.ask(get('/'), asking())
    await gone.close()
    const call = link.ask(get('/'), asking())
    await expect(call).rejects.toMatchObject({ code: 'LINK_UNREACHABLE' })
    await expect(call).rejects.toThrow('connection refused')
    expect(link.state).toBe('waiting')
    // The back-off (250 ms) is longer than this one's time-out; the next one waits for it.
    await expect(link.ask(get('/'), asking({ timeoutMs: 100 }))).rejects.toThrow('the next attempt is later')
    const back = await scriptedDevice(() => ok('again'), gone.port)
    const next = link.ask(get('/'), asking())
    await clock.advance(249)
    expect(back.requests).toHaveLength(0)
    await clock.advance(1)
    expect(await next).toMatchObject({ body: 'again' })
    expect(link.counters.reconnects).toBe(1)
  })

  it('knows no names that do not exist', async () => {
    await expect(linkTo('http://no-such-device.invalid').ask(get('/'), asking())).rejects.toMatchObject({
      code: 'LINK_UNREACHABLE',
    })
  })

  it.each([
    ['a path without /', get('status')],
    ['a space in the path', get('/a b')],
    ['a line break in the path', get('/a\r\nX: y')],
    ['a path that is too long', get(`/${'a'.repeat(9000)}`)],
    ['a line break in a header', get('/', { X: 'a\r\nY: b' })],
    ['a header without a name', get('/', { '': 'a' })],
    ['a length of its own', get('/', { 'Content-Length': '5' })],
    ['headers that are too long', get('/', { X: 'a'.repeat(9000) })],
    ['a body that is too large', put('/', 'a'.repeat(256 * 1024 + 1))],
    ['another kind', { kind: 'topic', topic: 'x' } as const],
  ])('refuses to send %s', async (_name, request) => {
    const device = await scriptedDevice(() => ok(''))
    await expect(linkTo(device.url).ask(request, asking())).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
    expect(device.requests).toHaveLength(0)
  })

  it('follows a redirect inside the device, but to nobody else and not in a circle', async () => {
    const other = await scriptedDevice(() => ok('stolen'))
    const device = await scriptedDevice((_index, request) => {
      const path = request.split(' ')[1]
      if (path === '/old') return refuse(302, 'Location: /new?x=1\r\n')
      if (path === '/out') return refuse(302, `Location: ${other.url}/\r\n`)
      if (path === '/round') return refuse(301, 'Location: /round\r\n')
      if (path === '/none') return refuse(301)
      return ok(String(path))
    })
    const link = linkTo(device.url.replace('//', '//user:word@'))
    expect(await link.ask(get('/old'), asking())).toMatchObject({ body: '/new?x=1' })
    for (const path of ['/out', '/round', '/none']) {
      await expect(link.ask(get(path), asking())).rejects.toMatchObject({ code: 'DEVICE_EXCEPTION' })
    }
    await expect(link.tell(get('/old'), asking())).rejects.toMatchObject({ details: { status: 302 } })
    expect(other.requests).toHaveLength(0)
  })

  it('settles an aborted call at once, and the one in the row before its turn', async () => {
    const device = await scriptedDevice((index) => (index === 0 ? null : ok('next')))
    const link = linkTo(device.url)
    const stop = new AbortController()
    const calls = [1, 2].map(() => link.ask(get('/'), asking({}, stop.signal)).catch((error: unknown) => error))
    await device.heard(1)
    const next = link.ask(get('/'), asking())
    stop.abort(new Error('enough'))
    for (const error of await Promise.all(calls)) expect(error).toEqual(new Error('enough'))
    expect(await next).toMatchObject({ body: 'next' })
    expect(device.requests).toHaveLength(2)
  })

  it('shows what passed, without headers', async () => {
    const device = await scriptedDevice((index) =>
      index === 0 ? ok('{"a": 1}', 'Content-Type: text/x\r\n') : 'rubbish\r\n',
    )
    const link = linkTo(device.url)
    const entries: TraceEntry[] = []
    link.trace((entry) => entries.push(entry))
    link.trace(() => {
      throw new Error('a listener of no use')
    })
    await link.tell(put('/limit', '{"amp": 6}', { 'X-Token': 'hush' }), asking())
    await link.ask(get('/x'), asking()).catch(() => undefined)
    const shown = entries.map(({ direction, bytes, note }) => [direction, Buffer.from(bytes).toString(), note])
    expect(shown).toEqual([
      ['sent', 'PUT /limit\n\n{"amp": 6}', ''],
      ['received', 'HTTP 200 text/x\n\n{"a": 1}', ''],
      ['sent', 'GET /x', ''],
      ['event', '', 'the answer is not HTTP (invalid constant)'],
    ])
  })
})
