/**
 * P10, backlog: the CSMS is back after a long outage. 32 charge points deliver what the ledger kept, one message in flight each, in
 * order, while their statuses go on changing; beside raw `ws` clients that send as many messages from memory.
 */
import { createServer } from 'node:net'
import { join } from 'node:path'
import { WebSocketServer } from 'ws'
import { openLedger } from '../src/ledger/open-ledger.ts'
import type { Ledger, OutboxDraft } from '../src/ledger/ledger.ts'
import { systemClock } from '../src/model/clock.ts'
import type { StationMessage } from '../src/model/csms.ts'
import type { EvseState } from '../src/model/station.ts'
import type { Transaction } from '../src/model/transaction.ts'
import { connectRpc } from '../src/ocpp/rpc/connect.ts'
import { newId } from '../src/ocpp/station/new-id.ts'
import { VirtualStation } from '../src/ocpp/station/virtual-station.ts'
import { ocpp16 } from '../src/ocpp/v16/ocpp16.ts'
import { atLeast, atMost, type Benchmark, type BenchContext, type Row } from './benchmark.ts'
import { startChild } from './child.ts'
import { perCoreSecond } from './cpu.ts'
import { withDiskFolder } from './folder.ts'
import { METER_VALUES } from './meter-message.ts'
import { rawClients } from './p2-ocpp-out.ts'
import { PRODUCT_FLAGS } from './product-flags.ts'
import { rawCsms, textOf } from './raw-csms.ts'
import { median, pause, percentile } from './statistics.ts'

const PRODUCT = { nodeOptions: PRODUCT_FLAGS }
const STATIONS = 32
/** A night's charging at a sample every 15 minutes: one start, one end. */
const SAMPLES_PER_TRANSACTION = 48
const PER_TRANSACTION = SAMPLES_PER_TRANSACTION + 2
const POLL_MS = 250
const FIRST_AT = Date.UTC(2026, 10, 1)

const stationIds = Array.from({ length: STATIONS }, (_, index) => `CP-${index + 1}`)

interface Outage {
  readonly folder: string
  readonly transactionsEach: number
}

/** What an outage leaves in the ledger. Each message of a station is a minute younger than the one before. */
export async function outage({ folder, transactionsEach }: Outage) {
  const ledger = await openLedger(folder)
  await Promise.all(stationIds.map((stationId) => fill(ledger, stationId, transactionsEach)))
  await ledger.close()
  return {}
}

async function fill(ledger: Ledger, stationId: string, transactionsEach: number): Promise<void> {
  let at = FIRST_AT
  for (let turn = 0; turn < transactionsEach; turn++) {
    const meter = { stationId, evse: 1, lastRegisterWh: turn * 10_000, offsetWh: 0 }
    const begun: Transaction = {
      id: newId(),
      stationId,
      evse: 1,
      idToken: 'CARD',
      startedAt: (at += 60_000),
      startWh: turn * 10_000,
      endedAt: null,
      endWh: null,
      stopReason: null,
      csmsTransactionId: null,
      remoteStarted: false,
    }
    const transactionId = begun.id
    const draft = (message: StationMessage): OutboxDraft => ({
      upstreamId: 'csms',
      stationId,
      messageId: newId(),
      transactionId,
      message,
    })
    const { idToken, startWh: meterWh } = begun
    await ledger.beginTransaction(begun, meter, [
      draft({ kind: 'transaction-started', transactionId, evse: 1, idToken, reservationId: null, meterWh, at }),
    ])
    const samples = Array.from({ length: SAMPLES_PER_TRANSACTION }, () =>
      draft(samplesAt((at += 60_000), transactionId)),
    )
    await ledger.recordSamples(null, samples)
    const ended: Transaction = { ...begun, endedAt: (at += 60_000), endWh: meterWh + 9000, stopReason: 'local' }
    await ledger.endTransaction(ended, meter, [
      draft({
        kind: 'transaction-ended',
        transactionId,
        evse: 1,
        idToken,
        meterWh: meterWh + 9000,
        at,
        reason: 'local',
        samples: [],
      }),
    ])
  }
}

function samplesAt(at: number, transactionId: string): StationMessage {
  const samples = METER_VALUES.kind === 'meter-values' ? METER_VALUES.samples : []
  return { kind: 'meter-values', evse: 1, transactionId, samples: samples.map((sample) => ({ ...sample, at })) }
}

interface Port {
  readonly port: number
}

interface Payload {
  readonly timestamp?: string
  readonly transactionId?: number
  readonly meterValue?: readonly { readonly timestamp: string }[]
}

/** Takes everything and checks that nothing is doubled, out of order or booked on another transaction. */
export async function recordingCsms({ port }: Port) {
  const seen = new Set<string>()
  const newest = new Map<string, { at: number; transactionId: number }>()
  const delaysMs: number[] = []
  let taken = 0
  let faults = 0
  let transactionId = 0
  let server: WebSocketServer | null = null
  const take = (station: string, id: string, action: string, payload: Payload): object => {
    switch (action) {
      case 'BootNotification':
        return { status: 'Accepted', currentTime: new Date().toISOString(), interval: 3600 }
      case 'StatusNotification':
        // The first statuses are told as the connection opens: they waited for it, not for the backlog.
        if (taken > STATIONS) delaysMs.push(Date.now() - Date.parse(payload.timestamp ?? ''))
        return {}
      case 'StartTransaction':
      case 'MeterValues':
      case 'StopTransaction': {
        const at = Date.parse(payload.timestamp ?? payload.meterValue?.[0]?.timestamp ?? '')
        const before = newest.get(station)
        const isStart = action === 'StartTransaction'
        if (seen.has(id) || (before !== undefined && at <= before.at)) faults++
        if (!isStart && payload.transactionId !== before?.transactionId) faults++
        seen.add(id)
        const current = isStart ? ++transactionId : (before?.transactionId ?? 0)
        newest.set(station, { at, transactionId: current })
        taken++
        return isStart
          ? { transactionId: current, idTagInfo: { status: 'Accepted' } }
          : action === 'MeterValues'
            ? {}
            : { idTagInfo: { status: 'Accepted' } }
      }
      default:
        return {}
    }
  }
  return {
    open: () =>
      new Promise<void>((resolve) => {
        server = new WebSocketServer({ port, host: '127.0.0.1', perMessageDeflate: false }, resolve)
        server.on('connection', (socket, request) => {
          const station = request.url ?? ''
          socket.on('message', (data) => {
            const [type, id, action, payload] = JSON.parse(textOf(data)) as [number, string, string, Payload]
            if (type === 2) socket.send(JSON.stringify([3, id, take(station, id, action, payload)]))
          })
          socket.on('error', () => socket.terminate())
        })
      }),
    /** Resolves when so many messages of transactions have come. */
    taken: async (wanted: number) => {
      const isThere = (): boolean => taken >= wanted
      while (!isThere()) await pause(10)
    },
    facts: async () => ({ taken, faults, statuses: delaysMs.length, statusMs: percentile(delaysMs, 0.99) }),
    close: async () => server?.close(),
  }
}

interface Fleet extends Port {
  readonly folder: string
}

function rssKiB(): number {
  return process.memoryUsage.rss() / 1024
}

/** Our 32 stations on that ledger. They look for the CSMS until it is there. */
export async function returningFleet({ port, folder }: Fleet) {
  const ledger = await openLedger(folder)
  const stations = stationIds.map((id) => stationOf(id, ledger, port))
  for (const station of stations) {
    await station.start()
    station.observe(stateOf(false))
  }
  let turn = 0
  let peakKiB = 0
  let begun = { cpu: process.cpuUsage(), at: 0 }
  let timers: readonly NodeJS.Timeout[] = []
  return {
    rssKiB: async () => rssKiB(),
    begin: async () => {
      begun = { cpu: process.cpuUsage(), at: performance.now() }
      timers = [
        setInterval(() => (peakKiB = Math.max(peakKiB, rssKiB())), 50),
        // Polls, spread over the period; a car comes or goes every third time.
        setInterval(
          () => stations[turn++ % STATIONS]?.observe(stateOf(turn % (6 * STATIONS) < 3 * STATIONS)),
          POLL_MS / STATIONS,
        ),
      ]
    },
    end: async (count: number) => {
      const { user, system } = process.cpuUsage(begun.cpu)
      for (const timer of timers) clearInterval(timer)
      return { count, cpuMs: (user + system) / 1000, wallMs: performance.now() - begun.at, peakKiB }
    },
    backlog: async () => {
      let left = 0
      for (const id of stationIds) left += await ledger.backlog('csms', id)
      return left
    },
  }
}

function stationOf(id: string, ledger: Ledger, port: number): VirtualStation {
  return new VirtualStation({
    description: {
      id,
      identity: {
        vendor: 'Vendor',
        model: 'Wallbox',
        serial: null,
        firmware: null,
        meterType: null,
        meterSerial: null,
      },
      evses: [{ evse: 1, phases: 3, minAmps: 6, maxAmps: 32, stepAmps: 0.1, canUnlock: false, hasReader: false }],
    },
    authorization: { way: 'remote' },
    startValues: new Map(),
    timezone: 'UTC',
    ledger,
    clock: systemClock,
    random: Math.random,
    port: { unlock: () => Promise.resolve('not-supported'), reset: () => {}, changed: () => {} },
    upstreams: [
      {
        id: 'csms',
        version: ocpp16,
        connect: (handlers) =>
          connectRpc(
            {
              url: `ws://127.0.0.1:${port}/ocpp`,
              stationId: id,
              versions: [ocpp16],
              transport: { authorization: null, tls: {}, explain: () => null },
              clock: systemClock,
              random: Math.random,
              backOff: { waitMinimumMs: 50, randomRangeMs: 50, repeatTimes: 0 },
            },
            handlers,
          ),
      },
    ],
    onEvent: () => {},
  })
}

function stateOf(isPlugged: boolean): EvseState {
  return {
    evse: 1,
    online: true,
    quality: 'good',
    pilot: isPlugged ? 'B' : 'A',
    fault: null,
    tag: null,
    offeredAmps: 0,
    measuredAmps: [0, 0, 0],
    voltage: [230, 230, 230],
    powerW: 0,
    powersW: [0, 0, 0],
    energyWh: 10_000_000,
    sessionWh: null,
    frequencyHz: null,
    temperatureC: null,
    socPercent: null,
    at: Date.now(),
  }
}

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve) =>
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    }),
  )
}

async function run({ quick, progress }: BenchContext): Promise<readonly Row[]> {
  const transactionsEach = quick ? 6 : 63
  const messages = transactionsEach * PER_TRANSACTION * STATIONS
  return withDiskFolder(async (base) => {
    const folder = join(base, 'ledger')
    progress('the outage')
    const filler = await startChild(import.meta.url, outage, { folder, transactionsEach })
    await filler.stop()
    const plainCsms = await startChild(new URL('./raw-csms.ts', import.meta.url).href, rawCsms, { tlsFolder: null })
    const raw = await startChild(
      new URL('./p2-ocpp-out.ts', import.meta.url).href,
      rawClients,
      {
        url: await plainCsms.ask('url'),
        connections: STATIONS,
      },
      PRODUCT,
    )
    const windowMs = quick ? 700 : 2500
    await raw.ask('run', windowMs)
    const rates: number[] = []
    for (let round = 0; round < 2; round++) rates.push(perCoreSecond(await raw.ask('run', windowMs)))

    progress('the CSMS is back')
    const port = await freePort()
    const fleet = await startChild(import.meta.url, returningFleet, { port, folder }, PRODUCT)
    const csms = await startChild(import.meta.url, recordingCsms, { port })
    await pause(2000)
    const before = await fleet.ask('rssKiB')
    await csms.ask('open')
    await fleet.ask('begin')
    await csms.ask('taken', messages)
    const work = await fleet.ask('end', messages)
    await pause(500)
    const facts = await csms.ask('facts')
    const left = await fleet.ask('backlog')

    for (let round = 0; round < 2; round++) rates.push(perCoreSecond(await raw.ask('run', windowMs)))
    for (const child of [fleet, csms, raw, plainCsms]) await child.stop()
    const rawRate = median(rates)
    const ours = perCoreSecond(work)
    return [
      {
        what: `${messages} messages of ${STATIONS} stations`,
        ours: { value: ours, unit: 'messages/core-s' },
        beside: { name: 'raw ws', value: rawRate, unit: '' },
        ratio: ours / rawRate,
        target: atLeast(0.6),
        note: `${(work.wallMs / 1000).toFixed(1)} s`,
      },
      {
        what: 'doubled, out of order or on a wrong transaction',
        ours: { value: facts.faults + facts.taken - messages + left, unit: '' },
        beside: { name: 'messages', value: facts.taken, unit: '' },
        ratio: null,
        target: atMost(0),
      },
      {
        what: 'memory while it drains, above before',
        ours: { value: (work.peakKiB - before) / 1024, unit: 'MiB RSS' },
        beside: { name: 'before', value: before / 1024, unit: 'MiB' },
        ratio: null,
        target: atMost(30, 'MiB'),
      },
      {
        what: 'a live status beside it',
        ours: { value: facts.statusMs, unit: 'ms p99' },
        beside: { name: 'statuses', value: facts.statuses, unit: '' },
        ratio: null,
        target: atMost(1000, 'ms'),
      },
    ]
  })
}

export const p10Backlog: Benchmark = { id: 'P10', title: 'A backlog after an outage', run }
