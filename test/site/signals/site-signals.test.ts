/** Signals of a site together: what contacts say becomes limits, alarms say what cannot be heard, and a restart keeps what held. */
import { onTestFinished, describe, expect, it } from 'vitest'
import type { ContactWay, SignalConfig } from '../../../src/config/site-config.ts'
import type { Link, RegisterLink } from '../../../src/model/driver.ts'
import { BridgeError } from '../../../src/model/errors.ts'
import { everyPhase } from '../../../src/model/phase.ts'
import { silentLog } from '../../../src/site/log.ts'
import { SiteSignals } from '../../../src/site/signals/site-signals.ts'
import { MemoryLedger } from '../../ocpp/station/memory-ledger.ts'
import { ManualClock } from '../../peers/manual-clock.ts'
import { circuit } from './balance-input.ts'

const contact = (id: string, at: number, over: Partial<ContactWay> = {}): SignalConfig => ({
  id,
  source: 'dso',
  circuitId: 'garage',
  priority: 1,
  expiresMs: null,
  way: {
    kind: 'contact',
    address: { connect: 'tcp://module:502', serial: null, echo: false, unit: null, login: null, key: null },
    table: 'discrete',
    at,
    bit: null,
    inverted: false,
    carsMaxWatts: 30_000,
    maxAmps: null,
    section14a: false,
    ...over,
  },
})
const API: SignalConfig = {
  id: 'api',
  source: 'operator',
  circuitId: 'house',
  priority: 1,
  expiresMs: null,
  way: { kind: 'api' },
}

interface World {
  readonly clock: ManualClock
  readonly memory: MemoryLedger
  /** What the module's inputs read, by address; null: it does not answer. */
  inputs: number[] | null
  guaranteed: number | null
  readonly lines: string[]
}

const newWorld = (): World => ({
  clock: new ManualClock(),
  memory: new MemoryLedger(),
  inputs: [0, 0],
  guaranteed: 10_500,
  lines: [],
})

async function start(
  signals: readonly SignalConfig[],
  world = newWorld(),
  circuits = ['house', 'garage'],
  broker: Link | null = null,
) {
  const { clock, memory } = world
  const link: RegisterLink = {
    kind: 'registers',
    url: 'tcp://module:502',
    state: 'open',
    counters: { requests: 0, timeouts: 0, exceptions: 0, badAnswers: 0, reconnects: 0 },
    read: async ({ unit, address }, { signal }) => {
      await clock.sleep(10, signal)
      if (world.inputs === null) throw new BridgeError('DEVICE_TIMEOUT', `unit ${unit} does not answer`)
      return [world.inputs[address] ?? 0]
    },
    write: () => Promise.reject(new BridgeError('REQUEST_INVALID', 'nothing is written here')),
    trace: () => () => {},
    close: () => Promise.resolve(),
  }
  const opened: string[] = []
  const site = new SiteSignals({
    signals,
    circuits: circuits.map((id) => circuit(id, id === 'house' ? null : 'house')),
    links: {
      open: ({ connect }): Link => {
        opened.push(connect)
        return broker ?? link
      },
    },
    clock,
    log: { ...silentLog, info: (_, text) => void world.lines.push(text) },
    ledger: memory.process().ledger,
    guaranteedWatts: () => world.guaranteed,
    onChange: () => {},
  })
  await site.start()
  onTestFinished(() => site.stop())
  const held = () => site.inForce().map(({ id, maxAmps, carsMaxWatts }) => [id, maxAmps?.L1 ?? null, carsMaxWatts])
  return { site, held, opened, ...world, world }
}

describe('a contact', () => {
  it('limits while it is on', async () => {
    const { held, clock, world } = await start([contact('ripple', 0)])
    await clock.advance(1500)
    expect(held()).toEqual([])
    world.inputs = [1]
    await clock.advance(1000)
    expect(held()).toEqual([['ripple', null, 30_000]])
    world.inputs = [0]
    await clock.advance(1000)
    expect(held()).toEqual([])
  })

  it('may mean a current, or what section 14a leaves', async () => {
    const fuse = contact('fuse', 0, { carsMaxWatts: null, maxAmps: 50 })
    const dim = contact('dim', 1, { carsMaxWatts: null, section14a: true })
    const { held, clock, world } = await start([fuse, dim])
    world.inputs = [1, 1]
    await clock.advance(1500)
    expect(held()).toEqual([
      ['dim', null, 10_500],
      ['fuse', 50, null],
    ])
  })

  it('of section 14a limits nothing where nothing is controllable', async () => {
    const world = { ...newWorld(), guaranteed: null, inputs: [1] }
    const { held, clock } = await start([contact('dim', 0, { carsMaxWatts: null, section14a: true })], world)
    await clock.advance(1500)
    expect(held()).toEqual([])
  })

  it('that cannot be read for a minute counts as active, with an alarm until it is read again', async () => {
    const { site, held, clock, world } = await start([contact('ripple', 0)])
    await clock.advance(1500)
    world.inputs = null
    await clock.advance(62_000)
    expect(held()).toEqual([['ripple', null, 30_000]])
    expect(site.alarms()).toMatchObject([{ kind: 'signal-silent', about: 'ripple' }])
    expect(site.view()).toMatchObject({
      limits: [{ by: 'contact ripple, which cannot be read' }],
      signals: [{ id: 'ripple', contact: 'presumed', problem: 'unit 1 does not answer' }],
    })
    world.inputs = [0]
    await clock.advance(11_000)
    expect([held(), site.alarms()]).toEqual([[], []])
  })

  it('cannot be taken back or replaced over the API', async () => {
    const { site, held, clock, world } = await start([contact('ripple', 0), API])
    world.inputs = [1]
    await clock.advance(1500)
    expect(await site.end('ripple', 'somebody')).toBe('taken')
    expect(await site.set('ripple', { kW: 100 }, 'somebody')).toMatchObject({ outcome: 'taken' })
    expect(held()).toEqual([['ripple', null, 30_000]])
  })
})

async function restarted(
  before: Awaited<ReturnType<typeof start>>,
  signals: readonly SignalConfig[],
  circuits?: string[],
) {
  await before.site.stop()
  return start(signals, before.world, circuits)
}

describe('a restart', () => {
  it('while the contact is on: it counts as on from the first moment, until it is read', async () => {
    const before = await start([contact('ripple', 0)])
    before.world.inputs = [1]
    await before.clock.advance(1500)
    const after = await restarted(before, [contact('ripple', 0)])
    expect(after.held()).toEqual([['ripple', null, 30_000]])
    before.world.inputs = [0]
    await after.clock.advance(1500)
    expect(after.held()).toEqual([])
  })

  it('with another power in the site file: the new one holds once it is read', async () => {
    const before = await start([contact('ripple', 0)])
    before.world.inputs = [1]
    await before.clock.advance(1500)
    const after = await restarted(before, [contact('ripple', 0, { carsMaxWatts: 20_000 })])
    expect(after.held()).toEqual([['ripple', null, 30_000]])
    await after.clock.advance(1500)
    expect(after.held()).toEqual([['ripple', null, 20_000]])
  })

  it('keeps what the API set under the name of its signal', async () => {
    const before = await start([API])
    await before.site.set('api', { amps: 40 }, 'API key ems')
    expect((await restarted(before, [API])).held()).toEqual([['api', 40, null]])
  })

  it('keeps what the API set, for as long as it was meant', async () => {
    const before = await start([API])
    await before.site.set('peak', { amps: 40, forSeconds: 600 }, 'API key ems')
    await before.clock.advance(300_000)
    const after = await restarted(before, [API])
    expect(after.held()).toEqual([['peak', 40, null]])
    await after.clock.advance(300_000)
    expect(after.held()).toEqual([])
  })

  it.each([
    ['the signal', [], undefined],
    ['the circuit', [API], ['garage']],
  ])('without %s: the limit ends, and the log of limits says why', async (what, signals, circuits) => {
    const before = await start([API])
    await before.site.set('peak', { amps: 40 }, 'API key ems')
    const after = await restarted(before, signals, circuits)
    expect(after.held()).toEqual([])
    await after.clock.settle()
    const [command] = (await after.site.proofs(0, after.clock.now())).commands
    expect(command?.endReason).toBe(`its ${what.slice(4)} is no longer in the site file`)
  })

  it('tells the log of limits that nobody measured in between', async () => {
    const before = await start([contact('ripple', 0)])
    before.world.inputs = [1]
    await before.clock.advance(1500)
    const after = await restarted(before, [contact('ripple', 0)])
    await after.clock.advance(1500)
    const { commands } = await after.site.proofs(0, after.clock.now())
    expect(commands).toMatchObject([{ source: 'dso', command: { by: 'contact ripple' }, endedAt: null }])
    expect(commands[0]?.takenUpAt.length).toBe(1)
  })
})

/** A broker on which nothing is ever said. */
const SILENT_BROKER: Link = {
  kind: 'documents',
  url: 'mqtt://broker:1883',
  state: 'open',
  counters: { requests: 0, timeouts: 0, exceptions: 0, badAnswers: 0, reconnects: 0 },
  ask: () => Promise.reject(new BridgeError('DEVICE_TIMEOUT', 'nothing was said yet')),
  tell: () => Promise.reject(new BridgeError('REQUEST_INVALID', 'nothing is told here')),
  trace: () => () => {},
  close: () => Promise.resolve(),
}

it.each([
  ['without `expires`: its end was told, and is no silence', null, []],
  ['with `expires`: that nothing more was heard may be why it ends', 900_000, ['signal-silent']],
])('a message of before the restart, %s', async (_, expiresMs, alarms) => {
  const address = { connect: 'mqtt://broker', serial: null, echo: false, unit: null, login: null, key: null }
  const topic: SignalConfig = {
    ...API,
    id: 'ems',
    source: 'ems',
    expiresMs,
    way: { kind: 'mqtt', topic: 'a', address },
  }
  const world = newWorld()
  const since = world.clock.now()
  const until = since + 60_000
  await world.memory.process().ledger.saveLimit({
    id: 'ems',
    source: 'ems',
    circuitId: 'house',
    maxAmps: everyPhase(40),
    carsMaxWatts: null,
    priority: 1,
    since,
    until,
  })
  const { site, held, clock } = await start([topic], world, undefined, SILENT_BROKER)
  expect(held()).toEqual([['ems', 40, null]])
  await clock.advance(61_000)
  expect(held()).toEqual([])
  expect(site.alarms().map(({ kind }) => kind)).toEqual(alarms)
})

it('a signal that is not of its driver’s kind is refused at the start', async () => {
  const topic: SignalConfig = {
    ...API,
    way: {
      kind: 'mqtt',
      topic: 'a',
      address: { connect: 'tcp://x', serial: null, echo: false, unit: null, login: null, key: null },
    },
  }
  await expect(start([topic])).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

it('a value that changes every second fills the log of the service no more than that of limits', async () => {
  const { site, clock, world } = await start([API])
  for (let amps = 20; amps < 50; amps++) {
    await site.set('plan', { amps }, 'API key ems')
    await clock.advance(1000)
  }
  await site.end('plan', 'API key ems')
  expect(world.lines).toEqual([
    'limit plan on circuit house: 20/20/20 A (API key ems)',
    'limit plan ended: another value came',
  ])
})

it('limits of all sources stand side by side for the core', async () => {
  const { site, clock, world } = await start([contact('ripple', 0), API])
  world.inputs = [1]
  await clock.advance(1500)
  await site.set('peak', { amps: 40 }, 'somebody')
  expect(site.inForce()).toMatchObject([
    { id: 'ripple', source: 'dso', carsMaxWatts: 30_000 },
    { id: 'peak', source: 'operator', maxAmps: everyPhase(40) },
  ])
})
