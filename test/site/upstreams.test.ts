/** An upstream of the site file joined with stations: what a CSMS changes for one of them is that station's alone, and is kept. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Secret, type UpstreamConfig } from '../../src/config/site-config.ts'
import { systemClock } from '../../src/model/clock.ts'
import { isBridgeError } from '../../src/model/errors.ts'
import type { RpcConnection } from '../../src/ocpp/rpc/connection.ts'
import type { UpstreamOptions } from '../../src/ocpp/station/upstream/upstream.ts'
import { silentLog } from '../../src/site/log.ts'
import { createRegistry } from '../../src/site/registry.ts'
import { readUpstream, upstreamOf } from '../../src/site/upstreams.ts'
import { startScriptedCsms } from '../peers/scripted-csms.ts'

let state: string
const closing: (() => Promise<void>)[] = []
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'ampbridge-state-'))
})
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
  rmSync(state, { recursive: true })
})

async function upstreamTo(
  url: string,
  stationId: string,
  changes: Partial<UpstreamConfig> = {},
): Promise<UpstreamOptions> {
  const config: UpstreamConfig = {
    id: 'operator',
    url,
    secureUrl: null,
    ocpp: '1.6',
    securityProfile: 1,
    password: new Secret(Buffer.from('the-first-password')),
    certificateAuthorityFile: null,
    clientCertificateFile: null,
    clientKeyFile: null,
    keyType: 'ec',
    additionalRootCheck: false,
    ...changes,
  }
  const upstream = await readUpstream(config, state, silentLog)
  return upstreamOf(upstream, stationId, createRegistry(), systemClock, () => 0)
}

/** Resolves when the connection is open. */
async function open(options: UpstreamOptions): Promise<void> {
  const connection = await new Promise<RpcConnection>((resolve, reject) => {
    const made: RpcConnection = options.connect({
      onOpen: () => resolve(made),
      onDown: reject,
      onCall: async () => ({}),
      onFrame: () => undefined,
    })
  })
  closing.push(() => connection.close())
}

test('each station has secrets of its own, and shows them at its own address', async () => {
  const csms = await startScriptedCsms()
  closing.push(() => csms.close())
  const one = await upstreamTo(`${csms.url}/ocpp`, 'CP-1')
  expect(await one.access?.changePassword(Buffer.from('another-password'))).toEqual({ accepted: true })
  expect(readdirSync(join(state, 'access', 'operator'))).toEqual(['CP-1'])
  for (const id of ['CP-1', 'CP-2']) await open(await upstreamTo(`${csms.url}/ocpp`, id))
  const shown = csms.attempts.map(({ url, headers }) => [
    url,
    Buffer.from(headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString(),
  ])
  expect(shown).toEqual([
    ['/ocpp/CP-1', 'CP-1:another-password'],
    ['/ocpp/CP-2', 'CP-2:the-first-password'],
  ])
})

test.each<[string, Partial<UpstreamConfig>, string]>([
  ['ws for profile 2', { securityProfile: 2 }, 'CONFIG_INVALID'],
  ['no password for profile 1', { password: null }, 'CONFIG_INVALID'],
  ['an address that is none', { url: 'csms' }, 'CONFIG_INVALID'],
  ['a certificate that is not there', { certificateAuthorityFile: '/nowhere/ca.pem' }, 'SECRET_UNREADABLE'],
])('%s is an error at start', async (_, changes, code) => {
  const refusal: unknown = await upstreamTo('ws://127.0.0.1:9', 'CP-1', changes).catch((error: unknown) => error)
  expect(isBridgeError(refusal) && refusal.code).toBe(code)
})
