/** A CSMS that changes how a station reaches it, message by message, from the frame on the wire to the next connection. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { Secret } from '../../src/config/site-config.ts'
import { openLedger } from '../../src/ledger/open-ledger.ts'
import { systemClock } from '../../src/model/clock.ts'
import { VirtualStation } from '../../src/ocpp/station/virtual-station.ts'
import { silentLog } from '../../src/site/log.ts'
import { createRegistry } from '../../src/site/registry.ts'
import { readUpstream, upstreamOf } from '../../src/site/upstreams.ts'
import { startScriptedCsms, type ScriptedCsms } from '../peers/scripted-csms.ts'
import { certificate, testCa } from '../peers/tls/certificates.ts'
import { evseDescription } from '../ocpp/station/rig.ts'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const HEX = '4F43415F4F4354545F61646D696E5F74657374'

/** The newest password that a CSMS was shown. */
function shown({ attempts }: ScriptedCsms): string {
  const header = attempts.at(-1)?.headers.authorization ?? ''
  return Buffer.from(header.replace('Basic ', ''), 'base64').toString()
}

async function newConnection(csms: ScriptedCsms, after: number): Promise<void> {
  while (csms.attempts.length <= after || csms.socket('CP-1') === null)
    await new Promise((resolve) => setTimeout(resolve, 10))
}

async function change(csms: ScriptedCsms, key: string, value: string): Promise<unknown> {
  return (await csms.call('CP-1', 'ChangeConfiguration', { key, value }))[2]
}

async function profile(csms: ScriptedCsms): Promise<unknown> {
  return (await csms.call('CP-1', 'GetConfiguration', { key: ['SecurityProfile'] }))[2]
}

test('password, root, profile 1 -> 2: the station comes back with each, and tells which profile is in force', async () => {
  const plain = await startScriptedCsms()
  const secure = await startScriptedCsms({ tls: certificate('server') })
  const state = mkdtempSync(join(tmpdir(), 'ampbridge-state-'))
  closing.push(
    () => rmSync(state, { recursive: true }),
    () => plain.close(),
    () => secure.close(),
  )
  const upstream = await readUpstream(
    {
      id: 'operator',
      url: plain.url,
      secureUrl: secure.url,
      ocpp: '1.6',
      securityProfile: 1,
      password: new Secret(Buffer.from('the-first-password')),
      certificateAuthorityFile: null,
      clientCertificateFile: null,
      clientKeyFile: null,
      keyType: 'ec',
      additionalRootCheck: false,
    },
    state,
    silentLog,
  )
  const ledger = await openLedger(state)
  const station = new VirtualStation({
    description: {
      id: 'CP-1',
      identity: { vendor: 'V', model: 'M', serial: null, firmware: null, meterType: null, meterSerial: null },
      evses: [evseDescription()],
    },
    authorization: { way: 'free', idToken: 'FREE' },
    timezone: 'UTC',
    startValues: new Map(),
    ledger,
    clock: systemClock,
    random: () => 0,
    port: { unlock: () => Promise.resolve('unlocked'), reset: () => {}, changed: () => {} },
    upstreams: [upstreamOf(upstream, 'CP-1', createRegistry(), systemClock, () => 0)],
    onEvent: () => {},
  })
  closing.push(
    () => ledger.close(),
    () => station.close(),
  )
  await station.start()
  await plain.waitFor(({ action }) => action === 'BootNotification')
  expect(await change(plain, 'AuthorizationKey', HEX)).toEqual({ status: 'Accepted' })
  await newConnection(plain, 1)
  expect(shown(plain)).toBe('CP-1:OCA_OCTT_admin_test')
  expect(await profile(plain)).toMatchObject({ configurationKey: [{ key: 'SecurityProfile', value: '1' }] })

  const install = { certificateType: 'CentralSystemRootCertificate', certificate: testCa() }
  expect((await plain.call('CP-1', 'InstallCertificate', install))[2]).toEqual({ status: 'Accepted' })
  expect(await change(plain, 'SecurityProfile', '0')).toEqual({ status: 'Rejected' })
  expect(await change(plain, 'SecurityProfile', '3')).toEqual({ status: 'Rejected' })
  expect(await change(plain, 'SecurityProfile', '2')).toEqual({ status: 'Accepted' })
  await newConnection(secure, 0)
  expect(shown(secure)).toBe('CP-1:OCA_OCTT_admin_test')
  expect(await profile(secure)).toMatchObject({ configurationKey: [{ key: 'SecurityProfile', value: '2' }] })
  // The link rests on this root.
  const [, , listed] = await secure.call('CP-1', 'GetInstalledCertificateIds', {
    certificateType: 'CentralSystemRootCertificate',
  })
  const [certificateHashData] = (listed as { certificateHashData: object[] }).certificateHashData
  expect((await secure.call('CP-1', 'DeleteCertificate', { certificateHashData }))[2]).toEqual({ status: 'Failed' })
})
