/** Rows of the fault list that need real sockets: a device with one client slot (F32), two devices with one address (F38). */
import { expect, it, onTestFinished } from 'vitest'
import { loadSiteText } from '../../src/config/load-site-file.ts'
import { simulateDevice } from '../../src/mapping/index.ts'
import { systemClock } from '../../src/model/clock.ts'
import type { RegisterBank } from '../../src/model/driver.ts'
import { createRegistry } from '../../src/site/registry.ts'
import type { RunningSite } from '../../src/site/running-site.ts'
import { startSite } from '../../src/site/start-site.ts'
import { MemoryLedger } from '../ocpp/station/memory-ledger.ts'
import { oneClientGateway } from '../peers/one-client-gateway.ts'
import { honestly, rogueSlave } from '../peers/rogue-slave.ts'

const registry = createRegistry()

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

async function until(fits: () => boolean): Promise<void> {
  while (!fits()) await pause(20)
}

async function site(text: string, log: string[], pollMs: number): Promise<RunningSite> {
  const { config, problems } = await loadSiteText(text, '/nowhere/site.yaml', { addresses: registry.addresses })
  expect(problems).toEqual([])
  const note = (_: object, line: string): void => void log.push(line)
  const running = await startSite(config!, {
    registry,
    stateFolder: '/nowhere',
    log: { info: () => {}, warn: note, error: note },
    pollMs,
    fullPollMs: pollMs,
    random: () => 0,
    ledger: new MemoryLedger().process().ledger,
  })
  onTestFinished(() => running.stop())
  return running
}

it('F32: a gateway that lets one client in and hangs up when it is silent. One shared connection, no alarm', async () => {
  const units = new Map<number, RegisterBank>(
    [1, 2].flatMap((unit) => {
      const device = simulateDevice(registry.mappings.load('abb-terra-ac'), { clock: systemClock, unit })
      device.set({ state: 'A', current: [0, 0, 0] })
      return [...device.units]
    }),
  )
  const listen = 'tcp://127.0.0.1:0'
  const server = await registry
    .serverOf(listen)
    .listen(listen, units, { clock: systemClock, serial: null, answerDelayMs: 0 })
  onTestFinished(() => server.close())
  const gateway = await oneClientGateway(Number(new URL(server.url).port), 200)
  onTestFinished(() => gateway.close())
  const log: string[] = []
  const running = await site(
    `circuits: {house: {limit: 63 A}}
stations:
  A: {mapping: abb-terra-ac, connect: "tcp://127.0.0.1:${gateway.port}", unit: 1, circuit: house, authorize: free}
  B: {mapping: abb-terra-ac, connect: "tcp://127.0.0.1:${gateway.port}", unit: 2, circuit: house, authorize: free}
`,
    log,
    500,
  )
  const online = (): boolean => running.snapshot().stations.every((station) => station.online)
  await until(online)
  const seen = new Set<string>()
  const hungUpBefore = gateway.hungUp
  while (gateway.hungUp < hungUpBefore + 5) {
    for (const { online: isOnline, evses } of running.snapshot().stations) seen.add(`${isOnline} ${evses[0]?.status}`)
    await pause(20)
  }
  expect([...seen]).toEqual(['true available'])
  expect(gateway.turnedAway).toBe(0)
  expect(running.snapshot().alarms).toEqual([])
  expect(log).toEqual([])
})

it('F38: two devices answer to one address. The alarm names the address, and the neighbour is served', async () => {
  const neighbour = simulateDevice(registry.mappings.load('abb-terra-ac'), { clock: systemClock, unit: 9 })
  const bank = neighbour.units.get(9)!
  const bus = await rogueSlave('rtu', (request, socket) => {
    if (request.unit === 5) {
      // both drive the line at once: a bit is 0 where either one says 0
      const one = honestly(request)
      const other = Buffer.from(one.map((byte, at) => byte ^ (at % 3 === 2 ? 0x5a : 0)))
      socket.write(Buffer.from(one.map((byte, at) => byte & (other[at] ?? 0xff))))
      return
    }
    const { address, count, unit } = request
    if (request.functionCode !== 3) {
      socket.write(honestly(request))
      return
    }
    try {
      const words = bank.read({ kind: 'registers', unit, table: 'holding', address, count })
      const pdu = Buffer.from([3, 2 * count, ...words.flatMap((word) => [word >> 8, word & 0xff])])
      socket.write(request.wrap(pdu))
    } catch {
      socket.write(request.wrap(Buffer.from([0x83, 2])))
    }
  })
  onTestFinished(() => bus.close())
  const log: string[] = []
  const running = await site(
    `buses: {cellar: {connect: "rtu+tcp://127.0.0.1:${bus.port}", baud: 19200, format: 8E1}}
circuits: {house: {limit: 63 A}}
stations:
  A: {mapping: abb-terra-ac, bus: cellar, unit: 5, circuit: house, authorize: free}
  B: {mapping: abb-terra-ac, bus: cellar, unit: 9, circuit: house, authorize: free}
`,
    log,
    300,
  )
  await until(() => running.snapshot().alarms.some(({ about }) => about === 'A'))
  await until(() => running.snapshot().stations.some(({ id, online }) => id === 'B' && online))
  const alarm = running.snapshot().alarms.find(({ about }) => about === 'A')
  expect(alarm?.text).toContain('unit 5')
  expect(running.snapshot().stations.find(({ id }) => id === 'B')?.evses[0]?.pilot).not.toBeNull()
})
