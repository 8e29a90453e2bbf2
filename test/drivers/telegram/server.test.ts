/** Link and server over real sockets and serial ports. */
import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'

import { telegramDriver, telegramServer } from '../../../drivers/telegram/index.ts'
import { systemClock } from '../../../src/model/clock.ts'
import type { DeviceServer, DocumentBank } from '../../../src/model/driver.ts'
import { isBridgeError } from '../../../src/model/errors.ts'
import type { ListeningLink } from '../../../src/wire/listening-link.ts'
import { ptyPair, socat, type PtyPair } from '../../peers/pty-pair.ts'
import { describeWithPeers } from '../../peers/require-peer.ts'
import { asking, outcome } from './memory-line.ts'

const TELEGRAM = { kind: 'telegram' } as const
const SETTINGS = { clock: systemClock, serial: null, everyMs: 50 }
const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

function bank(): DocumentBank {
  let telegrams = 0
  return {
    answer: () => null,
    topics: () => new Map(),
    hear: () => undefined,
    telegram: () => {
      telegrams += 1
      return new Map([
        ['1-0:1.8.0', { value: 1000 + telegrams, unit: 'Wh' }],
        ['1-0:32.7.0', { value: 230.1, unit: 'V' }],
        ['0-0:96.1.0', { value: 'E0001', unit: null }],
      ])
    },
  }
}

async function serve(url: string): Promise<DeviceServer> {
  const server = await telegramServer.serve(url, bank(), SETTINGS)
  open.push(server)
  return server
}

function linkTo(url: string): ListeningLink {
  const link = telegramDriver.open(url, { clock: systemClock, random: () => 0, serial: null, echo: false })
  open.push(link)
  return link
}

async function values(link: ListeningLink): Promise<Readonly<Record<string, unknown>>> {
  const { body } = await link.ask(TELEGRAM, asking(15_000))
  if (typeof body === 'string') throw new Error('a text is no telegram')
  return Object.fromEntries(body)
}

/** How long it may take is the test's own limit. */
async function until(reached: () => boolean): Promise<void> {
  do await new Promise((resolve) => setTimeout(resolve, 20))
  while (!reached())
}

const KEY = 'AEBD21B769A6D13C0DF064E383682EFF'
const OVER_TCP = [
  'dsmr+tcp://127.0.0.1:0',
  `dsmr+tcp://127.0.0.1:0?key=${KEY}`,
  'sml+tcp://127.0.0.1:0',
  'iec62056+tcp://127.0.0.1:0',
  'iec62056+tcp://127.0.0.1:0?format=8N1&mode=A',
  'iec62056+tcp://127.0.0.1:0?mode=D',
]

describe('a meter behind a socket', () => {
  it.each(OVER_TCP)('%s tells its values', async (url) => {
    const server = await serve(url)
    expect(server.url).not.toContain(KEY)
    const link = linkTo(server.url.replace('***', KEY))
    expect(await values(link)).toMatchObject({
      '1-0:1.8.0': { unit: 'Wh' },
      '1-0:32.7.0': { value: 230.1, unit: 'V' },
      '0-0:96.1.0': { value: 'E0001', unit: null },
    })
    expect(link.counters).toMatchObject({ badAnswers: 0, reconnects: 0 })
  })

  it.each(['dsmr+tcp', 'sml+tcp'])('%s is heard by several at once, each time anew', async (scheme) => {
    const server = await serve(`${scheme}://127.0.0.1:0`)
    const links = [linkTo(server.url), linkTo(server.url)]
    for (const link of links) {
      const first = await values(link)
      let next = first
      while (next['1-0:1.8.0'] === first['1-0:1.8.0']) {
        await until(() => true)
        next = await values(link)
      }
      expect(Object.keys(next)).toEqual(Object.keys(first))
    }
  })

  it('that goes away and comes back is heard again', async () => {
    const server = await serve('sml+tcp://127.0.0.1:0')
    const link = linkTo(server.url)
    await values(link)
    await server.close()
    await serve(server.url)
    await until(() => link.counters.reconnects > 0)
    expect(await values(link)).toHaveProperty(['1-0:1.8.0'])
  })

  it('that is not there is told at once', async () => {
    const server = await serve('sml+tcp://127.0.0.1:0')
    await server.close()
    expect(await outcome(linkTo(server.url).ask(TELEGRAM, asking(10_000)))).toBe('LINK_UNREACHABLE')
  })

  it('cannot listen where another one does', async () => {
    const server = await serve('sml+tcp://127.0.0.1:0')
    expect(await outcome(serve(server.url))).toBe('LINK_UNREACHABLE')
  })

  it('turns away more clients than it can serve', async () => {
    const server = await serve('iec62056+tcp://127.0.0.1:0')
    const port = Number(new URL(server.url.replace('iec62056+tcp', 'http')).port)
    const sockets = Array.from({ length: 33 }, () => connect(port, '127.0.0.1'))
    await new Promise<void>((resolve) => {
      for (const socket of sockets) {
        socket.on('error', () => undefined)
        socket.once('close', () => resolve())
      }
    })
    for (const socket of sockets) socket.destroy()
  })
})

async function pair(): Promise<PtyPair> {
  const made = await ptyPair()
  open.push({ close: () => made.remove() })
  return made
}

describeWithPeers('a meter at a serial port', [socat], () => {
  it.each([
    ['dsmr', '?baud=115200'],
    ['sml', ''],
    ['iec62056', '?every=10'],
    // A pty knows no parity, but its settings do.
    ['iec62056', '?format=8N1'],
    ['iec62056', '?mode=D'],
  ])('%s%s tells its values', async (scheme, options) => {
    const { one, other } = await pair()
    await serve(`${scheme}:${one}${options}`)
    expect(await values(linkTo(`${scheme}:${other}${options}`))).toMatchObject({
      '1-0:32.7.0': { value: 230.1, unit: 'V' },
    })
  })

  it('that is unplugged and plugged in again is heard again, by the same path', async () => {
    const ports = await pair()
    await serve(`sml:${ports.one}`)
    const link = linkTo(`sml:${ports.other}`)
    await values(link)
    await ports.unplug()
    await until(() => link.state !== 'open')
    await ports.plug()
    await until(() => link.state === 'open')
    const { at } = await link.ask(TELEGRAM, asking())
    while ((await link.ask(TELEGRAM, asking())).at === at) await until(() => true)
    expect(link.counters.reconnects).toBeGreaterThan(0)
  })

  it('that is not there is told at once, by both sides', async () => {
    expect(await outcome(linkTo('sml:/dev/no-such-port').ask(TELEGRAM, asking()))).toBe('LINK_UNREACHABLE')
    const refused: unknown = await serve('sml:/dev/no-such-port').catch((error: unknown) => error)
    expect(isBridgeError(refused, 'LINK_UNREACHABLE')).toBe(true)
  })

  it('that nobody hears can be closed', async () => {
    const { one } = await pair()
    const server = await serve(`dsmr:${one}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await server.close()
  })
})
