/**
 * P7, RTU bus: 32 slaves on one wire, 20 registers each, answered 5 ms after the question by a server that takes as long as the wire
 * would. Beside it the wire's own limit: characters, silences and turnarounds. Then one slave is dead. And the plan of each shipped
 * mapping beside the best plan there is.
 */
import { modbusDriver, modbusServer } from '../drivers/modbus/index.ts'
import { createDevice, mappingLibrary, type MappedDevice } from '../src/mapping/index.ts'
import { type PlanItem, planItems, planLimits, planRequests } from '../src/mapping/device/plan.ts'
import { systemClock } from '../src/model/clock.ts'
import type { RegisterBank } from '../src/model/driver.ts'
import { BridgeError } from '../src/model/errors.ts'
import { DeviceActor } from '../src/site/device/device-actor.ts'
import { silentLog } from '../src/site/log.ts'
import { benchMapping, BLOCK_REGISTERS, blockWords } from './bench-mapping.ts'
import { atMost, type Benchmark, type BenchContext, type Row } from './benchmark.ts'
import { startChild } from './child.ts'
import { median, pause } from './statistics.ts'

const SLAVES = 32
const TURNAROUND_MS = 5
/** 8N1. */
const BITS = 10
const FORMAT = '8N1'

interface Bus {
  readonly baud: number
}

/** Units 1 to 32 behind one wire. */
export async function pacedSlaves({ baud }: Bus) {
  const words = blockWords()
  const bank: RegisterBank = { read: ({ address, count }) => words.slice(address, address + count), write: () => {} }
  const units = new Map(Array.from({ length: SLAVES }, (_, index) => [index + 1, bank]))
  const server = await modbusServer.listen('rtu+tcp://127.0.0.1:0', units, {
    clock: systemClock,
    serial: { baud, format: FORMAT },
    answerDelayMs: TURNAROUND_MS,
  })
  return { url: async () => server.url }
}

export async function busMaster({ baud, url }: Bus & { readonly url: string }) {
  const { signal } = new AbortController()
  const link = modbusDriver.open(url, {
    clock: systemClock,
    random: Math.random,
    serial: { baud, format: FORMAT },
    echo: false,
  })
  const mapping = benchMapping()
  const deviceOf = (unit: number): MappedDevice =>
    createDevice(mapping, link, { clock: systemClock, unit, serialBaud: baud })
  return {
    /** The time of each cycle over all slaves, ms. */
    cycles: async (count: number) => {
      const devices = Array.from({ length: SLAVES }, (_, index) => deviceOf(index + 1))
      const times: number[] = []
      for (let turn = 0; turn < count; turn++) {
        const started = performance.now()
        await Promise.all(devices.map((device) => device.poll('fast', signal)))
        times.push(performance.now() - started)
      }
      return times
    },
    /** Readings in `ms` of 31 healthy slaves that are polled as fast as the wire allows, with or without a dead one beside them. */
    readings: async ({ ms, dead }: { readonly ms: number; readonly dead: boolean }) => {
      let readings = 0
      const units = Array.from({ length: SLAVES - 1 }, (_, index) => index + 1)
      const actors = (dead ? [...units, DEAD_UNIT] : units).map(
        (unit) =>
          new DeviceActor({
            name: `unit ${unit}`,
            device: deviceOf(unit),
            clock: systemClock,
            log: silentLog,
            pulse: { stoodStillSince: () => false, onReturn: () => () => {} },
            pollMs: 1,
            fullPollMs: () => 3_600_000,
            onConnected: () => {},
            onReadings: () => void readings++,
            prepare: () => Promise.resolve(),
            onOnline: () => {},
            onOffline: () => {},
          }),
      )
      for (const actor of actors) actor.start()
      await pause(SETTLE_MS)
      readings = 0
      const started = performance.now()
      await pause(ms)
      const rate = (readings / (performance.now() - started)) * 1000
      await Promise.all(actors.map((actor) => actor.stop()))
      return rate
    },
  }
}

const DEAD_UNIT = 77
/** Until all are online and the dead one has been given up once. */
const SETTLE_MS = 4000

/** One read of `registers`: 8 characters there, 5 and the registers back, two silences, the slave's own time. */
function readMs(registers: number, baud: number, turnaroundMs = TURNAROUND_MS): number {
  const characterMs = (BITS * 1000) / baud
  const silenceMs = baud > 19_200 ? 1.75 : 3.5 * characterMs
  return (13 + 2 * registers) * characterMs + 2 * silenceMs + turnaroundMs
}

async function run({ quick, progress }: BenchContext): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const [baud, limit, turns] of [
    [9600, 1.1, 4],
    [19_200, 1.1, 7],
    [115_200, 1.25, 25],
  ] as const) {
    progress(`${baud} baud`)
    const slaves = await startChild(import.meta.url, pacedSlaves, { baud })
    const url = await slaves.ask('url')
    const master = await startChild(import.meta.url, busMaster, { baud, url })
    await master.ask('cycles', 1)
    const cycleMs = median(await master.ask('cycles', quick ? 2 : turns))
    const formulaMs = SLAVES * readMs(BLOCK_REGISTERS, baud)
    rows.push({
      what: `cycle at ${baud} baud`,
      ours: { value: cycleMs, unit: 'ms' },
      beside: { name: 'wire', value: formulaMs, unit: 'ms' },
      ratio: cycleMs / formulaMs,
      target: atMost(limit),
    })
    if (baud !== 9600) {
      progress(`${baud} baud, one dead`)
      const healthy = await master.ask('readings', { ms: quick ? 2000 : 10_000, dead: false })
      const withDead = await master.ask('readings', { ms: quick ? 4000 : 28_000, dead: true })
      rows.push({
        what: `31 healthy beside a dead one, ${baud} baud`,
        ours: { value: withDead, unit: 'reads/s' },
        beside: { name: 'without it', value: healthy, unit: '' },
        ratio: healthy / withDead,
        target: atMost(1.05),
      })
    }
    await master.stop()
    await slaves.stop()
  }
  rows.push(planRow())
  return rows
}

/** The plan that costs most over the best one, of all shipped mappings at the speed that their devices have. */
function planRow(): Row {
  const library = mappingLibrary()
  const costs = library.list().map(({ name }) => {
    const mapping = library.load(name)
    const baud = mapping.transport.serial?.baud ?? 9600
    const turnaround = TURNAROUND_MS + mapping.transport.pauseMs
    const { maxRead } = mapping.transport
    const items = planItems(mapping, mapping.transport.unit, 1)
    const requests = planRequests(items, planLimits(mapping, 'rtu:', baud), new Set())
    const ours = requests.reduce((sum, { count }) => sum + readMs(count, baud, turnaround), 0)
    // A device that does not allow gaps says so in its file; then the best plan may not read over them either.
    const hole = mapping.transport.maxHole ?? Number.POSITIVE_INFINITY
    return { name, ours, best: bestCost(items, maxRead, hole, (count) => readMs(count, baud, turnaround)) }
  })
  const worst = costs.toSorted((a, b) => b.ours / b.best - a.ours / a.best)[0]
  if (worst === undefined) throw new BridgeError('MAPPING_UNKNOWN', 'there is no mapping')
  return {
    what: `requests of ${costs.length} mappings, worst: ${worst.name}`,
    ours: { value: worst.ours, unit: 'ms' },
    beside: { name: 'best plan', value: worst.best, unit: 'ms' },
    // Sums in another order differ in the last binary digit.
    ratio: Number((worst.ours / worst.best).toFixed(9)),
    target: atMost(1),
  }
}

/** The cheapest way to cut sorted items into blocks, group by group. */
function bestCost(
  items: readonly PlanItem[],
  maxRead: number,
  maxHole: number,
  cost: (registers: number) => number,
): number {
  const groups = Map.groupBy(items, ({ unit, table }) => `${unit} ${table}`)
  let sum = 0
  for (const group of groups.values()) {
    const sorted = group.toSorted((a, b) => a.address - b.address || a.count - b.count)
    const best = [0]
    for (let end = 1; end <= sorted.length; end++) {
      let cheapest = Number.POSITIVE_INFINITY
      let reach = 0
      for (let from = end - 1; from >= 0; from--) {
        const first = sorted[from]
        const next = sorted[from + 1]
        if (first === undefined) break
        const hole = next === undefined || from === end - 1 ? 0 : next.address - (first.address + first.count)
        reach = Math.max(reach, first.address + first.count)
        if (hole > maxHole || reach - first.address > Math.max(maxRead, first.count)) break
        cheapest = Math.min(cheapest, (best[from] ?? 0) + cost(reach - first.address))
      }
      best.push(cheapest)
    }
    sum += best.at(-1) ?? 0
  }
  return sum
}

export const p7RtuBus: Benchmark = { id: 'P7', title: 'RTU bus: 32 slaves, 20 registers, 5 ms turnaround, 8N1', run }
