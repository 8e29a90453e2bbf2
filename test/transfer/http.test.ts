import { mkdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

import type { LookUp, TransferPolicy } from '../../src/transfer/policy.ts'
import { downloadFile, uploadFile } from '../../src/transfer/transfer.ts'
import { certificate, type TestCertificate } from '../peers/tls/certificates.ts'
import { faultOf, leftovers, NEVER_ABORTED, policy, scratchFolder, someFile } from './ground.ts'

const folder = scratchFolder()
const zip = { fileName: 'bundle.zip' }
const up: Server[] = []
afterAll(() => {
  for (const server of up) server.close()
})

async function listen(server: Server): Promise<number> {
  up.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  return typeof bound === 'object' && bound !== null ? bound.port : 0
}

function serve(listener: RequestListener): Promise<number> {
  return listen(createServer(listener))
}

function serveTls(name: TestCertificate, listener: RequestListener, more: object = {}): Promise<number> {
  return listen(createTlsServer({ ...certificate(name), ...more }, listener))
}

/** What a server got, by method and path. */
function collecting(answer: (request: IncomingMessage, response: ServerResponse) => void): {
  readonly listener: RequestListener
  readonly got: { readonly line: string; readonly headers: IncomingMessage['headers']; readonly body: Buffer }[]
} {
  const got: { line: string; headers: IncomingMessage['headers']; body: Buffer }[] = []
  const listener: RequestListener = (request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      got.push({ line: `${request.method} ${request.url}`, headers: request.headers, body: Buffer.concat(parts) })
      answer(request, response)
    })
  }
  return { listener, got }
}

function redirecting(location: string): Promise<number> {
  return serve((_, response) => response.writeHead(302, { location }).end())
}

function saying(text: string): Promise<number> {
  return serve((_, response) => response.end(text))
}

/** A name service that gives these addresses for every name. */
function answering(...addresses: readonly string[]): LookUp {
  return () => Promise.resolve(addresses)
}

let folders = 0
/** Fetches into a folder of its own; what was left there counts. */
async function fetching(
  url: string,
  more: Partial<TransferPolicy> = {},
  limits: Parameters<typeof downloadFile>[2] = {},
): Promise<{ readonly fault: string; readonly left: readonly string[] }> {
  folders += 1
  const into = join(folder, `into-${folders}`)
  mkdirSync(into)
  const fault = await faultOf(downloadFile({ url, policy: policy(more) }, join(into, 'f'), limits, NEVER_ABORTED))
  return { fault, left: leftovers(into) }
}

describe('an upload by HTTP', () => {
  it('is a PUT of the whole file, with the login of the URL and not in it', async () => {
    const { listener, got } = collecting((_, response) => response.writeHead(201).end())
    const port = await serve(listener)
    const file = someFile(folder, 400_000)
    const target = { url: `http://cs:p%40ss@files.example:${port}/logs/?token=1`, policy: policy() }
    const result = await uploadFile(target, file.path, zip, NEVER_ABORTED)
    expect(result).toEqual({ sizeBytes: 400_000, sha256: file.sha256 })
    expect(got.map(({ line }) => line)).toEqual(['PUT /logs/bundle.zip?token=1'])
    expect(got[0]?.body.equals(file.content)).toBe(true)
    expect(got[0]?.headers).toMatchObject({
      host: `files.example:${port}`,
      authorization: `Basic ${Buffer.from('cs:p@ss').toString('base64')}`,
      'content-length': '400000',
      'content-type': 'application/zip',
    })
  })

  it('goes to the very path that the URL names, and carries an empty file too', async () => {
    const { listener, got } = collecting((_, response) => response.writeHead(204).end())
    const port = await serve(listener)
    const target = { url: `http://h:${port}/put/here?sig=a%2Fb`, policy: policy() }
    await uploadFile(target, someFile(folder, 0).path, zip, NEVER_ABORTED)
    expect(got.map(({ line, body }) => [line, body.length])).toEqual([['PUT /put/here?sig=a%2Fb', 0]])
  })

  it.each([404, 405, 501])('becomes a POST where the server answers PUT with %i', async (status) => {
    const { listener, got } = collecting((request, response) =>
      response.writeHead(request.method === 'POST' ? 200 : status).end(),
    )
    const port = await serve(listener)
    const file = someFile(folder, 100_000)
    await uploadFile({ url: `http://h:${port}/up`, policy: policy() }, file.path, zip, NEVER_ABORTED)
    expect(got.map(({ line }) => line)).toEqual(['PUT /up', 'POST /up'])
    expect(got[1]?.body.equals(file.content)).toBe(true)
  })

  it('sends no body to a server that says at once that it wants none', async () => {
    const server = createServer()
    let bytes = 0
    server.on('checkContinue', (request, response: ServerResponse) => {
      request.on('data', (part: Buffer) => (bytes += part.length))
      response.writeHead(403, { connection: 'close' }).end()
    })
    const port = await listen(server)
    const fault = await faultOf(
      uploadFile({ url: `http://h:${port}/`, policy: policy() }, someFile(folder, 999).path, zip, NEVER_ABORTED),
    )
    expect([fault, bytes]).toEqual([`TRANSFER_REFUSED: h:${port}: it refuses our login (HTTP 403)`, 0])
  })

  it('does without asking for leave where the server does not know how to give it', async () => {
    const { listener, got } = collecting((_, response) => response.writeHead(200).end())
    const server = createServer(listener)
    server.on('checkContinue', (_, response: ServerResponse) => response.writeHead(417, { connection: 'close' }).end())
    const port = await listen(server)
    const file = someFile(folder, 100_000)
    await uploadFile({ url: `http://h:${port}/a`, policy: policy() }, file.path, zip, NEVER_ABORTED)
    expect(got.map(({ line, body }) => [line, body.equals(file.content)])).toEqual([['PUT /a', true]])
  })

  it('sends the body to a server that says nothing first', async () => {
    const { listener, got } = collecting((_, response) => response.writeHead(200).end())
    const server = createServer(listener)
    server.on('checkContinue', (request, response) => server.emit('request', request, response))
    const port = await listen(server)
    await uploadFile({ url: `http://h:${port}/a`, policy: policy() }, someFile(folder, 5000).path, zip, NEVER_ABORTED)
    expect(got.map(({ body }) => body.length)).toEqual([5000])
  })

  it('fails with words when the file is not there', async () => {
    const target = { url: 'http://h/', policy: policy() }
    const none = join(folder, 'none')
    expect(await faultOf(uploadFile(target, none, zip, NEVER_ABORTED))).toMatch(/^TRANSFER_FAILED: h:80: ENOENT/)
    expect(await faultOf(downloadFile(target, join(none, 'f'), {}, NEVER_ABORTED))).toMatch(
      /^TRANSFER_FAILED: .*ENOENT/,
    )
  })

  it.each([
    [401, 'TRANSFER_REFUSED', 'it refuses our login (HTTP 401)'],
    [413, 'TRANSFER_REFUSED', 'it answered HTTP 413 Payload Too Large'],
    [429, 'TRANSFER_FAILED', 'it answered HTTP 429 Too Many Requests'],
    [503, 'TRANSFER_FAILED', 'it answered HTTP 503 Service Unavailable'],
    [303, 'TRANSFER_FAILED', 'it answered HTTP 303 See Other'],
  ])('answered with %i is %s', async (status, code, words) => {
    const port = await serve(
      collecting((_, response) => response.writeHead(status, { location: '/login' }).end()).listener,
    )
    const target = { url: `http://h:${port}/`, policy: policy() }
    expect(await faultOf(uploadFile(target, someFile(folder, 9).path, zip, NEVER_ABORTED))).toBe(
      `${code}: h:${port}: ${words}`,
    )
  })

  it('follows a redirect with the whole body', async () => {
    const { listener, got } = collecting((request, response) =>
      request.url === '/a' ? response.writeHead(307, { location: '/b' }).end() : response.writeHead(200).end(),
    )
    const port = await serve(listener)
    const file = someFile(folder, 1000)
    await uploadFile({ url: `http://h:${port}/a`, policy: policy() }, file.path, zip, NEVER_ABORTED)
    expect(got.map(({ line, body }) => [line, body.length])).toEqual([
      ['PUT /a', 1000],
      ['PUT /b', 1000],
    ])
  })

  it('fails when the server reads nothing', async () => {
    const port = await serve((request) => request.pause())
    const target = { url: `http://h:${port}/`, policy: policy() }
    const file = someFile(folder, 20_000_000)
    expect(await faultOf(uploadFile(target, file.path, { ...zip, idleMs: 300 }, NEVER_ABORTED))).toBe(
      `TRANSFER_FAILED: h:${port}: no reply for 0.3 s`,
    )
  })
})

describe('a download by HTTP', () => {
  it('brings the file whole', async () => {
    const file = someFile(folder, 3_000_000)
    const port = await serve((_, response) => response.end(file.content))
    const to = join(folder, 'fetched')
    const result = await downloadFile({ url: `http://h:${port}/fw.bin`, policy: policy() }, to, {}, NEVER_ABORTED)
    expect(result).toEqual({ sizeBytes: 3_000_000, sha256: file.sha256 })
    expect(readFileSync(to).equals(file.content)).toBe(true)
  })

  it('leaves nothing when the connection is reset on the way', async () => {
    const port = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '1000000' })
      response.write(Buffer.alloc(100_000), () => response.socket?.resetAndDestroy())
    })
    expect(await fetching(`http://h:${port}/`)).toEqual({
      fault: expect.stringMatching(/^TRANSFER_FAILED: h:\d+: (it broke the connection|aborted)$/),
      left: [],
    })
  })

  it('leaves nothing when the server ends before the length that it named', async () => {
    const port = await listen(
      createServer((_, response) => {
        response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nshort')
      }),
    )
    expect(await fetching(`http://h:${port}/`)).toEqual({ fault: expect.stringMatching(/^TRANSFER_FAILED/), left: [] })
  })

  it('refuses 10 GB by its length before it reads them, and without a length at the limit', async () => {
    let sent = 0
    const named = await serve((_, response) => {
      response.writeHead(200, { 'content-length': String(10e9) })
      response.write('x')
    })
    expect(await fetching(`http://h:${named}/`)).toEqual({
      fault: `TRANSFER_REFUSED: h:${named}: the file is larger than 268435456 bytes`,
      left: [],
    })
    const endless = await serve((_, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536)) && sent < 10e9) sent += 65_536
      }
      response.on('drain', more)
      more()
    })
    expect(await fetching(`http://h:${endless}/`, {}, { maxBytes: 1_000_000 })).toEqual({
      fault: `TRANSFER_REFUSED: h:${endless}: the file is larger than 1000000 bytes`,
      left: [],
    })
    expect(sent).toBeLessThan(50e6)
  })

  it('ends an answer that drips, in the head and in the body', async () => {
    const timers: NodeJS.Timeout[] = []
    const dripping = (start: string) =>
      listen(
        createServer((_, response) => {
          response.socket?.write(start)
          timers.push(setInterval(() => response.socket?.write('1'), 50))
        }),
      )
    const limits = { idleMs: 400, minimumBytesPerSecond: 100 }
    const body = await dripping('HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n')
    const head = await dripping('HTTP/1.1 200 OK\r\nx: ')
    const [inBody, inHead] = await Promise.all([
      fetching(`http://h:${body}/`, {}, limits),
      fetching(`http://h:${head}/`, {}, limits),
    ])
    for (const timer of timers) clearInterval(timer)
    expect(inBody).toEqual({
      fault: expect.stringMatching(/^TRANSFER_FAILED: .*too slow: \d+ bytes in 0.4 s$/),
      left: [],
    })
    expect(inHead).toEqual({ fault: `TRANSFER_FAILED: h:${head}: no reply for 0.4 s`, left: [] })
  })

  it('ends at the time limit however fast it is, and at once when the caller gives up', async () => {
    const port = await serve((_, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(1000)), 5)
      response.on('close', () => clearInterval(timer))
    })
    expect(await fetching(`http://h:${port}/`, {}, { totalMs: 300 })).toEqual({
      fault: `TRANSFER_FAILED: h:${port}: not done after 0.3 s`,
      left: [],
    })
    const given = new AbortController()
    const into = join(folder, 'given-up')
    mkdirSync(into)
    const ending = downloadFile({ url: `http://h:${port}/`, policy: policy() }, join(into, 'f'), {}, given.signal)
    setTimeout(() => given.abort(new Error('given up')), 50)
    await expect(ending).rejects.toThrow('given up')
    expect(leftovers(into)).toEqual([])
  })

  it('refuses a head that is too long and a body that is packed', async () => {
    const long = await serve((_, response) => response.writeHead(200, { x: 'x'.repeat(17_000) }).end())
    expect((await fetching(`http://h:${long}/`)).fault).toBe(
      `TRANSFER_REFUSED: h:${long}: the header of its answer is too long`,
    )
    const packed = await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'))
    expect((await fetching(`http://h:${packed}/`)).fault).toMatch(/^TRANSFER_FAILED: .*compressed/)
  })

  it('says in words why there is no connection', async () => {
    const server = createServer()
    const port = await listen(server)
    await new Promise((resolve) => server.close(resolve))
    expect(await fetching(`http://user:geheim@h:${port}/`)).toEqual({
      fault: `TRANSFER_FAILED: h:${port}: connection refused`,
      left: [],
    })
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' })
    expect((await fetching('http://nobody.example/', { lookUp: () => Promise.reject(unknown) })).fault).toBe(
      'TRANSFER_FAILED: nobody.example:80: this name is not known',
    )
  })
})

describe('addresses', () => {
  it('never reaches this machine unless the site allows it, however it is written', async () => {
    const port = await saying('secret')
    for (const host of ['127.0.0.1', '0x7f.1', '2130706433', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', 'localhost'])
      expect((await fetching(`http://${host}:${port}/`, { allowedNetworks: [] })).fault).toMatch(
        /^TRANSFER_REFUSED: .* is an address of this machine, this link or nobody, which this site does not allow$/,
      )
  })

  it('checks every address of a name', async () => {
    const port = await saying('secret')
    const lookUp = answering('127.0.0.1', '10.1.2.3')
    expect((await fetching(`http://two.example:${port}/`, { lookUp })).fault).toBe(
      `TRANSFER_REFUSED: two.example:${port}: 10.1.2.3 is in a private network, which this site does not allow`,
    )
  })

  it('looks a name up once and connects to what was checked; a second answer that turned private has no chance', async () => {
    const port = await serve((_, response) => response.end('public'))
    const answers = [['127.0.0.1'], ['169.254.169.254']]
    const lookUp = () => Promise.resolve(answers.shift() ?? [])
    const to = join(folder, 'rebound')
    const target = { url: `http://rebind.example:${port}/`, policy: policy({ lookUp }) }
    expect(await downloadFile(target, to, {}, NEVER_ABORTED)).toMatchObject({ sizeBytes: 6 })
    // The next transfer looks up again, and checks again.
    expect((await fetching(target.url, { lookUp })).fault).toMatch(/^TRANSFER_REFUSED: .*169\.254\.169\.254/)
  })

  it('tries the next address when one does not answer', async () => {
    const port = await serve((_, response) => response.end('here'))
    const lookUp = answering('127.0.0.9', '127.0.0.1')
    const target = { url: `http://h:${port}/`, policy: policy({ lookUp, allowedNetworks: ['127.0.0.0/8'] }) }
    expect(await downloadFile(target, join(folder, 'next'), {}, NEVER_ABORTED)).toMatchObject({ sizeBytes: 4 })
  })
})

describe('redirects', () => {
  it.each([
    ['http://169.254.169.254/latest/meta-data', /169\.254\.169\.254 is an address of this machine/],
    ['http://[::ffff:169.254.169.254]/', /is an address of this machine/],
    ['http://0xa9.0xfe.0xa9.0xfe/', /169\.254\.169\.254 is an address of this machine/],
    ['http://10.0.0.1/', /10\.0\.0\.1 is in a private network/],
    ['file:///etc/passwd', /file:\/\/ is not one of FTP, FTPS, HTTP, HTTPS, SFTP/],
    ['ftp://h/x', /it redirects to ftp:\/\//],
    ['http://', /not a URL/],
  ])('to %s are refused', async (location, words) => {
    const port = await redirecting(location)
    const { fault, left } = await fetching(`http://h:${port}/`)
    expect(fault).toMatch(/^TRANSFER_REFUSED/)
    expect(fault).toMatch(words)
    expect(left).toEqual([])
  })

  it('look names up and check them anew', async () => {
    const port = await redirecting('http://inside.example/')
    const addresses = new Map([['h', ['127.0.0.1']]])
    const lookUp: LookUp = (host) => Promise.resolve(addresses.get(host) ?? ['192.168.1.1'])
    expect((await fetching(`http://h:${port}/`, { lookUp })).fault).toMatch(/^TRANSFER_REFUSED: inside.example:80: 192/)
  })

  it('end after three', async () => {
    let asked = 0
    const port = await serve((_, response) => {
      asked += 1
      response.writeHead(302, { location: `/${asked}` }).end()
    })
    expect((await fetching(`http://h:${port}/`)).fault).toBe(`TRANSFER_REFUSED: h:${port}: more than 3 redirects`)
    expect(asked).toBe(4)
  })

  it('take the login along on the same server only', async () => {
    const seen: (string | undefined)[] = []
    const other = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.end('ok')
    })
    const port = await serve((request, response) => {
      seen.push(request.headers.authorization)
      const location = request.url === '/1' ? '/2' : `http://me:too@elsewhere.example:${other}/`
      response.writeHead(302, { location }).end()
    })
    const target = { url: `http://u:p@h:${port}/1`, policy: policy() }
    await downloadFile(target, join(folder, 'login'), {}, NEVER_ABORTED)
    const login = `Basic ${Buffer.from('u:p').toString('base64')}`
    expect(seen).toEqual([login, login, undefined])
  })

  it('never leave https', async () => {
    const port = await serveTls('server', (_, response) => response.writeHead(301, { location: 'http://h/' }).end())
    expect((await fetching(`https://localhost:${port}/`)).fault).toBe(
      `TRANSFER_REFUSED: localhost:${port}: it redirects from https to http`,
    )
  })
})

describe('HTTPS', () => {
  it('names the host to the server and checks its certificate, also for an address', async () => {
    const names: unknown[] = []
    const port = await serveTls('server', (request, response) => {
      names.push('servername' in request.socket ? request.socket.servername : null)
      response.end('ok')
    })
    for (const host of ['localhost', '127.0.0.1'])
      await downloadFile({ url: `https://${host}:${port}/`, policy: policy() }, join(folder, 'tls'), {}, NEVER_ABORTED)
    expect(names).toEqual(['localhost', false])
  })

  it.each([
    ['wrong-name', 'its certificate is for another name'],
    ['unknown-ca', 'nobody trusted signed its certificate'],
    ['expired', 'its certificate has expired'],
  ] as const)('refuses a certificate: %s', async (name, words) => {
    let asked = 0
    const port = await serveTls(name, (_, response) => {
      asked += 1
      response.end()
    })
    expect((await fetching(`https://u:p@localhost:${port}/`)).fault).toBe(
      `TRANSFER_REFUSED: localhost:${port}: ${words}`,
    )
    expect(asked).toBe(0)
  })

  it('trusts nobody whom the machine and the site do not', async () => {
    const port = await serveTls('server', (_, response) => response.end())
    expect((await fetching(`https://localhost:${port}/`, { trustedCertificates: [] })).fault).toMatch(
      /^TRANSFER_REFUSED: .*nobody trusted signed/,
    )
  })

  it('speaks TLS 1.2 or newer', async () => {
    const old = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }
    const port = await serveTls('server', (_, response) => response.end(), old)
    expect((await fetching(`https://localhost:${port}/`)).fault).toBe(
      `TRANSFER_REFUSED: localhost:${port}: it speaks no TLS 1.2 or newer`,
    )
    const plain = await serve((_, response) => response.end())
    expect((await fetching(`https://localhost:${plain}/`)).fault).toMatch(/^TRANSFER_FAILED: .*does not speak TLS/)
  })
})
