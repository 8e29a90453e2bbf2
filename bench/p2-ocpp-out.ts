/**
 * P2, OCPP out: virtual charge points call a raw CSMS, one MeterValues in flight each. Ours is the whole way of a message: neutral
 * to OCPP 1.6 with its schema check, frame, socket, answer checked and neutral again. No durable write.
 */
import { createRequire } from 'node:module'
import { WebSocket } from 'ws'
import { systemClock } from '../src/model/clock.ts'
import { connectRpc, type RpcClient } from '../src/ocpp/rpc/connect.ts'
import { ocpp16 } from '../src/ocpp/v16/ocpp16.ts'
import { atLeast, type Benchmark, type BenchContext, type Row } from './benchmark.ts'
import { type Child, startChild } from './child.ts'
import { closedLoops, measureWork, perCoreSecond, type Work } from './cpu.ts'
import { METER_VALUES, wordMeterValues } from './meter-message.ts'
import { rawCsms, textOf } from './raw-csms.ts'
import { interleaved, pause } from './statistics.ts'

interface Connections {
  readonly url: string
  readonly connections: number
}

type Caller = Child<{ readonly run: (ms: number) => Promise<Work> }>

export async function rawClients({ url, connections }: Connections) {
  const { action, payload } = wordMeterValues()
  const sockets = await inGroups(connections, async (index) => {
    const socket = new WebSocket(`${url}/RAW-${index}`, ['ocpp1.6'], { perMessageDeflate: false })
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    return socket
  })
  const state = { running: false, count: 0, inFlight: 0 }
  let lastId = 0
  const waiting = new Map<WebSocket, string>()
  const call = (socket: WebSocket): void => {
    if (!state.running) return
    state.inFlight++
    const id = String(++lastId)
    waiting.set(socket, id)
    socket.send(JSON.stringify([2, id, action, payload]))
  }
  for (const socket of sockets) {
    socket.on('message', (data) => {
      const [, id] = JSON.parse(textOf(data)) as [number, string]
      if (waiting.get(socket) !== id) throw new Error('a foreign answer')
      state.inFlight--
      state.count++
      call(socket)
    })
  }
  return {
    run: (ms: number) =>
      measureWork(async () => {
        state.running = true
        state.count = 0
        for (const socket of sockets) call(socket)
        await pause(ms)
        state.running = false
        while (state.inFlight > 0) await pause(1)
        return state.count
      }),
  }
}

export async function ourClients({ url, connections }: Connections) {
  // One signal each, as each station has its own: a signal looks through all its listeners at each new one.
  const signals = Array.from({ length: connections }, () => new AbortController().signal)
  const clients = await inGroups(connections, (index) => openOurs(url, `OUR-${index}`))
  let lastId = 0
  const call = async (lane: number): Promise<void> => {
    const { action, payload } = wordMeterValues()
    const signal = signals[lane]
    if (signal === undefined) return
    const answer = await clients[lane]?.call(action, payload, {
      messageId: String(++lastId),
      timeoutMs: 60_000,
      signal,
    })
    ocpp16.decodeAnswer(METER_VALUES, answer)
  }
  return { run: (ms: number) => measureWork(() => closedLoops(connections, ms, call)) }
}

async function openOurs(url: string, stationId: string): Promise<RpcClient> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const client = connectRpc(
    {
      url,
      stationId,
      versions: [ocpp16],
      transport: { authorization: null, tls: {}, explain: () => null },
      clock: systemClock,
      random: Math.random,
    },
    {
      onOpen: resolve,
      onDown: reject,
      onCall: () => Promise.resolve({}),
      onFrame: () => {},
    },
  )
  await promise
  return client
}

interface OcppRpcClient {
  connect(): Promise<unknown>
  call(action: string, payload: object): Promise<unknown>
}

export async function ocppRpcClients({ url, connections }: Connections) {
  // ocpp-rpc has no types
  const { RPCClient } = createRequire(import.meta.url)('ocpp-rpc') as {
    RPCClient: new (options: object) => OcppRpcClient
  }
  const { action, payload } = wordMeterValues()
  const clients = await inGroups(connections, async (index) => {
    const client = new RPCClient({
      endpoint: url,
      identity: `PEER-${index}`,
      protocols: ['ocpp1.6'],
      strictMode: true,
    })
    await client.connect()
    return client
  })
  const call = async (lane: number): Promise<unknown> => clients[lane]?.call(action, payload)
  return { run: (ms: number) => measureWork(() => closedLoops(connections, ms, call)) }
}

/** Opens 50 at a time: a listener's backlog is short. */
async function inGroups<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = []
  while (made.length < count) {
    const size = Math.min(50, count - made.length)
    const from = made.length
    made.push(...(await Promise.all(Array.from({ length: size }, (_, index) => make(from + index)))))
  }
  return made
}

async function run({ quick, progress }: BenchContext): Promise<readonly Row[]> {
  const csms = await startChild(new URL('./raw-csms.ts', import.meta.url).href, rawCsms, { tlsFolder: null })
  const url = await csms.ask('url')
  const windowMs = quick ? 700 : 2500
  const rows: Row[] = []
  try {
    for (const [connections, target] of [
      [100, 0.65],
      [1000, 0.6],
    ] as const) {
      progress(`${connections} connections`)
      const params = { url, connections }
      const ours = await startChild(import.meta.url, ourClients, params)
      const raw = await startChild(import.meta.url, rawClients, params)
      const peer = await startChild(import.meta.url, ocppRpcClients, params)
      const rate = async (child: Caller): Promise<number> => perCoreSecond(await child.ask('run', windowMs))
      for (const child of [ours, raw, peer]) await rate(child)
      const medians = await interleaved(quick ? 2 : 6, {
        ours: () => rate(ours),
        raw: () => rate(raw),
        peer: () => rate(peer),
      })
      const figure = { value: medians.ours, unit: 'RT/core-s' }
      rows.push(
        {
          what: `${connections} connections`,
          ours: figure,
          beside: { name: 'raw ws', value: medians.raw, unit: '' },
          ratio: medians.ours / medians.raw,
          target: atLeast(target),
        },
        {
          what: `${connections} connections`,
          ours: figure,
          beside: { name: 'ocpp-rpc strict', value: medians.peer, unit: '' },
          ratio: medians.ours / medians.peer,
          target: null,
          note: `the peer itself: ${(medians.peer / medians.raw).toFixed(2)} of raw`,
        },
      )
      for (const child of [ours, raw, peer]) await child.stop()
    }
  } finally {
    await csms.stop()
  }
  return rows
}

export const p2OcppOut: Benchmark = { id: 'P2', title: 'OCPP out: MeterValues, one in flight per connection', run }
