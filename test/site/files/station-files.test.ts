import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { USUAL_BALANCING } from '../../../src/config/entries/balancing-entry.ts'
import { Secret, type SiteConfig, type UpstreamConfig } from '../../../src/config/site-config.ts'
import { PLAIN_PARAMETERS } from '../../../src/model/controller-parameters.ts'
import { systemClock } from '../../../src/model/clock.ts'
import { parametersSnapshot } from '../../../src/site/controller/parameter-operations.ts'
import { diagnosticsEntries, type DiagnosticsSources } from '../../../src/site/files/diagnostics.ts'
import { RecentLines } from '../../../src/site/files/recent-lines.ts'
import { stationFiles } from '../../../src/site/files/station-files.ts'
import type { SiteSnapshot, SiteTrace } from '../../../src/site/snapshot.ts'
import { MemoryLedger } from '../../ocpp/station/memory-ledger.ts'
import { ManualClock } from '../../peers/manual-clock.ts'

const PASSWORD = 'a-password-of-the-site'
const ORDER = { retries: 0, retryIntervalSeconds: null }

const upstream = (url: string): UpstreamConfig =>
  ({ id: 'operator', url, password: new Secret(Buffer.from(PASSWORD)) }) as unknown as UpstreamConfig

const station = (id: string, host: string) =>
  ({
    id,
    chargers: [{ id, address: { connect: `tcp://${host}`, login: null, key: null } }],
    upstreamIds: ['operator'],
  }) as unknown as SiteConfig['stations'][number]

function siteConfig(changes: Partial<SiteConfig> = {}): SiteConfig {
  return {
    name: 'Car park',
    timezone: 'UTC',
    circuits: [],
    meters: [],
    stations: [station('CP-001', 'box-1'), station('CP-002', 'box-2')],
    upstreams: [upstream('ws://127.0.0.1/ocpp')],
    balancing: USUAL_BALANCING,
    tariff: null,
    demandTarget: null,
    plan: false,
    controller: null,
    signals: [],
    web: null,
    apiKeys: [],
    firmwareHook: null,
    transfers: { allow: [], certificateAuthorityFile: null },
    folder: '/etc/ampbridge',
    ...changes,
  }
}

let folder: string
let ledger: MemoryLedger
let traces: ((trace: SiteTrace) => void)[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'))
  ledger = new MemoryLedger()
  traces = []
})
afterEach(() => rmSync(folder, { recursive: true }))

function sources(config = siteConfig(), clock = new ManualClock()): DiagnosticsSources {
  return {
    config,
    ledger: ledger.process().ledger,
    clock,
    log: new RecentLines(10_000),
    ocppFrames: new RecentLines(10_000),
    snapshot: () =>
      ({
        name: 'Car park',
        stations: [{ stationId: 'CP-001' }, { stationId: 'CP-002' }],
        upstreams: [],
        parameters: {
          ...parametersSnapshot(PLAIN_PARAMETERS, 'SITE'),
          outletMaxima: ['CP-001', 'CP-002'].map((stationId) => ({ stationId, evse: 1, amps: 10 })),
        },
      }) as unknown as SiteSnapshot,
    onTrace: (listener) => {
      traces.push(listener)
      return () => void traces.splice(traces.indexOf(listener), 1)
    },
  }
}

async function textOf(entries: ReturnType<typeof diagnosticsEntries>, name: string): Promise<string> {
  const content = entries.find((entry) => entry.name === name)?.content ?? ''
  if (typeof content === 'string') return content
  let text = ''
  for await (const piece of content) text += piece
  return text
}

const ALWAYS = { from: null, to: null }

describe('what a diagnostics bundle holds', () => {
  test('log, frames, registers, what is now, events, transactions, settings, configuration, security log', () => {
    const names = diagnosticsEntries('CP-001', ALWAYS, sources(), new AbortController().signal).map(({ name }) => name)
    expect(names).toEqual([
      'about.txt',
      'log.txt',
      'ocpp-frames.txt',
      'registers.txt',
      'now.json',
      'events.csv',
      'transactions.csv',
      'given-up-messages.csv',
      'settings.csv',
      'configuration.json',
      'security-log.csv',
    ])
  })

  test('no secret of the site file', async () => {
    const entries = diagnosticsEntries('CP-001', ALWAYS, sources(), new AbortController().signal)
    const configuration = await textOf(entries, 'configuration.json')
    expect(configuration).toContain('"password": "***"')
    expect(configuration).not.toContain(PASSWORD)
  })

  test('nothing of another operator’s station', async () => {
    const entries = diagnosticsEntries('CP-001', ALWAYS, sources(), new AbortController().signal)
    for (const name of ['configuration.json', 'now.json']) {
      expect(await textOf(entries, name)).toContain('CP-001')
      expect(await textOf(entries, name)).not.toContain('CP-002')
    }
  })

  test('of the site’s own station: its entry, its upstream and all that was set', async () => {
    const controller = { identity: 'SITE', upstreamIds: ['operator'], startValues: {} }
    const entries = diagnosticsEntries(
      'SITE',
      ALWAYS,
      sources(siteConfig({ controller })),
      new AbortController().signal,
    )
    expect(JSON.parse(await textOf(entries, 'configuration.json'))).toMatchObject({
      stations: [],
      upstreams: [{ id: 'operator', password: '***' }],
      controller,
    })
    expect(JSON.parse(await textOf(entries, 'now.json'))).toMatchObject({
      parameters: { outletMaxima: [{ stationId: 'CP-001' }, { stationId: 'CP-002' }] },
    })
  })

  test('the events of this station within the span; a text that a spreadsheet would run is made harmless', async () => {
    const given = sources()
    const { ledger: stored } = ledger.process()
    const at = Date.parse('2026-03-01T12:00:00Z')
    await stored.recordEvent({ at, stationId: 'CP-001', kind: 'fault', text: '=cmd, "quoted"' })
    await stored.recordEvent({ at, stationId: 'CP-002', kind: 'fault', text: 'another' })
    await stored.recordEvent({ at: at - 86_400_000, stationId: 'CP-001', kind: 'fault', text: 'yesterday' })
    const entries = diagnosticsEntries('CP-001', { from: at - 1000, to: null }, given, new AbortController().signal)
    expect(await textOf(entries, 'events.csv')).toBe(
      'at,station,kind,text\n2026-03-01T12:00:00.000Z,CP-001,fault,"\'=cmd, ""quoted"""\n',
    )
  })

  test('cards, reservations and firmware logins are not among the settings', async () => {
    const { ledger: stored } = ledger.process()
    await stored.saveSetting('CP-001', 'heartbeatInterval', '60')
    await stored.saveSetting('CP-001', 'availability/1', 'inoperative')
    for (const name of ['authorisation-cache', 'reservations', 'ending/1', 'firmware-update', 'a-later-one'])
      await stored.saveSetting('CP-001', name, '[{"idToken":"CARD"}]')
    const entries = diagnosticsEntries('CP-001', ALWAYS, sources(), new AbortController().signal)
    expect(await textOf(entries, 'settings.csv')).toBe('name,value\nheartbeatInterval,60\navailability/1,inoperative\n')
  })

  test('registers are listened to for a full look', async () => {
    const clock = new ManualClock()
    const entries = diagnosticsEntries('CP-001', ALWAYS, sources(siteConfig(), clock), new AbortController().signal)
    const text = textOf(entries, 'registers.txt')
    await clock.advance(5000)
    const frame = {
      at: clock.now(),
      about: 'tcp://box-1:502',
      upstreamId: null,
      direction: 'received',
      text: '01 03',
    } as const
    for (const listener of traces) listener({ ...frame, kind: 'registers' })
    for (const listener of traces) listener({ ...frame, kind: 'ocpp', text: 'not this one' })
    for (const listener of traces) listener({ ...frame, kind: 'registers', about: 'tcp://box-2:502' })
    await clock.advance(10_000)
    expect(await text).toBe('2026-03-02T08:00:05.000Z tcp://box-1:502 received 01 03\n')
    expect(traces).toEqual([])
  })
})

async function server(): Promise<{ readonly port: number; readonly bodies: Buffer[]; readonly close: () => void }> {
  const bodies: Buffer[] = []
  const listening = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks))
      response.end(request.method === 'GET' ? 'firmware' : '')
    })
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  return { port: (listening.address() as AddressInfo).port, bodies, close: () => listening.close() }
}

function files(authority: UpstreamConfig | null, config = siteConfig()) {
  const { ledger: stored } = ledger.process()
  const given = { config, stationId: '../CP 1', authority, stateFolder: folder, ledger: stored, clock: systemClock }
  return stationFiles({ ...given, sources: sources(config, new ManualClock()) })
}
describe('files of a station', () => {
  const signal = new AbortController().signal

  test('a security log goes to the server beside a CSMS in a private network, and nothing stays behind', async () => {
    const { port, bodies, close } = await server()
    const given = files(upstream('ws://127.0.0.1:9000/ocpp'))
    const name = given.nameOf('security')
    expect(name).toMatch(/^ampbridge-security-CP_1-.*\.zip$/)
    const path = await given.collect({ log: 'security', name, from: null, to: null }, signal)
    expect(path.startsWith(join(folder, 'files'))).toBe(true)
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
    await given.upload({ location: `http://127.0.0.1:${port}/logs/`, ...ORDER }, path, name, signal)
    expect(bodies[0]?.subarray(0, 2).toString()).toBe('PK')
    await given.discard(path)
    expect(readdirSync(join(path, '..'))).toEqual([])
    close()
  })

  test('a private address that nobody named is refused', async () => {
    const { port, close } = await server()
    const given = files(null)
    const order = { location: `http://127.0.0.1:${port}/x`, ...ORDER }
    await expect(given.download(order, signal)).rejects.toMatchObject({ code: 'TRANSFER_REFUSED' })
    const allowed = files(null, siteConfig({ transfers: { allow: ['127.0.0.0/8'], certificateAuthorityFile: null } }))
    expect(await allowed.download(order, signal)).toMatchObject({ bytes: 8 })
    close()
  })

  test('without a program nothing can be installed', () => {
    expect(files(null).install).toBeNull()
    expect(files(null, siteConfig({ firmwareHook: '/usr/bin/true' })).install).not.toBeNull()
  })
})
