/** What a CSMS changes of how a station reaches it: against real servers, refused, interrupted, and edited by a person. */
import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { isBridgeError } from '../../../src/model/errors.ts'
import type { SiteAccess } from '../../../src/ocpp/security/access-state.ts'
import { accessFolder } from '../../../src/ocpp/security/access-files.ts'
import type { StationAccessOptions } from '../../../src/ocpp/security/station-access.ts'
import { startScriptedCsms } from '../../peers/scripted-csms.ts'
import type { ScriptedCsms, ScriptedCsmsOptions } from '../../peers/scripted-csms.ts'
import { certificate, testCa } from '../../peers/tls/certificates.ts'
import { CA, CLIENT, type Issued, OPENSSL, SERVER, TestAuthority } from '../../peers/tls/authority.ts'
import { describeWithPeers } from '../../peers/require-peer.ts'
import { type AccessRig, type Visitor, accessRig, visit } from './access-rig.ts'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

function rig(site: Partial<SiteAccess> = {}, options: Partial<StationAccessOptions> = {}): AccessRig {
  const made = accessRig(site, options)
  closing.push(() => made.close())
  return made
}

async function csmsWith(options: ScriptedCsmsOptions): Promise<ScriptedCsms> {
  const csms = await startScriptedCsms(options)
  closing.push(() => csms.close())
  return csms
}

function visitor(of: AccessRig): Visitor {
  const made = visit(of.access)
  closing.push(() => made.close())
  return made
}

/** A CSMS that knows one password for all. */
function wants(password: () => string | Buffer): NonNullable<ScriptedCsmsOptions['refuse']> {
  return (request) => (shown(request).equals(Buffer.from(password())) ? null : { status: 401 })
}

/** The password that a request shows; empty without one. */
function shown({ headers }: IncomingMessage): Buffer {
  const bytes = Buffer.from((headers.authorization ?? '').replace('Basic ', ''), 'base64')
  return bytes.subarray(bytes.indexOf(':') + 1)
}

const OLD = 'the-first-password'
const NEW = 'another-password'
const HEX = '00112233445566778899aabbccddeeff00112233'

describe('a password that the CSMS changes', () => {
  test('is taken on the next connection, and the old one is forgotten', async () => {
    let valid = OLD
    const csms = await csmsWith({ refuse: wants(() => valid) })
    const here = rig({ profile: 1, url: csms.url, password: Buffer.from(OLD) })
    const station = visitor(here)
    await station.until(() => station.opened() === 1)
    await station.call('Heartbeat')

    expect(await here.access.changePassword(Buffer.from(NEW))).toEqual({ accepted: true })
    valid = NEW
    station.reconnect()
    await station.until(() => station.opened() === 2)
    await station.call('Heartbeat')
    await here.access.settled()
    expect(csms.attempts.map((attempt) => shown(attempt).toString())).toEqual([OLD, NEW])
    expect(here.events).toEqual([['ReconfigurationOfSecurityParameters', 'the password was changed']])
    expect(stored(here)).not.toContain(Buffer.from(OLD).toString('base64'))
  })

  test('which the CSMS itself refuses does not cost the link: old and new take turns until one works', async () => {
    const csms = await csmsWith({ refuse: wants(() => OLD) })
    const here = rig({ profile: 1, url: csms.url, password: Buffer.from(OLD) })
    const station = visitor(here)
    await station.until(() => station.opened() === 1)
    await station.call('Heartbeat')
    await here.access.changePassword(Buffer.from(NEW))
    station.reconnect()
    await station.until(() => station.opened() === 2)
    expect(csms.attempts.map((attempt) => shown(attempt).toString())).toEqual([OLD, NEW, OLD])
    expect(here.events.map(([type]) => type)).toEqual([
      'ReconfigurationOfSecurityParameters',
      'FailedToAuthenticateAtCentralSystem',
    ])
    await station.call('Heartbeat')
    // Some CSMSs put a change in force late.
    csms.refuse(wants(() => NEW))
    csms.dropAll()
    await station.until(() => station.opened() === 3)
    expect(shown(csms.attempts.at(-1)!).toString()).toBe(NEW)
  })

  test.each([
    ['the bytes, as the standard has it', Buffer.from(HEX, 'hex'), 1],
    ['the digits themselves', Buffer.from(HEX), 2],
  ])('of hex digits suits a CSMS that wants %s', async (_, password, attempts) => {
    const csms = await csmsWith({ refuse: wants(() => password) })
    const here = rig({ profile: 1, url: csms.url, password: Buffer.from(OLD) })
    await here.access.changePassword(Buffer.from(HEX))
    const station = visitor(here)
    await station.until(() => station.opened() === 1)
    await station.call('Heartbeat')
    await here.access.settled()
    expect(csms.attempts).toHaveLength(attempts)
    // What worked is what is shown from now on, at once.
    csms.dropAll()
    await station.until(() => station.opened() === 2)
    expect(csms.attempts).toHaveLength(attempts + 1)
    expect(here.reopened().access.next().transport.authorization).toBe(csms.attempts[attempts]?.headers.authorization)
  })

  test('of hex digits in the site file goes as written first, then as bytes', async () => {
    const csms = await csmsWith({ refuse: wants(() => Buffer.from(HEX, 'hex')) })
    const station = visitor(rig({ profile: 1, url: csms.url, password: Buffer.from(HEX) }))
    await station.until(() => station.opened() === 1)
    expect(csms.attempts.map((attempt) => shown(attempt).length)).toEqual([40, 20])
  })

  test('is on disk before it is accepted: a kill before the next connection loses nothing', async () => {
    const csms = await csmsWith({ refuse: wants(() => NEW) })
    const before = rig({ profile: 1, url: csms.url, password: Buffer.from(OLD) })
    await before.access.changePassword(Buffer.from(NEW))
    const station = visitor(before.reopened())
    await station.until(() => station.opened() === 1)
    expect(csms.attempts).toHaveLength(1)
  })

  test('gives way to a newer one of the site file, not to the same', async () => {
    const here = rig({ profile: 1, password: Buffer.from(OLD) })
    await here.access.changePassword(Buffer.from(NEW))
    expect(passwordNext(here.reopened())).toBe(NEW)
    expect(passwordNext(here.reopened({ password: Buffer.from('edited by a person') }))).toBe('edited by a person')
  })

  test.each([
    ['too short', Buffer.alloc(15, 'a')],
    ['too long', Buffer.alloc(41, 'a')],
  ])('%s is refused, and nothing is written', async (_, password) => {
    const here = rig({ profile: 1, password: Buffer.from(OLD) })
    expect(await here.access.changePassword(password)).toMatchObject({
      accepted: false,
      reason: 'the password has not 16 to 40 bytes',
    })
    expect(passwordNext(here.reopened())).toBe(OLD)
  })

  test('is not accepted when the disk refuses it', async () => {
    const here = rig({ profile: 1, password: Buffer.from(OLD) })
    writeFileSync(join(here.folder, '..', '..'), 'in the way')
    const refusal: unknown = await here.access.changePassword(Buffer.from(NEW)).catch((error: unknown) => error)
    expect(isBridgeError(refusal, 'STATE_UNWRITABLE')).toBe(true)
    expect(passwordNext(here)).toBe(OLD)
    // A root certificate has an answer of its own for that.
    const failed = { accepted: false, reason: expect.stringContaining('cannot be written'), event: null, failed: true }
    expect(await here.access.installCertificate('csms-root', testCa())).toEqual(failed)
    expect(here.faults.map(({ code }) => code)).toEqual(['STATE_UNWRITABLE'])
  })
})

function passwordNext({ access }: AccessRig): string {
  const header = access.next().transport.authorization ?? ''
  return Buffer.from(header.replace('Basic ', ''), 'base64').toString().replace('CP-1:', '')
}

function stored({ folder }: AccessRig): string {
  return readFileSync(join(folder, 'access.json'), 'utf8')
}

describe('the folder', () => {
  test('is for the service alone, whatever a power cut or a person left there', async () => {
    const here = rig({ profile: 1, password: Buffer.from(OLD) })
    await here.access.signingRequest(null)
    chmodSync(here.folder, 0o755)
    writeFileSync(join(here.folder, 'access.json.new'), 'half', { mode: 0o644 })
    await here.access.signingRequest(null)
    expect(statSync(here.folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(here.folder, 'access.json')).mode & 0o777).toBe(0o600)
    expect(readdirSync(here.folder)).toEqual(['access.json'])
    expect(stored(here)).toContain('BEGIN PRIVATE KEY')
  })

  test('is not made before there is something to keep', () => {
    const here = rig()
    here.access.next()
    expect(() => statSync(here.folder)).toThrow(/ENOENT/)
  })

  test('with a file that makes no sense starts from the site file, keeps the file and tells', async () => {
    const here = rig({ profile: 1, password: Buffer.from(OLD) })
    await here.access.changePassword(Buffer.from(NEW))
    writeFileSync(join(here.folder, 'access.json'), stored(here).slice(0, 50))
    const again = here.reopened()
    expect(passwordNext(again)).toBe(OLD)
    expect(again.events).toEqual([['ReconfigurationOfSecurityParameters', expect.stringContaining('damaged')]])
    expect(readdirSync(here.folder)).toEqual([expect.stringMatching(/^access\.json\.damaged-/)])
  })

  test.each([
    ['..', '%2e%2e'],
    ['a/b', 'a%2fb'],
    ['CP*=+|@', 'CP%2a%3d%2b%7c%40'],
    ['Süd', 'S%c3%bcd'],
  ])('of a station called %s stays in the state folder', (id, name) => {
    expect(accessFolder('/state', 'operator', id)).toBe(`/state/access/operator/${name}`)
  })

  test('has a name that fits, also for a long id', () => {
    const [one, other] = ['€'.repeat(47) + 'a', '€'.repeat(47) + 'b'].map((id) => accessFolder('/s', 'u', id))
    expect(one?.length).toBeLessThan(255)
    expect(one).not.toBe(other)
  })
})

describe('a security profile that the CSMS raises', () => {
  const SITE = { profile: 1, password: Buffer.from(OLD), ca: testCa() } as const

  test('1 -> 2 -> 3 against a CSMS that wants just that', async () => {
    const plain = await csmsWith({})
    const basic = await csmsWith({ tls: certificate('server'), refuse: wants(() => OLD) })
    const here = rig({ ...SITE, url: plain.url, secureUrl: basic.url })
    const station = visitor(here)
    await station.until(() => station.opened() === 1)
    await station.call('Heartbeat')
    expect(await here.access.changeProfile(2)).toEqual({ accepted: true })
    expect(here.access.profile).toBe(2)
    station.reconnect()
    await station.until(() => station.opened() === 2)
    await station.call('Heartbeat')
    expect([plain.attempts.length, basic.attempts.length]).toEqual([1, 1])
    expect(await here.access.changeProfile(3)).toMatchObject({
      reason: 'security profile 3 needs a certificate of this station',
    })
    await here.access.settled()
    // There is no way back: neither for the CSMS nor after a restart.
    expect(await here.access.changeProfile(1)).toMatchObject({
      reason: 'security profile 1 is not higher than 2',
    })
    expect(await here.access.changeProfile(2)).toMatchObject({ accepted: false })
    const again = here.reopened()
    expect([again.access.profile, again.access.next().url]).toEqual([2, basic.url])
  })

  test('stays at the same host, path and port when the site file names no other', async () => {
    const here = rig({ ...SITE, url: 'ws://csms.example.com:9000/ocpp' })
    await here.access.changeProfile(2)
    expect(here.access.next().url).toBe('wss://csms.example.com:9000/ocpp')
  })

  test('falls back to the former one when the new one leads nowhere, and tells (A05)', async () => {
    const plain = await csmsWith({})
    const silent = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    await new Promise((resolve) => silent.close(resolve)) // nobody is there any more
    const here = rig({ ...SITE, url: plain.url, secureUrl: `wss://localhost:${port}` })
    await here.access.changeProfile(2)
    const station = visitor(here)
    await station.until(() => station.opened() === 1)
    expect(station.downs).toHaveLength(3)
    await station.call('Heartbeat')
    await here.access.settled()
    expect(here.access.profile).toBe(1)
    expect(here.events.at(-1)).toEqual(['ReconfigurationOfSecurityParameters', 'security profile 2 failed: back to 1'])
    expect(here.reopened().access.profile).toBe(1)
    expect(await here.access.changeProfile(2)).toEqual({ accepted: true })
  })

  test('falls back when the certificate of the CSMS is not to be trusted', async () => {
    const plain = await csmsWith({})
    const forged = await csmsWith({ tls: certificate('unknown-ca') })
    const here = rig({ ...SITE, url: plain.url, secureUrl: forged.url })
    await here.access.changeProfile(2)
    const station = visitor(here)
    await station.until(() => station.opened() === 1)
    await station.call('Heartbeat')
    await here.access.settled()
    expect(forged.attempts).toEqual([])
    expect(here.access.profile).toBe(1)
    expect(here.events.map(([type]) => type)).toEqual([
      'ReconfigurationOfSecurityParameters',
      'InvalidCentralSystemCertificate',
      'ReconfigurationOfSecurityParameters',
    ])
  })

  test('needs a password', async () => {
    expect(await rig({ profile: 0 }).access.changeProfile(1)).toMatchObject({
      reason: 'security profile 1 needs a password',
    })
  })

  test('may be lowered by a person in the site file', async () => {
    const here = rig(SITE)
    await here.access.changeProfile(2)
    expect(here.reopened().access.profile).toBe(2)
    expect(here.reopened({ profile: 0, password: null }).access.profile).toBe(0)
  })
})

describe('a CSMS that is not to be trusted gets no byte of OCPP, and a security event tells why (F12)', () => {
  const PLAIN = { profile: 2, password: Buffer.from(OLD), ca: testCa() } as const
  test.each([
    ['expired', certificate('expired'), 'InvalidCentralSystemCertificate', 'has expired'],
    ['for another name', certificate('wrong-name'), 'InvalidCentralSystemCertificate', 'is for another name'],
    ['of an unknown CA', certificate('unknown-ca'), 'InvalidCentralSystemCertificate', 'from an unknown CA'],
    [
      'with TLS 1.0',
      { ...certificate('server'), minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' },
      'InvalidTLSVersion',
      'TLS',
    ],
    [
      'with ciphers of yesterday',
      { ...certificate('server'), maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' },
      'InvalidTLSCipherSuite',
      'no TLS cipher in common',
    ],
  ] as const)('%s', async (_, tls, type, text) => {
    const csms = await csmsWith({ tls })
    const here = rig({ ...PLAIN, url: csms.url })
    const station = visitor(here)
    await station.until(() => station.downs.length >= 3)
    expect([csms.attempts, station.frames]).toEqual([[], []])
    // Once, though it comes back at each attempt.
    expect(here.events).toEqual([[type, expect.stringContaining(text)]])
  })

  test.each([401, 403])('and %i is FailedToAuthenticateAtCentralSystem', async (status) => {
    const csms = await csmsWith({ refuse: () => ({ status }) })
    const here = rig({ profile: 1, url: csms.url, password: Buffer.from(OLD) })
    const station = visitor(here)
    await station.until(() => station.downs.length === 2)
    expect(here.events).toEqual([
      ['FailedToAuthenticateAtCentralSystem', expect.stringContaining(`answered ${status}`)],
    ])
  })

  test.each([404, 302, 503])('%i is none', async (status) => {
    const csms = await csmsWith({ refuse: () => ({ status }) })
    const here = rig({ profile: 1, url: csms.url, password: Buffer.from(OLD) })
    const station = visitor(here)
    await station.until(() => station.downs.length === 1)
    expect(here.events).toEqual([])
  })
})

describeWithPeers('certificates', [OPENSSL], () => {
  let authority: TestAuthority
  let operator: Issued
  let server: Issued
  beforeAll(() => {
    authority = new TestAuthority()
    operator = authority.issue({ subject: '/O=Operator/CN=root' })
    server = authority.issue({ subject: '/CN=localhost', issuer: operator, extensions: SERVER })
  })
  afterAll(() => authority.close())

  const sign = (request: string): string =>
    authority.issue({ subject: '/CN=CP-1', issuer: operator, extensions: CLIENT, request }).cert

  describe('of the station', () => {
    test('come with profile 3: request, certificate, upgrade, connection', async () => {
      const csms = await csmsWith({ tls: { ...server, ca: operator.cert } })
      const here = rig({ profile: 2, url: csms.url, password: Buffer.from(OLD), ca: operator.cert })
      const chain = sign(await here.access.signingRequest('Stadtwerk Süd'))
      expect(await here.access.acceptCertificate(chain)).toEqual({ accepted: true })
      expect(await here.access.acceptCertificate(chain)).toEqual({ accepted: true }) // sent twice
      expect(here.events).toHaveLength(1)
      expect(await here.access.changeProfile(3)).toEqual({ accepted: true })
      const station = visitor(here.reopened()) // a kill in between
      await station.until(() => station.opened() === 1)
      expect(csms.attempts[0]?.headers.authorization).toBeUndefined()
      expect(await station.call('Heartbeat')).toHaveProperty('currentTime')
    })

    test('are shown the new one first, and the old one when the CSMS refuses it', async () => {
      const other = authority.issue({ subject: '/CN=another CA' })
      const csms = await csmsWith({ tls: { ...server, ca: operator.cert } })
      const pair = authority.issue({ subject: '/CN=CP-1', issuer: operator, extensions: CLIENT })
      const here = rig({
        profile: 3,
        url: csms.url,
        ca: operator.cert,
        certificate: pair.cert,
        privateKey: pair.key,
      })
      const request = await here.access.signingRequest(null)
      const wrong = authority.issue({ subject: '/CN=CP-1', issuer: other, extensions: CLIENT, request }).cert
      expect(await here.access.acceptCertificate(wrong)).toEqual({ accepted: true })
      const station = visitor(here)
      await station.until(() => station.opened() === 1)
      expect(station.downs.length).toBeGreaterThan(0)
      await station.call('Heartbeat')
      // A person's newer certificate wins over the CSMS's.
      const newer = authority.issue({ subject: '/CN=CP-1', issuer: operator, extensions: CLIENT })
      const again = here.reopened({ certificate: newer.cert, privateKey: newer.key })
      const visits = visitor(again)
      await visits.until(() => visits.opened() === 1)
      expect(visits.downs).toEqual([])
    })

    test('are due for renewal a month before their end, or a third of a short life', async () => {
      const due = (from: string, to: string): string => {
        const pair = authority.issue({ subject: '/CN=CP-1', issuer: operator, extensions: CLIENT, from, to })
        const site = { certificate: pair.cert, privateKey: pair.key, profile: 3, url: 'wss://localhost' } as const
        return new Date(rig(site).access.renewCertificateAt() ?? 0).toISOString()
      }
      expect(due('20260101000000Z', '20280101000000Z')).toBe('2027-12-02T00:00:00.000Z')
      expect(due('20260101000000Z', '20260110000000Z')).toBe('2026-01-07T00:00:00.000Z')
      expect(rig().access.renewCertificateAt()).toBeNull()
    })

    test('which are not ours or of no use are refused with InvalidChargePointCertificate (H47)', async () => {
      const here = rig({ profile: 2, url: 'wss://localhost', password: Buffer.from(OLD) })
      const request = await here.access.signingRequest(null)
      const good = sign(request)
      const stranger = authority.issue({ subject: '/CN=stranger' })
      const foreign = authority.issue({ subject: '/CN=CP-1', issuer: operator, extensions: CLIENT })
      const expired = authority.issue({
        subject: '/CN=CP-1',
        issuer: operator,
        extensions: CLIENT,
        request,
        from: '20200101000000Z',
        to: '20210101000000Z',
      })
      const asCa = authority.issue({ subject: '/CN=CP-1', issuer: operator, extensions: CA, request })
      for (const [chain, reason] of [
        ['', 'no PEM certificate'],
        ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', 'a certificate that cannot be read'],
        ['x'.repeat(1_000_000), 'longer than 10000 characters'],
        [operator.cert.repeat(11), 'more than 10 certificates'],
        [`${good}\n${foreign.key}`, 'more than certificates in the PEM text'],
        [foreign.cert, 'it is not for a key that this station made'],
        [expired.cert, 'it has expired'],
        [asCa.cert, 'it is one of a CA'],
        [good + stranger.cert, 'its chain is not in order, or a signature in it is wrong'],
        [good + foreign.cert, 'its chain holds a certificate that is none of a CA'],
      ] as const) {
        expect(await here.access.acceptCertificate(chain), reason).toEqual({
          accepted: false,
          reason: `the certificate: ${reason}`,
          event: 'InvalidChargePointCertificate',
        })
      }
      expect(await here.access.acceptCertificate(good + operator.cert)).toEqual({ accepted: true })
    })

    test('wait for their day', async () => {
      const here = rig({ profile: 2, url: 'wss://localhost', password: Buffer.from(OLD) })
      const request = await here.access.signingRequest(null)
      const tomorrow = authority.issue({
        subject: '/CN=CP-1',
        issuer: operator,
        extensions: CLIENT,
        request,
        from: '20990101000000Z',
        to: '21000101000000Z',
      })
      expect(await here.access.acceptCertificate(tomorrow.cert)).toEqual({ accepted: true })
      expect(await here.access.changeProfile(3)).toMatchObject({ accepted: false })
    })
  })

  describe('requests to sign', () => {
    test.each(['ec', 'rsa'] as const)('with an %s key are right for OpenSSL; the key stays', async (keyType) => {
      const here = rig({}, { keyType })
      const request = await here.access.signingRequest('Stadtwerk "A", Süd')
      const path = authority.file('station.csr', request)
      const said = authority.said('req', '-verify', '-noout', '-text', '-nameopt', 'utf8', '-in', path)
      expect(said).toMatch(/verify OK/)
      expect(said).toMatch(/Subject: O=Stadtwerk "A", Süd, ?CN=CP-1/)
      expect(said).toMatch(keyType === 'ec' ? /NIST CURVE: P-256/ : /Public-Key: \(2048 bit\)/)
      expect(request).not.toContain('PRIVATE')
      expect(request.length).toBeLessThan(5500)
    })
  })

  describe('roots', () => {
    const SITE = { profile: 2, url: 'wss://localhost', password: Buffer.from(OLD) } as const

    test('are named as OpenSSL names them in OCSP', async () => {
      const here = rig(SITE)
      await here.access.installCertificate('manufacturer-root', operator.cert)
      const said = authority
        .openssl('ocsp', '-sha256', '-issuer', operator.certFile, '-cert', operator.certFile, '-req_text', '-no_nonce')
        .toString()
      const [hash] = await here.access.installedCertificates('manufacturer-root')
      expect(hash).toEqual({
        algorithm: 'SHA256',
        issuerNameHash: /Issuer Name Hash: ([0-9A-F]+)/.exec(said)?.[1]?.toLowerCase(),
        issuerKeyHash: /Issuer Key Hash: ([0-9A-F]+)/.exec(said)?.[1]?.toLowerCase(),
        serialNumber: /Serial Number: 0*([0-9A-F]+)/.exec(said)?.[1],
      })
      expect(await here.access.installedCertificates('csms-root')).toEqual([])
    })

    test('that the CSMS installs are believed on the next connection, and kept', async () => {
      const csms = await csmsWith({ tls: server })
      const here = rig({ ...SITE, url: csms.url, ca: testCa() })
      for (const known of [operator.cert, operator.cert, testCa()])
        expect(await here.access.installCertificate('csms-root', known)).toEqual({ accepted: true })
      expect(await here.access.installedCertificates('csms-root')).toHaveLength(2) // the site file's and this one
      const again = here.reopened()
      const station = visitor(again)
      await station.until(() => station.opened() === 1)
      expect(station.downs).toEqual([])
      // The link stands on it.
      const [site, hash] = await again.access.installedCertificates('csms-root')
      expect(await again.access.removeCertificate(hash!)).toBe('failed')
      expect(await again.access.removeCertificate(site!)).toBe('failed')
    })

    test('stay beside those that Node.js trusts when the site file names none', async () => {
      const csms = await csmsWith({ tls: server })
      const here = rig({ ...SITE, url: csms.url })
      await here.access.installCertificate('csms-root', operator.cert)
      const station = visitor(here)
      await station.until(() => station.opened() === 1)
      expect(station.downs).toEqual([])
    })

    test('are removed by any of the three hashes, once', async () => {
      const here = rig(SITE)
      await here.access.installCertificate('csms-root', operator.cert)
      const [hash] = await here.access.installedCertificates('csms-root')
      const loud = {
        ...hash!,
        issuerKeyHash: hash!.issuerKeyHash.toUpperCase(),
        serialNumber: `00${hash!.serialNumber}`,
      }
      expect(await here.access.removeCertificate({ ...hash!, serialNumber: '1' })).toBe('not-found')
      expect(await here.access.removeCertificate({ ...hash!, algorithm: 'SHA512' })).toBe('not-found')
      expect(await here.access.removeCertificate(loud)).toBe('accepted')
      expect(await here.access.removeCertificate(loud)).toBe('not-found')
      expect(await here.reopened().access.installedCertificates('csms-root')).toEqual([])
    })

    test('of no use are refused (H47)', async () => {
      const here = rig(SITE)
      const weak = authority.issue({ subject: '/CN=weak', key: 'rsa:1024' })
      const odd = authority.issue({ subject: '/CN=odd', key: 'ed25519' })
      const old = authority.issue({ subject: '/CN=old', from: '20200101000000Z', to: '20210101000000Z' })
      const below = authority.issue({ subject: '/CN=below', issuer: operator })
      for (const [pem, reason] of [
        ['hello', 'no PEM certificate'],
        [operator.cert + operator.cert, 'more than 1 certificates'],
        ['x'.repeat(1_000_000), 'longer than 5500 characters'],
        [server.cert, 'it is none of a CA'],
        [weak.cert, 'it has an RSA key of 1024 bits; 2048 is the least'],
        [odd.cert, 'it has a key of the kind ed25519'],
        [old.cert, 'it has expired'],
        [below.cert, 'neither it nor an installed root has signed it'],
      ] as const) {
        const outcome = await here.access.installCertificate('csms-root', pem)
        expect(outcome, reason).toMatchObject({ accepted: false, reason: `the root: ${reason}` })
      }
      expect(await here.access.installedCertificates('csms-root')).toEqual([])
    })

    test('with AdditionalRootCertificateCheck: each is signed by the one before, which goes once the new one works', async () => {
      const key = authority.issue({ subject: '/CN=next root' })
      const request = authority.openssl('req', '-new', '-key', key.keyFile, '-subj', '/CN=next root').toString()
      const crossed = authority.issue({ subject: '/CN=next root', issuer: operator, request })
      const renewed = authority.issue({
        subject: '/CN=localhost',
        extensions: SERVER,
        issuer: { ...crossed, keyFile: key.keyFile },
      })
      const csms = await csmsWith({ tls: renewed })
      const here = rig({ ...SITE, url: csms.url }, { additionalRootCheck: true })
      await here.access.installCertificate('csms-root', operator.cert)
      expect(await here.access.installCertificate('csms-root', key.cert)).toMatchObject({
        reason: 'the root: the root that it replaces has not signed it',
        event: 'InvalidCentralSystemCertificate',
      })
      expect(await here.access.installCertificate('csms-root', crossed.cert)).toEqual({ accepted: true })
      expect(await here.access.installedCertificates('csms-root')).toHaveLength(2)
      const station = visitor(here)
      await station.until(() => station.opened() === 1)
      await station.call('Heartbeat')
      await here.access.settled()
      expect(await here.access.installedCertificates('csms-root')).toHaveLength(1)
      // What is left vouches alone.
      const again = visitor(here.reopened())
      await again.until(() => again.opened() === 1)
      expect(again.downs).toEqual([])
    })
  })
})
