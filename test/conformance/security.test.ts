/** Security whitepaper: passwords, certificates, security log, signed firmware, security profiles. */
import { createPrivateKey, sign, X509Certificate } from 'node:crypto'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { inflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test, type TestContext } from 'vitest'
import { describeWithPeers } from '../peers/require-peer.ts'
import { startScriptedCsms } from '../peers/scripted-csms.ts'
import { CLIENT, type Issued, OPENSSL, SERVER, SIGNER, TestAuthority } from '../peers/tls/authority.ts'
import { openFileServer } from './file-server.ts'
import { openStage, type StageOptions } from './open-stage.ts'
import { type Stage, STATION } from './stage.ts'

const ACCEPTED = { status: 'Accepted' }
const REJECTED = { status: 'Rejected' }
const PASSWORD = 'a-password-of-24-letters'
const FIRMWARE = Buffer.from('a signed firmware')

let authority: TestAuthority
let operator: Issued
let server: Issued
let manufacturer: Issued
let signer: Issued

/** A site with a password, the operator's CA, a client certificate and a program that installs. */
async function prepare(folder: string): Promise<void> {
  await mkdir(join(folder, 'secrets'))
  await writeFile(join(folder, 'secrets/operator'), PASSWORD, { mode: 0o600 })
  await writeFile(join(folder, 'operator.crt'), operator.cert)
  await writeFile(join(folder, 'install'), '#!/bin/sh\nexit 0\n')
  await chmod(join(folder, 'install'), 0o755)
  const client = authority.issue({ subject: `/CN=${STATION}`, issuer: operator, extensions: CLIENT })
  await writeFile(join(folder, 'station.crt'), client.cert)
  await writeFile(join(folder, 'station.key'), client.key, { mode: 0o600 })
}

const withPassword = 'password: {secret: operator}'
const PROFILE_1: StageOptions = { prepare, upstream: `security-profile: 1\n${withPassword}` }
const profile2 = (): StageOptions => ({
  prepare,
  csms: { tls: server },
  upstream: `security-profile: 2\n${withPassword}\nca: operator.crt`,
})
/** `shown` gets the serial number of each client certificate. */
const profile3 = (shown: string[] = []): StageOptions => ({
  prepare,
  csms: {
    tls: { ...server, ca: operator.cert },
    refuse: ({ socket }) => {
      if (socket instanceof TLSSocket) shown.push(socket.getPeerCertificate().serialNumber)
      return null
    },
  },
  upstream: 'security-profile: 3\nca: operator.crt\ncertificate: station.crt\nkey: station.key',
})

/** `ID:PASSWORD` of a handshake. */
function credentials(request: IncomingMessage | undefined): string {
  return Buffer.from((request?.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString('latin1')
}

async function keyOf(stage: Stage, key: string): Promise<unknown> {
  const { configurationKey } = await stage.ask('GetConfiguration', { key: [key] })
  return (configurationKey as readonly { readonly value?: string }[])[0]?.value
}

describeWithPeers('security', [OPENSSL], () => {
  beforeAll(() => {
    authority = new TestAuthority()
    operator = authority.issue({ subject: '/O=Operator/CN=operator root' })
    server = authority.issue({ subject: '/CN=localhost', issuer: operator, extensions: SERVER })
    manufacturer = authority.issue({ subject: '/O=Maker/CN=maker root' })
    signer = authority.issue({ subject: '/O=Maker/CN=firmware', issuer: manufacturer, extensions: SIGNER })
  })
  afterAll(() => authority.close())

  test.concurrent('TC_073_CS New password by AuthorizationKey: taken, and shown at the next connection', async (context) => {
    const stage = await openStage(context, PROFILE_1)
    const hex = '4F43415F4F4354545F61646D696E5F74657374'
    expect(await stage.ask('ChangeConfiguration', { key: 'AuthorizationKey', value: hex })).toEqual(ACCEPTED)
    await stage.until('connected anew', () => stage.csms.attempts.length === 2)
    const shown = credentials(stage.csms.attempts[1])
    expect([`${STATION}:${hex}`, `${STATION}:${Buffer.from(hex, 'hex').toString('latin1')}`]).toContain(shown)
    expect(await keyOf(stage, 'AuthorizationKey')).toBeUndefined()
    for (const value of ['too short', 'F'.repeat(60)])
      expect(await stage.ask('ChangeConfiguration', { key: 'AuthorizationKey', value })).toEqual(REJECTED)
  })

  test.concurrent('TC_074_CS New station certificate: request, certificate, connection with it', async (context) => {
    const shown: string[] = []
    const stage = await openStage(context, profile3(shown))
    await stage.ask('ExtendedTriggerMessage', { requestedMessage: 'SignChargePointCertificate' })
    await stage.hears('ExtendedTriggerMessage.conf Accepted', 'SignCertificate')
    const request = String(stage.last('SignCertificate')['csr'])
    const certificate = authority.issue({
      subject: `/CN=${STATION}`,
      issuer: operator,
      extensions: CLIENT,
      request,
    }).cert
    expect(await stage.ask('CertificateSigned', { certificateChain: certificate })).toEqual(ACCEPTED)
    await stage.until('connected anew', () => shown.length === 2)
    expect(shown[1]).toBe(new X509Certificate(certificate).serialNumber)
    await stage.csms.connected(STATION)
    expect(await stage.ask('GetConfiguration', { key: ['CpoName'] })).not.toHaveProperty('error')
  })

  for (const [id, certificateType] of [
    ['TC_075_1_CS', 'ManufacturerRootCertificate'],
    ['TC_075_2_CS', 'CentralSystemRootCertificate'],
  ] as const) {
    test.concurrent(`${id} ${certificateType}: installed, and told by its hash`, async (context) => {
      const stage = await openStage(context, profile2())
      expect(await stage.ask('InstallCertificate', { certificateType, certificate: manufacturer.cert })).toEqual(
        ACCEPTED,
      )
      const answer = await stage.ask('GetInstalledCertificateIds', { certificateType })
      expect(answer).toMatchObject({ status: 'Accepted' })
      expect(answer['certificateHashData']).toContainEqual({
        hashAlgorithm: expect.stringMatching(/^SHA(256|384|512)$/),
        issuerNameHash: expect.stringMatching(/^[0-9a-f]{64,128}$/i),
        issuerKeyHash: expect.stringMatching(/^[0-9a-f]{64,128}$/i),
        serialNumber: expect.stringMatching(/^[0-9a-f]{1,40}$/i),
      })
    })
  }

  test.concurrent('TC_076_CS A certificate is deleted, once', async (context) => {
    const stage = await openStage(context, profile2())
    const certificateType = 'ManufacturerRootCertificate'
    await stage.ask('InstallCertificate', { certificateType, certificate: manufacturer.cert })
    const installed = await stage.ask('GetInstalledCertificateIds', { certificateType })
    const [certificateHashData] = installed['certificateHashData'] as readonly object[]
    expect(await stage.ask('DeleteCertificate', { certificateHashData })).toEqual(ACCEPTED)
    expect(await stage.ask('DeleteCertificate', { certificateHashData })).toEqual({ status: 'NotFound' })
    expect(await stage.ask('GetInstalledCertificateIds', { certificateType })).toEqual({ status: 'NotFound' })
  })

  test.concurrent('TC_077_CS Invalid station certificate: rejected, with a security event', async (context) => {
    const stage = await openStage(context, profile3())
    await stage.ask('ExtendedTriggerMessage', { requestedMessage: 'SignChargePointCertificate' })
    await stage.hears('ExtendedTriggerMessage.conf Accepted', 'SignCertificate')
    // Of another key than the request's.
    const stranger = authority.issue({ subject: `/CN=${STATION}`, issuer: operator, extensions: CLIENT }).cert
    await stage.ask('CertificateSigned', { certificateChain: stranger })
    await stage.hears('CertificateSigned.conf Rejected', 'SecurityEventNotification InvalidChargePointCertificate')
  })

  test.concurrent('TC_078_CS Invalid root certificate: rejected, with a security event', async (context) => {
    const stage = await openStage(context, profile2())
    const expired = authority.issue({ subject: '/CN=expired', from: '20100101000000Z', to: '20110101000000Z' }).cert
    await stage.ask('InstallCertificate', { certificateType: 'CentralSystemRootCertificate', certificate: expired })
    await stage.hears('InstallCertificate.conf Rejected', 'SecurityEventNotification InvalidCentralSystemCertificate')
  })

  test.concurrent('TC_079_CS Security log: uploaded, and holds what happened', async (context) => {
    const stage = await openStage(context, profile2())
    const files = await openFileServer(context)
    await stage.ask('Reset', { type: 'Soft' })
    await stage.hearsAmongOthers('BootNotification')
    await stage.seconds(10)
    const log = { remoteLocation: files.url }
    const answer = await stage.ask('GetLog', { logType: 'SecurityLog', requestId: 7, log })
    expect(answer).toMatchObject({ status: 'Accepted', filename: expect.any(String) })
    await stage.hearsAmongOthers('LogStatusNotification Uploading')
    await stage.hears('LogStatusNotification Uploaded')
    expect(stage.last('LogStatusNotification')).toMatchObject({ requestId: 7 })
    const text = firstFileOf(files.received.get(`/${String(answer['filename'])}`))
    expect(text).toContain('StartupOfTheDevice')
    expect(text).toContain('ResetOrReboot')
  })

  test.concurrent('TC_080_CS Signed firmware: verified, installed, told step by step', async (context) => {
    const stage = await openStage(context, withFirmware(profile2()))
    const order = await signedFirmware(context, stage, signatureOf(FIRMWARE))
    expect(await stage.ask('SignedUpdateFirmware', order)).toEqual(ACCEPTED)
    for (const status of ['Downloading', 'Downloaded', 'SignatureVerified', 'Installing', 'Installed'])
      await stage.hearsAmongOthers(`SignedFirmwareStatusNotification ${status}`)
    await stage.until('told as a security event', () =>
      stage.all('SecurityEventNotification').some(({ type }) => type === 'FirmwareUpdated'),
    )
    for (const { requestId } of stage.all('SignedFirmwareStatusNotification')) expect(requestId).toBe(9)
  })

  test.concurrent('TC_081_CS Signed firmware, invalid signature: not installed, with a security event', async (context) => {
    const stage = await openStage(context, withFirmware(profile2()))
    const order = await signedFirmware(context, stage, signatureOf(Buffer.from('another firmware')))
    expect(await stage.ask('SignedUpdateFirmware', order)).toEqual(ACCEPTED)
    for (const status of ['Downloading', 'Downloaded', 'InvalidSignature'])
      await stage.hearsAmongOthers(`SignedFirmwareStatusNotification ${status}`)
    await stage.until('told as a security event', () =>
      stage.all('SecurityEventNotification').some(({ type }) => type === 'InvalidFirmwareSignature'),
    )
  })

  test.concurrent('TC_081_CS Signed firmware, certificate of a stranger: refused at once', async (context) => {
    const stage = await openStage(context, withFirmware(profile2()))
    const order = await signedFirmware(context, stage, signatureOf(FIRMWARE))
    const stranger = authority.issue({ subject: '/CN=stranger', extensions: SIGNER })
    const { firmware } = order
    const forged = { ...order, firmware: { ...firmware, signingCertificate: stranger.cert } }
    await stage.ask('SignedUpdateFirmware', forged)
    await stage.hears(
      'SignedUpdateFirmware.conf InvalidCertificate',
      'SecurityEventNotification InvalidFirmwareSigningCertificate',
    )
  })

  test.concurrent('TC_083_CS Security profile upgraded from 1 to 2: connected by TLS after it', async (context) => {
    const secure = await startScriptedCsms({ tls: server })
    context.onTestFinished(() => secure.close())
    const upstream = `${PROFILE_1.upstream}\nsecure-url: "${secure.url}"`
    const stage = await openStage(context, { ...PROFILE_1, upstream })
    const root = { certificateType: 'CentralSystemRootCertificate', certificate: operator.cert }
    expect(await stage.ask('InstallCertificate', root)).toEqual(ACCEPTED)
    const answer = await stage.ask('ChangeConfiguration', { key: 'SecurityProfile', value: '2' })
    expect(['Accepted', 'RebootRequired']).toContain(answer['status'])
    if (answer['status'] === 'RebootRequired') await stage.ask('Reset', { type: 'Hard' })
    await stage.until('it comes to the other door', () => secure.socket(STATION) !== null)
    expect(credentials(secure.attempts[0])).toBe(`${STATION}:${PASSWORD}`)
    const now = await secure.call(STATION, 'GetConfiguration', { key: ['SecurityProfile'] })
    expect(now[2]).toMatchObject({ configurationKey: [{ value: '2' }] })
    expect(stage.csms.attempts).toHaveLength(1)
  })

  test.concurrent('TC_084_CS Security profile is not lowered', async (context) => {
    const stage = await openStage(context, profile2())
    for (const value of ['1', '0'])
      expect(await stage.ask('ChangeConfiguration', { key: 'SecurityProfile', value })).toEqual(REJECTED)
    expect(await keyOf(stage, 'SecurityProfile')).toBe('2')
    await stage.quiet(20)
  })

  test.concurrent('TC_085_CS Basic authentication: the id and the password', async (context) => {
    const stage = await openStage(context, PROFILE_1)
    expect(credentials(stage.csms.attempts[0])).toBe(`${STATION}:${PASSWORD}`)
    expect(stage.csms.attempts[0]?.headers['sec-websocket-protocol']).toBe('ocpp1.6')
  })

  test.concurrent('TC_088_CS WebSocket subprotocol: offers ocpp1.6, and says nothing to a server that does not take it', async (context) => {
    const stage = await openStage(context, { ...PROFILE_1, booted: false, csms: { subprotocol: null } })
    await stage.until('it has tried', () => stage.csms.attempts.length > 1)
    expect(stage.csms.attempts[0]?.headers['sec-websocket-protocol']).toBe('ocpp1.6')
    expect(stage.csms.frames).toEqual([])
  })

  test.concurrent('TC_086_CS TLS with a valid server certificate: connected, by 1.2 or newer', async (context) => {
    const stage = await openStage(context, profile2())
    expect(stage.csms.attempts).toHaveLength(1)
    const socket = stage.csms.attempts[0]?.socket
    expect(socket instanceof TLSSocket ? socket.getProtocol() : null).toMatch(/^TLSv1\.[23]$/)
  })

  for (const [what, tls] of [
    ['an unknown CA', (): Issued => authority.issue({ subject: '/CN=localhost', extensions: SERVER })],
    [
      'another name',
      (): Issued =>
        authority.issue({
          subject: '/CN=other',
          issuer: operator,
          extensions: [
            'basicConstraints=CA:FALSE',
            'subjectAltName=DNS:other.example.com',
            'extendedKeyUsage=serverAuth',
          ],
        }),
    ],
  ] as const) {
    test.concurrent(`TC_086_CS TLS with a server certificate of ${what}: no byte of OCPP`, async (context) => {
      const stage = await openStage(context, { ...profile2(), csms: { tls: tls() }, booted: false })
      await stage.seconds(60)
      expect([stage.csms.attempts, stage.csms.frames]).toEqual([[], []])
    })
  }

  test.concurrent('TC_087_CS TLS with a client certificate: connected without a password', async (context) => {
    const shown: string[] = []
    const stage = await openStage(context, profile3(shown))
    expect(stage.csms.attempts[0]?.headers.authorization).toBeUndefined()
    expect(shown).toEqual([expect.stringMatching(/^[0-9A-F]+$/)])
  })
})

function withFirmware(options: StageOptions): StageOptions {
  return { ...options, site: (folder) => `firmware: {hook: ${join(folder, 'install')}}` }
}

function signatureOf(file: Buffer): string {
  return sign('sha256', file, createPrivateKey(signer.key)).toString('base64')
}

async function signedFirmware(context: TestContext, stage: Stage, signature: string) {
  const files = await openFileServer(context)
  files.offered.set('/firmware.bin', FIRMWARE)
  const root = { certificateType: 'ManufacturerRootCertificate', certificate: manufacturer.cert }
  expect(await stage.ask('InstallCertificate', root)).toEqual(ACCEPTED)
  const location = `${files.url}firmware.bin`
  const retrieveDateTime = stage.now()
  return { requestId: 9, firmware: { location, retrieveDateTime, signingCertificate: signer.cert, signature } }
}

/** The text of the first file in a ZIP archive: behind its local header (APPNOTE 4.3.7). */
function firstFileOf(archive: Buffer | undefined): string {
  if (archive === undefined) return ''
  const dataAt = 30 + archive.readUInt16LE(26) + archive.readUInt16LE(28)
  const isDeflated = archive.readUInt16LE(8) === 8
  return (isDeflated ? inflateRawSync(archive.subarray(dataAt)) : archive.subarray(dataAt)).toString()
}
