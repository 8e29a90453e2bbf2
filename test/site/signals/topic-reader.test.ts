/** An energy manager over MQTT, through a real broker. The clock is twenty times as fast as the day. */
import { onTestFinished, expect, it } from 'vitest'
import type { DocumentLink } from '../../../src/model/driver.ts'
import type { SignalConfig } from '../../../src/config/site-config.ts'
import { LinkPool } from '../../../src/site/link-pool.ts'
import { silentLog } from '../../../src/site/log.ts'
import { createRegistry } from '../../../src/site/registry.ts'
import { SiteSignals } from '../../../src/site/signals/site-signals.ts'
import { until } from '../../chain/chain.ts'
import { MemoryLedger } from '../../ocpp/station/memory-ledger.ts'
import { FastClock } from '../../peers/fast-clock.ts'
import { mosquitto, startBroker } from '../../peers/mosquitto.ts'
import { describeWithPeers } from '../../peers/require-peer.ts'
import { circuit } from './balance-input.ts'

const TOPIC = 'site/limit'
const EXPIRES_MS = 15_000

async function open() {
  const broker = await startBroker()
  const clock = new FastClock(20)
  const url = `mqtt://127.0.0.1:${broker.port}`
  const registry = createRegistry()
  const memory = new MemoryLedger()
  const ems = registry.driverOf(url).open(url, { clock, random: () => 0.5, serial: null, echo: false }) as DocumentLink
  const signal: SignalConfig = {
    id: 'ems',
    source: 'ems',
    circuitId: 'house',
    priority: 2,
    expiresMs: EXPIRES_MS,
    way: {
      kind: 'mqtt',
      topic: TOPIC,
      address: { connect: url, serial: null, echo: false, unit: null, login: null, key: null },
    },
  }
  const running: { signals: SiteSignals; links: LinkPool }[] = []
  const begin = async (): Promise<SiteSignals> => {
    const links = new LinkPool({ registry, clock, random: () => 0.5 })
    const signals = new SiteSignals({
      signals: [signal],
      circuits: [circuit('house')],
      links,
      clock,
      log: silentLog,
      ledger: memory.process().ledger,
      guaranteedWatts: () => null,
      onChange: () => {},
    })
    running.push({ signals, links })
    await signals.start()
    return signals
  }
  const end = async (): Promise<void> => {
    for (const { signals, links } of running.splice(0)) {
      await signals.stop()
      await links.close()
    }
  }
  onTestFinished(async () => {
    await end()
    await ems.close()
    await broker.remove()
    clock.stop()
  })
  const say = async (message: unknown, retain = false): Promise<void> => {
    const timing = { timeoutMs: 60_000, pauseMs: 0, retries: 0, connectDelayMs: 0 }
    const payload = typeof message === 'string' ? message : JSON.stringify(message)
    const options = { timing, urgency: 'normal', signal: new AbortController().signal } as const
    await ems.tell({ kind: 'publish', topic: TOPIC, payload, retain }, options)
  }
  return { broker, clock, say, begin, end }
}

const held = (signals: SiteSignals) =>
  signals.inForce().map(({ maxAmps, carsMaxWatts }) => maxAmps?.L1 ?? `${carsMaxWatts} W`)
const holds = (signals: SiteSignals, value: number | string | null): Promise<void> =>
  until(`${value} is what holds`, () => held(signals)[0] === (value ?? undefined))
const kinds = (signals: SiteSignals): readonly string[] => signals.alarms().map(({ kind }) => kind)

describeWithPeers('over a real broker', [mosquitto], () => {
  it('a message holds, the next one replaces it, `clear` takes it back', async () => {
    const { say, begin } = await open()
    const signals = await begin()
    // nothing was subscribed before: what is not retained is heard from now on
    await say({ amps: 63 }, true)
    await holds(signals, 63)
    await say({ power_kw: 30, for: 600 })
    await holds(signals, '30000 W')
    expect(signals.view()).toMatchObject({
      limits: [{ id: 'ems', source: 'ems', circuit: 'house', priority: 2, by: `MQTT topic ${TOPIC}` }],
      signals: [{ id: 'ems', way: 'mqtt', problem: null }],
    })
    await say({ clear: true })
    await holds(signals, null)
    expect(signals.alarms()).toEqual([])
  })

  it('holds while it is repeated; when nothing more comes for `expires` it is gone, with an alarm until the next one', async () => {
    const { say, begin, clock } = await open()
    const signals = await begin()
    await say({ amps: 20 }, true)
    await holds(signals, 20)
    const from = clock.monotonic()
    while (clock.monotonic() - from < 2 * EXPIRES_MS) {
      await say({ amps: 20 })
      expect(held(signals)).toEqual([20])
      await clock.sleep(4000, new AbortController().signal)
    }
    const lastAt = clock.monotonic()
    await holds(signals, null)
    expect(clock.monotonic() - lastAt).toBeGreaterThan(EXPIRES_MS / 2)
    expect(kinds(signals)).toEqual(['signal-silent'])
    await say({ amps: 25 })
    await holds(signals, 25)
    expect(kinds(signals)).toEqual([])
    // all that was one command
    const { commands } = await signals.proofs(0, clock.now())
    expect(commands[0]?.endReason).toBe('nothing more was heard')
  })

  it('what is not understood changes nothing and is an alarm until something is', async () => {
    const { say, begin } = await open()
    const signals = await begin()
    await say({ amps: 20 }, true)
    await holds(signals, 20)
    await say('twenty')
    await until('the alarm', () => kinds(signals).includes('signal-misunderstood'))
    expect(held(signals)).toEqual([20])
    expect(signals.alarms()[0]?.text).toContain('it is not JSON')
    await say({ amps: 21 })
    await holds(signals, 21)
    expect(kinds(signals)).toEqual([])
  })

  it('a broker that is away is an alarm; the limit goes on', async () => {
    const { say, begin, broker } = await open()
    const signals = await begin()
    await say({ amps: 20, for: 3600 }, true)
    await holds(signals, 20)
    await broker.stop()
    await until('the alarm', () => kinds(signals).includes('signal-unreachable'))
    expect(held(signals)).toEqual([20])
    await broker.start()
    await until('all is well', () => kinds(signals).length === 0)
  })

  it('a restart keeps what was said, and hears the end of it', async () => {
    const { say, begin, end } = await open()
    const before = await begin()
    await say({ amps: 20, for: 3600 }, true)
    await holds(before, 20)
    await say({ clear: true }, true)
    await holds(before, null)
    await say({ amps: 30, for: 3600 })
    await holds(before, 30)
    await end()

    const after = await begin()
    // from the first moment, before the broker is there; then the kept message takes it back
    expect(held(after)).toEqual([30])
    await holds(after, null)
  })
})
