/** How the contract of links that carry texts is put in each kind of question: one device, spoken to in four ways. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

import type { DocumentAnswer, DocumentBank, DocumentRead, DocumentWrite } from '../../src/model/driver.ts'

/** Asked of the device itself, of one that is mute, or of one that babbles. */
export interface Unanswered {
  readonly of: 'device' | 'mute' | 'babbler'
  readonly question: DocumentRead
}

export interface Dialect {
  readonly kind: DocumentRead['kind']
  /** Different questions, numbered from 0, each with an answer of its own; where there is only one it is always the same. */
  readonly question: (number: number) => DocumentRead
  readonly answers: (answer: DocumentAnswer, number: number) => boolean
  /** Null: this wire carries no orders. */
  readonly order: DocumentWrite | null
  /** Each question is sent, and each answer received; else the device speaks by itself. */
  readonly asks: boolean
  /** Null: this wire carries no refusals. */
  readonly refused: DocumentRead | null
  readonly silence: Unanswered
  readonly nonsense: Unanswered
}

const TOO_LARGE = 'x'.repeat(300_000)
const TOPICS = new Map([
  ...Array.from({ length: 100 }, (_, number) => [`box/value/${number}`, `value ${number}.`] as const),
  ['box/huge', TOO_LARGE] as const,
])
const ENERGY = '1-0:1.8.0'
const TELEGRAM = new Map([
  [ENERGY, { value: 1234.5, unit: 'kWh' }],
  ['1-0:1.7.0', { value: 2.5, unit: 'kW' }],
])

export interface ContractDevice extends DocumentBank {
  /** Orders, as they came. */
  readonly heard: readonly string[]
}

/** Answers question n with `value n.`, takes orders, refuses or keeps silent otherwise. */
export function contractDevice(): ContractDevice {
  const heard: string[] = []
  return {
    heard,
    answer: (request) => {
      const text = request.kind === 'http' ? request.path.slice(1).replace('/', ' ') : request.text
      if (/^value \d+$/.test(text)) return { status: 200, body: `${text}.` }
      if (text === 'nonsense') return { status: 200, body: 'what?' }
      if (text !== 'limit 13') return null
      heard.push(text)
      return { status: 200, body: 'limit set' }
    },
    topics: () => TOPICS,
    hear: (topic, payload) => {
      heard.push(`${topic} ${payload}`)
    },
    telegram: () => TELEGRAM,
  }
}

function get(path: string): DocumentRead {
  return { kind: 'http', method: 'GET', path, headers: {}, body: null }
}

function bodyIs({ body }: DocumentAnswer, number: number): boolean {
  return body === `value ${number}.`
}

export const DIALECTS: readonly Dialect[] = [
  {
    kind: 'http',
    question: (number) => get(`/value/${number}`),
    answers: bodyIs,
    order: { kind: 'http', method: 'PUT', path: '/limit/13', headers: {}, body: '{"amp": 13}' },
    asks: true,
    refused: get('/unknown'),
    silence: { of: 'mute', question: get('/') },
    nonsense: { of: 'babbler', question: get('/') },
  },
  {
    kind: 'datagram',
    question: (number) => ({ kind: 'datagram', text: `value ${number}`, match: `value ${number}.` }),
    answers: bodyIs,
    order: { kind: 'datagram', text: 'limit 13', match: 'limit set' },
    asks: true,
    refused: null,
    silence: { of: 'device', question: { kind: 'datagram', text: 'unknown', match: 'known' } },
    nonsense: { of: 'device', question: { kind: 'datagram', text: 'nonsense', match: 'sense.' } },
  },
  {
    kind: 'topic',
    question: (number) => ({ kind: 'topic', topic: `box/value/${number}` }),
    answers: bodyIs,
    order: { kind: 'publish', topic: 'box/limit', payload: '13', retain: false },
    asks: false,
    refused: null,
    silence: { of: 'device', question: { kind: 'topic', topic: 'box/none' } },
    nonsense: { of: 'device', question: { kind: 'topic', topic: 'box/huge' } },
  },
  {
    kind: 'telegram',
    question: () => ({ kind: 'telegram' }),
    answers: ({ body }) => {
      // Some formats know no kilo.
      const energy = typeof body === 'string' ? undefined : body.get(ENERGY)
      return energy?.value === (energy?.unit === 'kWh' ? 1234.5 : 1_234_500)
    },
    order: null,
    asks: false,
    refused: null,
    silence: { of: 'mute', question: { kind: 'telegram' } },
    nonsense: { of: 'babbler', question: { kind: 'telegram' } },
  },
]

/** The group that Speedwire meters send to. */
const SPEEDWIRE_GROUP = '239.12.255.254'

/** Where a device of this scheme stands in a test; port 0 is any free one. */
export async function placeOf(scheme: string, port: number): Promise<string> {
  // A group has no free port to give: sender and listeners must know it.
  if (scheme === 'speedwire') return speedwirePlace(port === 0 ? await freeUdpPort() : port)
  // As an optical head sends by itself; asking takes a minute at 300 baud.
  return `${scheme}://127.0.0.1:${port}${scheme === 'iec62056+tcp' ? '?mode=D' : ''}`
}

function speedwirePlace(port: number): string {
  return `speedwire://${SPEEDWIRE_GROUP}:${port}?interface=127.0.0.1`
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0)
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

const NONSENSE = 'what?\r\n\r\n'

/** Accepts, and says nothing or nonsense. */
export async function strangeDevice(
  scheme: string,
  of: 'mute' | 'babbler',
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  if (scheme === 'speedwire') return strangeSender(of)
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    if (of === 'mute') {
      socket.resume()
      return
    }
    const babble = (): void => {
      socket.write(NONSENSE)
    }
    babble()
    socket.on('data', babble)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  return {
    url: await placeOf(scheme, bound !== null && typeof bound === 'object' ? bound.port : 0),
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Sends to the group of a free port: nothing or nonsense. */
async function strangeSender(
  of: 'mute' | 'babbler',
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const port = await freeUdpPort()
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  socket.setMulticastInterface('127.0.0.1')
  const babble = (): void => socket.send(NONSENSE, port, SPEEDWIRE_GROUP)
  const timer = of === 'babbler' ? setInterval(babble, 20) : undefined
  return {
    url: speedwirePlace(port),
    close: async () => {
      clearInterval(timer)
      socket.close()
      await once(socket, 'close')
    },
  }
}
