/** A twin charger: one device, two connectors, one card reader between them; on real sockets, with a mapping of its own. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { SimulatedCharger, simulateDevice } from '../../src/mapping/index.ts'
import { startSite } from '../../src/site/facade.ts'
import { FastClock } from '../peers/fast-clock.ts'
import { startScriptedCsms } from '../peers/scripted-csms.ts'
import { every, memoryLog, registry, serve, siteConfig, until } from './chain.ts'

const TWIN = `device: Twin
kind: charger
modbus: {tcp: 502, unit: 1}
defaults: {table: holding, type: u16}
connectors: {count: 2, step: 100}
state: {at: 0, A: 1, B: 2, C: 3}
read:
  current: {at: [1, 2, 3], unit: 0.1 A}
  energy:  {at: 10, type: u32, unit: Wh}
  limit:   {at: 20, unit: 0.1 A}
  tag:     {at: 900, type: u32, as: hex, none: 0, shared: true}
write:
  current: {at: 20, unit: 0.1 A, range: 6..16 A}
  pause:   {at: 20, value: 0}
  alive:   none
note: [It has no watchdog.]
examples:
  - given:  {0: [3], 900: [0, 0]}
    expect: {state: C, tag: null}
`

it('starts the session where the car stands, whichever connector the reader is read with', async () => {
  await using cleaning = new AsyncDisposableStack()
  const clock = new FastClock(20)
  cleaning.defer(() => clock.stop())
  const folder = await mkdtemp(join(tmpdir(), 'ampbridge-twin-'))
  cleaning.defer(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'twin.yaml'), TWIN)
  const csms = await startScriptedCsms({
    react: ({ action }) => {
      const currentTime = new Date(clock.now()).toISOString()
      if (action === 'Heartbeat') return { answer: { currentTime } }
      return action === 'BootNotification' ? { answer: { status: 'Accepted', currentTime, interval: 300 } } : undefined
    },
  })
  cleaning.defer(() => csms.close())
  const device = simulateDevice(registry.mappings.load('./twin.yaml', folder), { clock })
  const cars = device.connectors.map((connector) => new SimulatedCharger(connector, { clock, followDelayMs: 500 }))
  const server = await serve('tcp://127.0.0.1:0', new Map(device.units), clock)
  cleaning.defer(() => server.close())
  cleaning.defer(every(clock, 250, () => cars.forEach((car) => car.tick())))
  const config = await siteConfig(
    `site: {name: Twin, timezone: Europe/Zurich}
circuits: {house: {limit: 63 A}}
stations:
  TWIN: {mapping: ./twin.yaml, connect: "${server.url}", circuit: house, authorize: card, upstream: operator, start-values: {MinimumStatusDuration: 0}}
upstreams: {operator: {url: "${csms.url}", ocpp: "1.6", security-profile: 0}}
`,
    folder,
  )
  const stateFolder = join(folder, 'state')
  const site = await startSite(config, { registry, stateFolder, log: memoryLog(), clock, random: () => 0.5 })
  cleaning.defer(() => site.stop())
  const statusIs = (connectorId: number, status: string): Promise<unknown> =>
    csms.waitFor(({ payload }) => payload['connectorId'] === connectorId && payload['status'] === status)
  await statusIs(1, 'Available')
  await statusIs(2, 'Available')

  const [first, second] = cars
  if (first === undefined || second === undefined) throw new Error('a twin has two connectors')
  second.plug({ phases: 3, maxAmps: 32, energyWantedWh: 40_000 })
  await statusIs(2, 'Preparing')
  // one register, and each simulated half writes what it shows
  for (const half of [first, second]) half.swipe('D4CD7650')
  await statusIs(2, 'Charging')
  await until('16 A at the second', () => second.drawnAmps === 16)
  expect(first.drawnAmps).toBe(0)
  expect(csms.calls.filter(({ action }) => action === 'Authorize').map(({ payload }) => payload)).toEqual([
    { idTag: 'D4CD7650' },
  ])
  expect(csms.transactions.map(({ connectorId, idTag }) => [connectorId, idTag])).toEqual([[2, 'D4CD7650']])
})
