/** A site file with devices of every kind beside a Modbus one, over real sockets. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { loadSiteFile } from '../../src/config/load-site-file.ts'
import { mappingFacts } from '../../src/site/mapping-facts.ts'
import { createRegistry } from '../../src/site/registry.ts'
import { simulateAlone } from '../../src/site/simulate-alone.ts'
import { startSite } from '../../src/site/start-site.ts'
import { MemoryLedger } from '../ocpp/station/memory-ledger.ts'
import { mosquitto, startBroker } from '../peers/mosquitto.ts'

const KEY = '00112233445566778899aabbccddeeff'
const registry = createRegistry()

async function simulated(mapping: string, listen: string, options: Readonly<Record<string, string>> = {}) {
  const device = await simulateAlone({ registry, mapping, folder: '/nowhere', listen, unit: null, options })
  onTestFinished(() => device.close())
  return device.url.replace(/\?key=.*/, '')
}

it.skipIf(!mosquitto.available)(
  `chargers over Modbus, HTTP, UDP and MQTT, a meter over an encrypted P1 port${mosquitto.available ? '' : `: ${mosquitto.reason}`}`,
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ampbridge-documents-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    await mkdir(join(folder, 'secrets'))
    await writeFile(join(folder, 'secrets/broker'), 'hush: @/\n', { mode: 0o600 })
    await writeFile(join(folder, 'secrets/meter'), KEY, { mode: 0o600 })
    const login = { user: 'bridge', password: 'hush: @/' }
    const broker = await startBroker({ login })
    onTestFinished(() => broker.remove())
    const inUrl = `mqtt://bridge:${encodeURIComponent(login.password)}@127.0.0.1:${broker.port}`
    for (const serial of ['111111', '222222']) await simulated('go-e-mqtt', inUrl, { serial })
    const modbus = await simulated('keba-p30', 'tcp://127.0.0.1:0')
    const http = await simulated('go-e-http', 'http://127.0.0.1:0')
    const udp = await simulated('keba-p30-udp', 'udp://127.0.0.1:0')
    const telegrams = await simulated('dsmr-p1', `dsmr+tcp://127.0.0.1:0?key=${KEY}`)

    await writeFile(
      join(folder, 'site.yaml'),
      `circuits: {house: {limit: 100 A, meter: grid, fail-safe: 60 A}}
meters:
  grid: {mapping: dsmr-p1, connect: "${telegrams}", key: {secret: meter}}
stations:
  MODBUS: {mapping: keba-p30, connect: "${modbus}", circuit: house, authorize: free}
  HTTP: {mapping: go-e-http, connect: "${http}", circuit: house, authorize: free}
  UDP: {mapping: keba-p30-udp, connect: "${udp}", circuit: house, authorize: free}
  MQTT-1:
    mapping: go-e-mqtt
    connect: mqtt://127.0.0.1:${broker.port}
    login: {user: bridge, password: {secret: broker}}
    options: {serial: "111111"}
    circuit: house
    authorize: free
  MQTT-2:
    mapping: go-e-mqtt
    connect: mqtt://127.0.0.1:${broker.port}
    login: {user: bridge, password: {secret: broker}}
    options: {serial: "222222"}
    circuit: house
    authorize: free
`,
    )
    const { config, problems } = await loadSiteFile(join(folder, 'site.yaml'), {
      addresses: registry.addresses,
      mapping: (name, from) => mappingFacts(registry.mappings.load(name, from)),
    })
    expect(problems).toEqual([])
    const site = await startSite(config!, {
      registry,
      stateFolder: folder,
      log: { info: () => {}, warn: () => {}, error: () => {} },
      pollMs: 200,
      fullPollMs: 200,
      ledger: new MemoryLedger().process().ledger,
    })
    onTestFinished(() => site.stop())
    const heard = new Set<string>()
    site.onTrace(({ kind, about }) => void (kind === 'registers' && heard.add(about)))

    await expect
      .poll(() => site.snapshot(), { timeout: 20_000, interval: 100 })
      .toMatchObject({
        stations: ['MODBUS', 'HTTP', 'UDP', 'MQTT-1', 'MQTT-2'].map((id) => ({ id, online: true })),
        meters: [{ id: 'grid', online: true, currentAmps: { L1: 5, L2: 6, L3: 7 } }],
      })
    // both chargers at the broker are heard over one link
    await expect.poll(() => heard.size, { timeout: 5000 }).toBe(5)
    expect([...heard].filter((url) => url.startsWith('mqtt:'))).toEqual([`mqtt://127.0.0.1:${broker.port}`])
    expect([...heard].find((url) => url.startsWith('dsmr'))).toBe(`${telegrams}?key=***`)
  },
  40_000,
)
