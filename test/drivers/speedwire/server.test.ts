/** Link and server over real sockets, in a group that never leaves this machine. */
import { createSocket } from 'node:dgram'
import { afterEach, expect, it } from 'vitest'

import { speedwireDriver, speedwireServer } from '../../../drivers/speedwire/index.ts'
import { systemClock } from '../../../src/model/clock.ts'
import type { DocumentBank, RequestOptions } from '../../../src/model/driver.ts'
import type { ListeningLink } from '../../../src/wire/listening-link.ts'

const SERIAL = 1_901_234_567
const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  for (const each of open.splice(0).toReversed()) await each.close()
})

/** A port that nobody has now. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => {
    socket.bind(0, '127.0.0.1', resolve)
  })
  const { port } = socket.address()
  await new Promise<void>((resolve) => {
    socket.close(() => resolve())
  })
  return port
}

function bank(power: number): DocumentBank {
  return {
    answer: () => null,
    topics: () => new Map(),
    hear: () => undefined,
    telegram: () => new Map([['1-0:1.4.0', { value: power, unit: 'W' }]]),
  }
}

async function serve(url: string, power: number): Promise<void> {
  open.push(await speedwireServer.serve(url, bank(power), { clock: systemClock, serial: null, everyMs: 30 }))
}

function linkTo(url: string): ListeningLink {
  const link = speedwireDriver.open(url, { clock: systemClock, random: () => 0, serial: null, echo: false })
  open.push(link)
  return link
}

async function watts(link: ListeningLink): Promise<unknown> {
  const asking: RequestOptions = {
    timing: { timeoutMs: 5000, pauseMs: 0, retries: 0, connectDelayMs: 0 },
    urgency: 'normal',
    signal: new AbortController().signal,
  }
  const { body } = await link.ask({ kind: 'telegram' }, asking)
  return typeof body === 'string' ? body : body.get('1-0:1.4.0')?.value
}

it('several links hear several meters in one group, each its own', async () => {
  const group = `speedwire://239.12.255.254:${await freePort()}?interface=127.0.0.1`
  const links = [linkTo(`${group}&serial=${SERIAL}`), linkTo(`${group}&serial=${SERIAL + 1}`)]
  await serve(`${group}&serial=${SERIAL}`, 1000)
  await serve(`${group}&serial=${SERIAL + 1}`, 2000)
  expect(await Promise.all(links.map(watts))).toEqual([1000, 2000])
})

it('a meter that sends to this machine alone is heard too', async () => {
  const url = `speedwire://127.0.0.1:${await freePort()}?serial=${SERIAL}`
  await serve(url, 1000)
  expect(await watts(linkTo(url))).toBe(1000)
})

it('an address that is not of this machine is told at once, by both sides', async () => {
  const elsewhere = 'speedwire://239.12.255.254:9522?interface=203.0.113.7'
  await expect(serve(elsewhere, 1)).rejects.toMatchObject({ code: 'LINK_UNREACHABLE' })
  await expect(watts(linkTo(elsewhere))).rejects.toMatchObject({ code: 'LINK_UNREACHABLE' })
})
