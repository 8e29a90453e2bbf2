/**
 * A grid operator's contact and an energy manager, end to end: a real Modbus input and the real API on one side, chargers behind real sockets on
 * the other. The clock is twenty times as fast as the day.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { systemClock } from '../../src/model/clock.ts'
import type { RegisterBank } from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'
import { rotation } from '../../src/model/phase.ts'
import { freePort } from '../peers/python-peer.ts'
import { Box, forbidden } from './box.ts'
import { type BridgeProcess, startBridge } from './bridge-process.ts'
import { every, registry, serve, until } from './chain.ts'
import { Garage } from './garage.ts'

/** A module with relay contacts on its inputs, on a socket of its own. */
async function contactModule() {
  const inputs = [0, 0]
  const bank: RegisterBank = {
    read: ({ table, address }) => {
      const input = inputs[address]
      if (table !== 'discrete' || input === undefined)
        throw new BridgeError('DEVICE_EXCEPTION', 'there is no such input', { details: { exceptionCode: 2 } })
      return [input]
    },
    write: () => {
      throw new BridgeError('DEVICE_EXCEPTION', 'inputs are not written', { details: { exceptionCode: 1 } })
    },
  }
  const units = new Map([[1, bank]])
  const server = await serve('tcp://127.0.0.1:0', units, systemClock)
  onTestFinished(() => server.close())
  return { inputs, url: server.url, units, bank }
}

async function garageWith(signals: (url: string) => string) {
  const module = await contactModule()
  const garage = await Garage.open({ also: `signals:\n${signals(module.url)}` })
  await garage.charge(1, 'TAG-1')
  await garage.charge(2, 'TAG-2')
  await until('both boxes charge at 32 A', () => offered(garage).every((amps) => amps === 32))
  return { module, garage }
}

const offered = (garage: Garage): readonly number[] => [garage.offered(1), garage.offered(2)]
const offeredWatts = (garage: Garage): number => offered(garage).reduce((sum, amps) => sum + amps * 3 * 230, 0)
const whys = (garage: Garage): readonly string[] =>
  garage.site
    .snapshot()
    .stations.slice(0, 2)
    .map(({ evses }) => evses[0]?.why ?? '')

it('a contact of the grid operator closes: the set-points are lower and say why; it opens: they rise again', async () => {
  const { module, garage } = await garageWith(
    (url) => `  ripple: {source: dso, circuit: house, connect: "${url}", at: 0, power: 20 kW}`,
  )
  module.inputs[0] = 1
  await until('the limit holds', () => garage.site.limits.view().limits.length === 1)
  await until('the set-points are lower', () => offeredWatts(garage) <= 20_000)
  expect(whys(garage)).toEqual(
    Array.from({ length: 2 }, () => 'the cars of circuit house may take 20.0 kW by the grid operator'),
  )
  await until('the cars follow', () => {
    const [first, second] = garage.boxes
    return (first.draws('L1') + second.draws('L1')) * 3 * 230 <= 20_000
  })
  const log = async () => (await garage.site.limits.proofs(0, garage.clock.now())).commands
  await until('that is in the log', async () => (await log())[0]?.reachedAfterMs !== null)

  module.inputs[0] = 0
  await until('both boxes charge at 32 A again', () => offered(garage).every((amps) => amps === 32))
  expect(whys(garage).some((why) => why.includes('grid operator'))).toBe(false)

  const commands = await log()
  expect(commands).toMatchObject([
    {
      source: 'dso',
      command: { by: 'contact ripple', limitId: 'ripple', carsMaxWatts: 20_000, guaranteedWatts: 10_500 },
      endReason: 'the contact is off',
      exceededMinutes: 0,
    },
  ])
  const [command] = commands
  expect(command?.setAfterMs).toBeLessThan(10_000)
  expect(command?.reachedAfterMs).toBeLessThan(20_000)
  for (const box of garage.boxes) expect(forbidden(box)).toEqual([])
})

it('section 14a: the contact leaves what the formula gives for the chargers that are there', async () => {
  const { module, garage } = await garageWith(
    (url) => `  dim: {source: dso, circuit: house, connect: "${url}", at: 1, section-14a: true}`,
  )
  module.inputs[1] = 1
  // three chargers: 4.2 kW + 2 x 0.75 x 4.2 kW
  await until('10.5 kW hold', () => garage.site.limits.view().limits[0]?.kW === 10.5)
  await until('the set-points are lower', () => offeredWatts(garage) <= 10_500)
  expect(offered(garage).every((amps) => amps === 0 || amps >= 6)).toBe(true)
  expect(offeredWatts(garage)).toBeGreaterThan(0)
})

it('the lowest of grid operator, energy manager and operator binds, and each is named', async () => {
  const { module, garage } = await garageWith(
    (url) => `  ripple: {source: dso, circuit: house, connect: "${url}", at: 0, power: 21 kW}
  ems: {source: ems, circuit: house, priority: 9}
  boss: {source: operator, circuit: house}`,
  )
  const { limits } = garage.site
  const named = (who: string): Promise<void> =>
    until(`${who} is named`, () => whys(garage).every((why) => why.endsWith(`by the ${who}`)))
  module.inputs[0] = 1
  await limits.set('plan', { signal: 'ems', amps: 28, forSeconds: 60 }, 'a test')
  await limits.set('wish', { signal: 'boss', kW: 16 }, 'a test')
  await until('16 kW hold', () => offeredWatts(garage) <= 16_000)
  await named('operator')
  await limits.end('wish', 'a test')
  await until('28 A hold', () => offeredWatts(garage) > 16_000)
  await named('energy manager')
  expect(offered(garage).reduce((sum, amps) => sum + amps, 0)).toBeLessThanOrEqual(28)
  await until('its time is over', () => limits.view().limits.length === 1)
  await until('21 kW hold', () => offered(garage).reduce((sum, amps) => sum + amps, 0) > 28)
  await named('grid operator')
  expect(offeredWatts(garage)).toBeLessThanOrEqual(21_000)
})

/** Processes start slowly on a machine that is busy with other tests. */
const LONG_MS = 30_000

it('a power cut while limits hold: the bridge comes back with them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ampbridge-limits-'))
  const module = await contactModule()
  const box = new Box({ id: 'CP-1', mapping: 'keba-p30', registry, clock: systemClock, rotation: rotation('L1L2L3') })
  const server = await serve('tcp://127.0.0.1:0', box.units, systemClock)
  const stopTicks = every(systemClock, 50, () => box.tick())
  const port = await freePort()
  const api = `http://127.0.0.1:${port}/api/v1/limits`
  await mkdir(join(folder, 'secrets'))
  await writeFile(join(folder, 'secrets', 'boss'), 'boss-key-0123456789')
  await writeFile(
    join(folder, 'site.yaml'),
    `site: {name: Cut}
circuits: {house: {limit: 100 A}}
stations:
  CP-1: {mapping: keba-p30, connect: "${server.url}", circuit: house, authorize: free}
signals:
  ripple: {source: dso, circuit: house, connect: "${module.url}", at: 0, power: 15 kW}
  boss: {source: operator, circuit: house}
web: {listen: "127.0.0.1:${port}"}
api: {keys: {boss: {secret: boss, allow: [limit]}}}
`,
  )
  const bridges: BridgeProcess[] = []
  const start = (): void => void bridges.push(startBridge(folder))
  const kill = async (): Promise<void> => {
    bridges.at(-1)?.kill('SIGKILL')
    await bridges.at(-1)?.ended
  }
  onTestFinished(async () => {
    await kill()
    await stopTicks()
    await server.close()
    await rm(folder, { recursive: true })
  })
  const seen = async (): Promise<
    readonly { readonly id: string; readonly until: string | null; readonly by: string }[]
  > => {
    const answer = await fetch(api).catch(() => null)
    return answer === null ? [] : ((await answer.json()) as { limits: never[] }).limits
  }
  const amps = (): number => box.connector.orders.offeredAmps

  const ready = async (): Promise<boolean> =>
    (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.status === 200

  start()
  await until('the bridge runs', ready, LONG_MS)
  box.charger.plug({ phases: 3, maxAmps: 32, energyWantedWh: 40_000 })
  await until('it charges at 32 A', () => amps() === 32, LONG_MS)
  const set = await fetch(`${api}/night`, {
    method: 'PUT',
    headers: { authorization: 'Bearer boss-key-0123456789', 'content-type': 'application/json' },
    body: JSON.stringify({ kW: 10, forSeconds: 3600 }),
  })
  expect(await set.json()).toMatchObject({ outcome: 'set', stored: true })
  await until('10 kW hold', () => amps() > 0 && amps() * 690 <= 10_000, LONG_MS)
  module.inputs[0] = 1
  const told = async (): Promise<readonly { readonly command: { readonly limitId: string } }[]> =>
    ((await (await fetch(`${api}/log`)).json()) as { commands: never[] }).commands
  await until('the contact is read and stored', async () => (await told()).length === 2, LONG_MS)
  const before = await seen()
  await kill()

  // The contact cannot be read when the bridge comes back.
  module.units.clear()
  start()
  await until('the bridge is back', ready, LONG_MS)
  const after = await seen()
  expect(after.map(({ id, until: end }) => [id, end])).toEqual(before.map(({ id, until: end }) => [id, end]))
  const asked = box.connector.orders.heardAt ?? 0
  await until('the box is asked', () => (box.connector.orders.heardAt ?? 0) > asked, LONG_MS)
  const end = performance.now() + 2500
  let highest = 0
  while (performance.now() < end) {
    highest = Math.max(highest, amps())
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  expect(highest * 690).toBeLessThanOrEqual(10_000)

  expect(await told()).toMatchObject(
    ['night', 'ripple'].map((limitId) => ({ command: { limitId }, takenUpAt: [expect.any(String)], endedAt: null })),
  )
}, 120_000)
