/**
 * P6, Modbus TCP poll: 32 devices, 20 registers each, one request in flight per device. Ours twice: the driver alone, and with the
 * mapping that makes ten values of the registers. The devices are a plain server that the driver shares no code with.
 */
import { connect, createServer, type Socket } from 'node:net'
import { modbusDriver } from '../drivers/modbus/index.ts'
import { createDevice } from '../src/mapping/index.ts'
import { systemClock } from '../src/model/clock.ts'
import type { RegisterLink } from '../src/model/driver.ts'
import { honestly, type Misbehaviour, rogueSlave } from '../test/peers/rogue-slave.ts'
import { benchMapping, BLOCK_REGISTERS, blockWords } from './bench-mapping.ts'
import { atLeast, atMost, type Benchmark, type BenchContext, type Row } from './benchmark.ts'
import { type Child, startChild } from './child.ts'
import { closedLoops, measureWork, perCoreSecond, type Work } from './cpu.ts'
import { interleaved, pause } from './statistics.ts'

const DEVICES = 32
const TIMING = { timeoutMs: 2000, pauseMs: 0, retries: 0, connectDelayMs: 0 }
const SETTINGS = { clock: systemClock, random: Math.random, serial: null, echo: false }
/** MBAP header, unit, function, address, count. */
const REQUEST_BYTES = 12

interface Port {
  readonly port: number
}
type Poller = Child<{ readonly run: (ms: number) => Promise<Work> }>

/** All 32 devices behind one listener, each with a connection of its own. */
export async function plainDevices() {
  const words = blockWords()
  const answer = Buffer.alloc(9 + 2 * BLOCK_REGISTERS)
  answer.writeUInt16BE(3 + 2 * BLOCK_REGISTERS, 4)
  answer[7] = 3
  answer[8] = 2 * BLOCK_REGISTERS
  for (const [index, word] of words.entries()) answer.writeUInt16BE(word, 9 + 2 * index)
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      for (let at = 0; at + REQUEST_BYTES <= chunk.length; at += REQUEST_BYTES) {
        const frame = Buffer.from(answer)
        chunk.copy(frame, 0, at, at + 2)
        frame[6] = chunk[at + 6] ?? 0
        socket.write(frame)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { port: async () => (typeof address === 'object' && address !== null ? address.port : 0) }
}

export async function rawPoller({ port }: Port) {
  const sockets = await Promise.all(
    Array.from({ length: DEVICES }, async () => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
      return socket
    }),
  )
  const request = Buffer.from([0, 0, 0, 0, 0, 6, 1, 3, 0, 0, 0, BLOCK_REGISTERS])
  const state = { running: false, count: 0, inFlight: 0 }
  const ask = (socket: Socket): void => {
    if (!state.running) return
    state.inFlight++
    socket.write(request)
  }
  for (const socket of sockets) {
    socket.on('data', (chunk) => {
      const words: number[] = []
      for (let at = 9; at < chunk.length; at += 2) words.push(chunk.readUInt16BE(at))
      state.inFlight--
      if (words.length === BLOCK_REGISTERS) state.count++
      ask(socket)
    })
  }
  return {
    run: (ms: number) =>
      measureWork(async () => {
        state.running = true
        state.count = 0
        for (const socket of sockets) ask(socket)
        await pause(ms)
        state.running = false
        while (state.inFlight > 0) await pause(1)
        return state.count
      }),
  }
}

export async function serialPoller({ port }: Port) {
  const { default: modbusSerial } = await import('modbus-serial')
  const clients = await Promise.all(
    Array.from({ length: DEVICES }, async () => {
      const client = new modbusSerial.default()
      await client.connectTCP('127.0.0.1', { port })
      client.setID(1)
      return client
    }),
  )
  const poll = async (lane: number): Promise<unknown> => clients[lane]?.readHoldingRegisters(0, BLOCK_REGISTERS)
  return { run: (ms: number) => measureWork(() => closedLoops(DEVICES, ms, poll)) }
}

function openLinks(port: number): readonly RegisterLink[] {
  return Array.from({ length: DEVICES }, () => modbusDriver.open(`tcp://127.0.0.1:${port}`, SETTINGS))
}

export async function driverPoller({ port }: Port) {
  const { signal } = new AbortController()
  const links = openLinks(port)
  const request = { kind: 'registers', unit: 1, table: 'holding', address: 0, count: BLOCK_REGISTERS } as const
  const options = { timing: TIMING, urgency: 'normal', signal } as const
  const poll = async (lane: number): Promise<unknown> => links[lane]?.read(request, options)
  return { run: (ms: number) => measureWork(() => closedLoops(DEVICES, ms, poll)) }
}

export async function mappingPoller({ port }: Port) {
  const { signal } = new AbortController()
  const mapping = benchMapping()
  const devices = openLinks(port).map((link) => createDevice(mapping, link, { clock: systemClock }))
  const poll = async (lane: number): Promise<void> => {
    const [reading] = (await devices[lane]?.poll('fast', signal)) ?? []
    if (reading?.values.power !== 11_040) throw new Error(`read ${JSON.stringify(reading)}`)
  }
  return { run: (ms: number) => measureWork(() => closedLoops(DEVICES, ms, poll)) }
}

/** Eight slaves that lie in every second answer; a register holds its own address, so a wrong value is seen. */
export async function roguePoller() {
  const { signal } = new AbortController()
  return {
    read: async (reads: number) => {
      const slaves = await Promise.all(Array.from({ length: 8 }, (_, seed) => rogueSlave('tcp', liar(seed + 1))))
      const links = slaves.map(({ port }) => modbusDriver.open(`tcp://127.0.0.1:${port}`, SETTINGS))
      const tally = { right: 0, refused: 0, wrong: 0 }
      const draw = randomOf(99)
      const one = async (link: RegisterLink): Promise<void> => {
        const address = Math.floor(draw() * 60_000)
        const count = 1 + Math.floor(draw() * 20)
        const request = { kind: 'registers', unit: 1, table: 'holding', address, count } as const
        const timing = { ...TIMING, timeoutMs: 40 }
        try {
          const words = await link.read(request, { timing, urgency: 'normal', signal })
          const isRight = words.length === count && words.every((word, index) => word === address + index)
          tally[isRight ? 'right' : 'wrong']++
        } catch {
          tally.refused++
        }
      }
      await Promise.all(
        links.map(async (link) => {
          for (let turn = 0; turn < reads / links.length; turn++) await one(link)
        }),
      )
      await Promise.all([...links, ...slaves].map((open) => open.close()))
      return tally
    },
  }
}

/** xorshift32: the same lies in each run. */
function randomOf(seed: number): () => number {
  let state = seed * 2_654_435_761
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

function liar(seed: number): Misbehaviour {
  const draw = randomOf(seed)
  // Modbus TCP has no checksum: bytes that follow a cut answer would complete it, and nobody could tell.
  const ended = new WeakSet<Socket>()
  return (request, socket) => {
    const other = Buffer.from(request.honest)
    other.writeUInt16BE(0xdead, 2)
    const lies: readonly (() => void)[] = [
      () => {
        const late = honestly(request)
        setTimeout(() => ended.has(socket) || socket.write(late), 30 + draw() * 60)
      },
      () => void socket.write(Buffer.concat([honestly(request), honestly(request)])), // twice
      () => void socket.write(request.wrap(other, { unit: 9 })),
      () => void socket.write(request.wrap(other, { transaction: request.transaction + 1 })),
      () => void socket.write(request.wrap(other, { transaction: request.transaction - 1 })),
      () => void socket.write(request.wrap(Buffer.concat([other, Buffer.alloc(2)]))),
      () => {
        ended.add(socket)
        socket.write(honestly(request).subarray(0, -1))
      },
      () => {}, // silent
    ]
    if (ended.has(socket)) return
    if (draw() < 0.5) socket.write(honestly(request))
    else lies[Math.floor(draw() * lies.length)]?.()
  }
}

async function run({ quick, progress }: BenchContext): Promise<readonly Row[]> {
  const windowMs = quick ? 600 : 2000
  const devices = await startChild(import.meta.url, plainDevices, {})
  const port = { port: await devices.ask('port') }
  const children = {
    mapping: await startChild(import.meta.url, mappingPoller, port),
    driver: await startChild(import.meta.url, driverPoller, port),
    raw: await startChild(import.meta.url, rawPoller, port),
    peer: await startChild(import.meta.url, serialPoller, port),
  }
  progress('polls')
  const rate = async (child: Poller): Promise<number> => perCoreSecond(await child.ask('run', windowMs))
  for (const child of Object.values(children)) await rate(child)
  const medians = await interleaved(quick ? 2 : 6, {
    mapping: () => rate(children.mapping),
    driver: () => rate(children.driver),
    raw: () => rate(children.raw),
    peer: () => rate(children.peer),
  })
  for (const child of [...Object.values(children), devices]) await child.stop()
  await pause(50)
  progress('rogue slaves')
  const liars = await startChild(import.meta.url, roguePoller, {})
  const tally = await liars.ask('read', quick ? 400 : 4000)
  await liars.stop()

  const unit = 'reads/core-s'
  const row = (what: string, ours: number, name: string, value: number, limit: number): Row => ({
    what,
    ours: { value: ours, unit },
    beside: { name, value, unit: '' },
    ratio: ours / value,
    target: atLeast(limit),
  })
  return [
    row('driver', medians.driver, 'raw net', medians.raw, 0.6),
    row('driver', medians.driver, 'modbus-serial', medians.peer, 1),
    row('driver and mapping (10 values)', medians.mapping, 'raw net', medians.raw, 0.6),
    row('driver and mapping (10 values)', medians.mapping, 'modbus-serial', medians.peer, 1),
    {
      what: 'wrong values from rogue slaves',
      ours: { value: tally.wrong, unit: '' },
      beside: { name: 'reads', value: tally.right + tally.refused + tally.wrong, unit: '' },
      ratio: null,
      target: atMost(0),
      note: `${tally.right} right, ${tally.refused} refused`,
    },
  ]
}

export const p6ModbusPoll: Benchmark = { id: 'P6', title: 'Modbus TCP: 32 devices, 20 registers', run }
