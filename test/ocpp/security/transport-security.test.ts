/** The four security profiles on real sockets, and every way in which TLS can be wrong (F12). */
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { isBridgeError } from '../../../src/model/errors.ts'
import { transportSecurity } from '../../../src/ocpp/security/transport-security.ts'
import type { SecuritySettings } from '../../../src/ocpp/security/transport-security.ts'
import { startScriptedCsms } from '../../peers/scripted-csms.ts'
import type { ScriptedCsms, ScriptedCsmsOptions } from '../../peers/scripted-csms.ts'
import { certificate, testCa } from '../../peers/tls/certificates.ts'
import { outcome, startClient } from '../rpc/harness.ts'
import type { Harness } from '../rpc/harness.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function startCsms(options: ScriptedCsmsOptions): Promise<ScriptedCsms> {
  const csms = await startScriptedCsms(options)
  closing.push(() => csms.close())
  return csms
}

function settings(url: string, changes: Partial<SecuritySettings>): SecuritySettings {
  return {
    profile: 0,
    url,
    stationId: 'CP-1',
    password: null,
    ca: null,
    certificate: null,
    privateKey: null,
    ...changes,
  }
}

function connect(url: string, changes: Partial<SecuritySettings>): Harness {
  const harness = startClient(url, { transport: transportSecurity(settings(url, changes)) })
  closing.push(() => harness.client.close())
  return harness
}

async function reason(harness: Harness): Promise<string> {
  await harness.until(() => harness.downs.length > 0)
  return (await outcome(Promise.reject(harness.downs[0]))).replace(/:\d+\//, '/')
}

const PASSWORD = Buffer.from([0x00, 0xff, 0x3a, 0x80, 0x41, 0x42, 0x43, 0x44])

describe('each profile', () => {
  test('0: nothing is shown', async () => {
    const csms = await startCsms({})
    const harness = connect(csms.url, {})
    await harness.until(() => harness.opened() === 1)
    expect(csms.attempts[0]?.headers.authorization).toBeUndefined()
  })

  test('1: the password’s bytes go as they are', async () => {
    const csms = await startCsms({})
    const harness = connect(csms.url, { profile: 1, password: PASSWORD })
    await harness.until(() => harness.opened() === 1)
    const header = csms.attempts[0]?.headers.authorization ?? ''
    const bytes = Buffer.from(header.replace('Basic ', ''), 'base64')
    expect(bytes.equals(Buffer.concat([Buffer.from('CP-1:'), PASSWORD]))).toBe(true)
  })

  test('2: the same inside TLS, with the CSMS’s own CA', async () => {
    const csms = await startCsms({ tls: certificate('server') })
    const harness = connect(csms.url, { profile: 2, password: PASSWORD, ca: testCa() })
    await harness.until(() => harness.opened() === 1)
    expect(csms.attempts[0]?.headers.authorization).toMatch(/^Basic /)
    expect(await harness.call('Heartbeat')).toHaveProperty('currentTime')
  })

  test('3: the station shows its certificate', async () => {
    const csms = await startCsms({ tls: { ...certificate('server'), ca: testCa() } })
    const { cert, key } = certificate('station')
    const harness = connect(csms.url, { profile: 3, ca: testCa(), certificate: cert, privateKey: key })
    await harness.until(() => harness.opened() === 1)
    expect(csms.attempts[0]?.headers.authorization).toBeUndefined()
    expect(await harness.call('Heartbeat')).toHaveProperty('currentTime')
  })
})

describe('a CSMS that is not to be trusted gets no byte of OCPP, and the reason is a sentence', () => {
  test.each([
    ['expired', 'the certificate of the CSMS has expired (or the clock here is wrong)'],
    ['wrong-name', 'the certificate of the CSMS is for another name'],
    ['unknown-ca', 'the certificate of the CSMS comes from an unknown CA: name its CA file'],
  ] as const)('%s', async (name, sentence) => {
    const csms = await startCsms({ tls: certificate(name) })
    const harness = connect(csms.url, { profile: 2, password: PASSWORD, ca: testCa() })
    expect(await reason(harness)).toBe(`CSMS_UNREACHABLE: wss://localhost/CP-1: ${sentence}`)
    expect([csms.attempts, harness.frames]).toEqual([[], []])
  })

  test('a good certificate without its CA file', async () => {
    const csms = await startCsms({ tls: certificate('server') })
    expect(await reason(connect(csms.url, { profile: 2, password: PASSWORD }))).toMatch(/unknown CA: name its CA file$/)
  })

  test('TLS 1.1', async () => {
    const csms = await startCsms({
      tls: { ...certificate('server'), minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    })
    const harness = connect(csms.url, { profile: 2, password: PASSWORD, ca: testCa() })
    expect(await reason(harness)).toMatch(/the CSMS (speaks only TLS older than 1.2|refuses TLS 1.2 and newer)$/)
    expect(csms.attempts).toEqual([])
  })

  test('no TLS at all', async () => {
    const server = createServer((socket) => socket.resume().end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => new Promise((resolve) => server.close(() => resolve())))
    const { port } = server.address() as AddressInfo
    const harness = connect(`wss://localhost:${port}`, { profile: 2, password: PASSWORD, ca: testCa() })
    expect(await reason(harness)).toMatch(
      /what answers does not speak TLS: is the address meant to begin with ws:\/\/\?$/,
    )
  })

  test('a CSMS that wants a certificate which the station has not', async () => {
    const csms = await startCsms({ tls: { ...certificate('server'), ca: testCa() } })
    const harness = connect(csms.url, { profile: 2, password: PASSWORD, ca: testCa() })
    expect(await reason(harness)).toMatch(
      /(wants a certificate of this station \(security profile 3\)|was cut during the handshake)$/,
    )
  })
})

describe('settings that do not fit are refused at start', () => {
  const { cert, key } = certificate('station')
  const WSS = 'wss://localhost'
  test.each<[string, SecuritySettings, RegExp]>([
    ['profile 2 without TLS', settings('ws://h', { profile: 2, password: PASSWORD }), /begins with wss:/],
    ['no password', settings('ws://h', { profile: 1 }), /need a password/],
    ['an empty password', settings('ws://h', { profile: 1, password: Buffer.alloc(0) }), /need a password/],
    ['1,000 bytes', settings('ws://h', { profile: 1, password: Buffer.alloc(1000) }), /longer than 64 bytes/],
    ['a colon in the id', settings('ws://h', { profile: 1, password: PASSWORD, stationId: 'a:b' }), /no colon/],
    ['profile 3 without a key', settings(WSS, { profile: 3, certificate: cert }), /certificate and private key/],
    ['a CA file that is none', settings(WSS, { ca: 'hunter2' }), /the CA file holds no PEM certificate/],
    [
      'a CA file that is damaged',
      settings(WSS, { ca: testCa().replace('MII', 'hunter2') }),
      /the CA file holds a certificate that cannot be read/,
    ],
    [
      'a key of another certificate',
      settings(WSS, { profile: 3, certificate: cert, privateKey: certificate('server').key }),
      /private key is not PEM, or not that/,
    ],
    [
      'a key that is none',
      settings(WSS, { profile: 3, certificate: cert, privateKey: 'hunter2' }),
      /private key is not PEM, or not that/,
    ],
  ])('%s', (_, given, message) => {
    const refused = (() => {
      try {
        return transportSecurity(given)
      } catch (error) {
        return error
      }
    })()
    expect(isBridgeError(refused, 'CONFIG_INVALID')).toBe(true)
    expect(String(refused)).toMatch(message)
    expect(String(refused)).not.toContain('hunter2')
  })

  test('a matching pair is taken, and its TLS context is shared by all stations that have the same', () => {
    const pair = { profile: 3, certificate: cert, privateKey: key } as const
    const one = transportSecurity(settings(WSS, pair)).tls.secureContext
    expect(one).toBeDefined()
    expect(transportSecurity(settings(WSS, { ...pair, stationId: 'CP-2' })).tls.secureContext).toBe(one)
    expect(transportSecurity(settings(WSS, {})).tls.secureContext).not.toBe(one)
  })
})
