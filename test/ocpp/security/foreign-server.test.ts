/** F12 against a server that is not ours: `openssl s_server` in every way in which TLS can be wrong. It prints what reaches it. */
import { spawn } from 'node:child_process'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { CA, type Issued, OPENSSL, SERVER, TestAuthority } from '../../peers/tls/authority.ts'
import { describeWithPeers } from '../../peers/require-peer.ts'
import { accessRig, visit } from './access-rig.ts'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

interface Server {
  readonly port: number
  /** What it has received inside of TLS. */
  readonly heard: () => string
}

async function serve(pair: Issued, ...options: readonly string[]): Promise<Server> {
  const args = ['s_server', '-accept', '127.0.0.1:0', '-cert', pair.certFile, '-key', pair.keyFile, ...options]
  const child = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  closing.push(() => {
    child.kill()
    return ended
  })
  let said = ''
  const port = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1')
      const ready = /ACCEPT \S*:(\d+)/.exec(said)
      if (ready !== null) resolve(Number(ready[1]))
    })
  })
  return { port, heard: () => said }
}

describeWithPeers('openssl s_server', [OPENSSL], () => {
  let authority: TestAuthority
  let root: Issued
  let good: Issued
  beforeAll(() => {
    authority = new TestAuthority()
    root = authority.issue({ subject: '/CN=root' })
    good = authority.issue({ subject: '/CN=localhost', issuer: root, extensions: SERVER })
  })
  afterAll(() => authority.close())

  const LEAF = { subject: '/CN=localhost', extensions: SERVER }
  const OTHER_NAME = ['basicConstraints=CA:FALSE', 'subjectAltName=DNS:csms.example.com', 'extendedKeyUsage=serverAuth']
  const CLIENT_ONLY = ['basicConstraints=CA:FALSE', 'subjectAltName=DNS:localhost', 'extendedKeyUsage=clientAuth']

  test.each<[string, () => Issued, readonly string[], string, RegExp]>([
    [
      'with a certificate of last year',
      () => authority.issue({ ...LEAF, issuer: root, to: '20210101000000Z' }),
      [],
      'InvalidCentralSystemCertificate',
      /has expired/,
    ],
    [
      'with a certificate of tomorrow',
      () => authority.issue({ ...LEAF, issuer: root, from: '20990101000000Z' }),
      [],
      'InvalidCentralSystemCertificate',
      /is not valid yet/,
    ],
    [
      'with a certificate for another name',
      () => authority.issue({ ...LEAF, issuer: root, extensions: OTHER_NAME }),
      [],
      'InvalidCentralSystemCertificate',
      /is for another name/,
    ],
    [
      'with a certificate of an unknown CA',
      () => authority.issue({ ...LEAF, issuer: authority.issue({ subject: '/CN=stranger' }) }),
      [],
      'InvalidCentralSystemCertificate',
      /from an unknown CA/,
    ],
    [
      'with a certificate that signs itself',
      () => authority.issue(LEAF),
      [],
      'InvalidCentralSystemCertificate',
      /is self-signed/,
    ],
    [
      'with a certificate that is not one for a server',
      () => authority.issue({ ...LEAF, issuer: root, extensions: CLIENT_ONLY }),
      [],
      'InvalidCentralSystemCertificate',
      /is not one for a server/,
    ],
    [
      'with a certificate that only a leaf has signed',
      () => authority.issue({ ...LEAF, issuer: good, extensions: SERVER }),
      ['-cert_chain', 'GOOD'],
      'InvalidCentralSystemCertificate',
      /CSMS/,
    ],
    ['with TLS 1.0', () => good, ['-tls1', '-cipher', 'ALL:@SECLEVEL=0'], 'InvalidTLSVersion', /TLS/],
    ['with TLS 1.1', () => good, ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'], 'InvalidTLSVersion', /TLS/],
    [
      'with CBC alone',
      () => good,
      ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-SHA256'],
      'InvalidTLSCipherSuite',
      /no TLS cipher in common/,
    ],
    [
      'with ChaCha20 of TLS 1.2 alone',
      () => good,
      ['-tls1_2', '-cipher', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
      'InvalidTLSCipherSuite',
      /no TLS cipher in common/,
    ],
  ])('%s: refused, told once, not one byte of OCPP', async (_, issue, options, type, sentence) => {
    const server = await serve(issue(), ...options.map((option) => (option === 'GOOD' ? good.certFile : option)))
    const url = `wss://localhost:${server.port}`
    const here = accessRig({ profile: 2, url, password: Buffer.from('sixteen-letters-'), ca: root.cert })
    closing.push(() => here.close())
    const station = visit(here.access)
    closing.push(() => station.close())
    await station.until(() => station.downs.length >= 2)
    expect(here.events).toEqual([[type, expect.stringMatching(sentence)]])
    expect(server.heard()).not.toMatch(/GET |Authorization/i)
  })

  test.each([
    ['ECDHE-ECDSA-AES128-GCM-SHA256', 'P-256'],
    ['ECDHE-ECDSA-AES256-GCM-SHA384', 'P-256'],
    ['AES128-GCM-SHA256', 'rsa:2048'],
    ['AES256-GCM-SHA384', 'rsa:2048'],
    ['ECDHE-RSA-AES128-GCM-SHA256', 'rsa:2048'],
  ])('%s of TLS 1.2 is spoken', async (cipher, key) => {
    const pair = authority.issue({ ...LEAF, issuer: root, key })
    const server = await serve(pair, '-tls1_2', '-cipher', cipher)
    const url = `wss://localhost:${server.port}`
    const here = accessRig({ profile: 2, url, password: Buffer.from('sixteen-letters-'), ca: root.cert })
    closing.push(() => here.close())
    const station = visit(here.access)
    closing.push(() => station.close())
    while (!server.heard().includes('Sec-WebSocket-Key')) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(here.events).toEqual([])
    expect(server.heard()).toContain('GET /CP-1')
  })

  test('a chain with an intermediate is followed', async () => {
    const middle = authority.issue({ subject: '/CN=middle', issuer: root, extensions: CA })
    const leaf = authority.issue({ ...LEAF, issuer: middle })
    const server = await serve(leaf, '-cert_chain', middle.certFile)
    const url = `wss://localhost:${server.port}`
    const here = accessRig({ profile: 2, url, password: Buffer.from('sixteen-letters-'), ca: root.cert })
    closing.push(() => here.close())
    const station = visit(here.access)
    closing.push(() => station.close())
    while (!server.heard().includes('Sec-WebSocket-Key')) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(here.events).toEqual([])
  })
})
