/**
 * A whole site in a test's own time: the real mappings, actors, control loop and stations; the world is simulated and reached over wires
 * that the test makes silent or cuts.
 */
import { onTestFinished } from 'vitest'
import { USUAL_BALANCING } from '../../src/config/entries/balancing-entry.ts'
import type {
  DeviceAddress,
  MeterConfig,
  SiteConfig,
  ChargerConfig,
  StationConfig,
} from '../../src/config/site-config.ts'
import type { Circuit } from '../../src/model/circuit.ts'
import type { Driver, Link, RequestOptions } from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'
import { everyPhase, rotation } from '../../src/model/phase.ts'
import { createRegistry } from '../../src/site/registry.ts'
import type { RunningSite, SiteOptions } from '../../src/site/running-site.ts'
import { startSite } from '../../src/site/start-site.ts'
import type { AlarmSnapshot } from '../../src/site/snapshot.ts'
import { MemoryLedger } from '../ocpp/station/memory-ledger.ts'
import { ManualClock } from '../peers/manual-clock.ts'
import {
  type ChargerPlan,
  type CircuitPlan,
  SimulatedWorld,
  type WorldBox,
  type WorldMeter,
} from './simulated-world.ts'

const GRAIN_MS = 100
const ANSWER_MS = 10

export interface LogLine {
  readonly at: number
  readonly level: 'info' | 'warn' | 'error'
  readonly text: string
}

export interface SimulatedSite {
  readonly bridge: RunningSite
  readonly clock: ManualClock
  readonly ledger: MemoryLedger
  readonly log: readonly LogLine[]
  readonly world: SimulatedWorld
  alarm(kind: string): AlarmSnapshot | undefined
  /** Stops the bridge and starts another one on the same ledger; the world goes on as it is. */
  restart(): Promise<void>
  /** Lets the world and the bridge live on; `each` is called every 100 ms. */
  run(ms: number, each?: () => void): Promise<void>
}

export async function simulatedSite(
  circuits: readonly CircuitPlan[],
  chargers: readonly ChargerPlan[],
  over: Partial<SiteOptions> = {},
  config: Partial<SiteConfig> = {},
): Promise<SimulatedSite> {
  const clock = new ManualClock()
  const world = new SimulatedWorld(circuits, chargers, clock)
  const log: LogLine[] = []
  const note =
    (level: LogLine['level']) =>
    (_: object, text: string): void =>
      void log.push({ at: clock.monotonic(), level, text })
  const known = createRegistry()
  const driver = simulatedDriver(clock, new Map<string, WorldBox | WorldMeter>([...world.boxes, ...world.meters]))
  const ledger = new MemoryLedger()
  const begin = (): Promise<RunningSite> =>
    startSite(
      { ...siteConfig(circuits, chargers), ...config },
      {
        registry: { ...known, driverOf: () => driver },
        stateFolder: '/nowhere',
        log: { info: note('info'), warn: note('warn'), error: note('error') },
        clock,
        random: () => 0.5,
        ledger: ledger.process().ledger,
        // Round numbers in the tests; that the headroom is left free is tested with the allocator.
        balance: { headroomShare: 0 },
        ...over,
      },
    )
  let site = await begin()
  onTestFinished(() => site.stop())
  return {
    get bridge() {
      return site
    },
    async restart() {
      await site.stop()
      site = await begin()
    },
    clock,
    ledger,
    log,
    world,
    alarm: (kind) => site.snapshot().alarms.find((alarm) => alarm.kind === kind),
    async run(ms, each) {
      const until = clock.monotonic() + ms
      while (clock.monotonic() < until) {
        world.step()
        each?.()
        await clock.advance(GRAIN_MS)
      }
    },
  }
}

/** Warnings and errors that came more than once a minute, numbers aside (I6). */
export function repeatedLines(log: readonly LogLine[]): readonly string[] {
  const last = new Map<string, number>()
  const repeated = new Set<string>()
  for (const { at, level, text } of log) {
    if (level === 'info') continue
    // the first word names the device
    const [about = '', ...rest] = text.split(' ')
    const key = `${about} ${rest.join(' ').replaceAll(/\d+(\.\d+)?/g, '#')}`
    if (at - (last.get(key) ?? Number.NEGATIVE_INFINITY) < 60_000) repeated.add(text)
    last.set(key, at)
  }
  return [...repeated]
}

/** One link per device; a request takes 10 ms, or its time-out where nobody answers. */
function simulatedDriver(clock: ManualClock, ends: ReadonlyMap<string, WorldBox | WorldMeter>): Driver {
  return {
    schemes: ['sim'],
    addresses: [],
    open: (url): Link => {
      const end = ends.get(url.slice('sim:'.length))
      if (end === undefined) throw new BridgeError('LINK_BAD_URL', url)
      const reach = async (unit: number, { signal, timing }: RequestOptions): Promise<void> => {
        signal.throwIfAborted()
        if (end.state === 'refused') throw new BridgeError('LINK_UNREACHABLE', `${url}: connection refused`)
        if (end.state === 'silent' || end.state === 'unheard') {
          await clock.sleep(timing.timeoutMs * (timing.retries + 1), signal)
          throw new BridgeError('DEVICE_TIMEOUT', `${url}: unit ${unit} does not answer within ${timing.timeoutMs} ms`)
        }
        await clock.sleep(ANSWER_MS, signal)
      }
      return {
        kind: 'registers',
        url,
        state: 'open',
        counters: { requests: 0, timeouts: 0, exceptions: 0, badAnswers: 0, reconnects: 0 },
        read: async (request, options) => {
          if (end.state === 'unheard') end.bank.read(request)
          await reach(request.unit, options)
          return end.bank.read(request)
        },
        write: async (request, options) => {
          if (request.kind === 'mask') throw new BridgeError('REQUEST_INVALID', 'no mask writes here')
          if (end.state === 'unheard') end.bank.write(request)
          await reach(request.unit, options)
          end.bank.write(request)
        },
        trace: () => () => {},
        close: () => Promise.resolve(),
      }
    },
  }
}

function address(id: string): DeviceAddress {
  return { connect: `sim:${id}`, serial: null, echo: false, unit: null, login: null, key: null }
}

function siteConfig(circuits: readonly CircuitPlan[], chargers: readonly ChargerPlan[]): SiteConfig {
  return {
    name: 'Test',
    timezone: 'UTC',
    folder: '/nowhere',
    web: null,
    upstreams: [],
    balancing: USUAL_BALANCING,
    tariff: null,
    demandTarget: null,
    plan: false,
    controller: null,
    signals: [],
    circuits: circuits.map(({ id, parent, limit, meter, failSafe }): Circuit => ({
      id,
      parentId: parent ?? null,
      limitAmps: everyPhase(limit),
      meterId: meter ?? null,
      failSafeAmps: failSafe ?? 0,
      carsMaxWatts: null,
      unbalanceAmps: null,
    })),
    meters: circuits.flatMap(({ meter }): MeterConfig[] =>
      meter === undefined
        ? []
        : [
            {
              id: meter,
              mapping: 'janitza-umg604',
              options: {},
              meter: null,
              address: address(meter),
              rotation: rotation('L1L2L3'),
              reverse: false,
            },
          ],
    ),
    apiKeys: [],
    firmwareHook: null,
    transfers: { allow: [], certificateAuthorityFile: null },
    stations: chargers.map((plan): StationConfig => ({
      id: plan.id,
      chargers: [chargerConfig(plan)],
      isGroup: false,
      authorize: 'free',
      freeIdToken: 'FREE',
      upstreamIds: [],
      identity: { vendor: null, model: null, serial: null, firmware: null, meterType: null, meterSerial: null },
      startValues: {},
    })),
  }
}

function chargerConfig(plan: ChargerPlan): ChargerConfig {
  return {
    id: plan.id,
    mapping: plan.mapping ?? 'keba-p30',
    options: {},
    address: address(plan.id),
    circuitId: plan.circuit,
    connectors: null,
    rotation: rotation(plan.phases ?? 'L1L2L3'),
    maxAmps: null,
    failSafeAmps: plan.failSafe?.amps ?? 6,
    failSafeAfterSeconds: plan.failSafe?.afterSeconds ?? 30,
    priority: 1,
    softMinAmps: null,
  }
}
