/** A device on a real UDP socket that answers as the test wants it to, and a link to it. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

import { UdpLink } from '../../../drivers/udp/link.ts'
import { parseUdpUrl } from '../../../drivers/udp/url.ts'
import { systemClock, type Clock } from '../../../src/model/clock.ts'
import type { Datagram, DeviceTiming, RequestOptions, Urgency } from '../../../src/model/driver.ts'

export interface ScriptedDevice {
  readonly url: string
  readonly port: number
  readonly heard: readonly string[]
  /** Resolves when `count` datagrams have come. */
  hear(count: number): Promise<void>
  /** Sends to whoever asked last, and waits until it left. */
  send(bytes: string | Buffer): Promise<void>
}

/** @param answers what is sent for datagram `index`, one datagram each */
export async function scriptedDevice(
  answers: (text: string, index: number) => readonly (string | Buffer)[],
  host = '127.0.0.1',
  port = 0,
): Promise<ScriptedDevice> {
  const socket = createSocket('udp4')
  const heard: string[] = []
  let asker = { address: '', port: 0 }
  const send = (bytes: string | Buffer): Promise<void> =>
    new Promise((resolve) => socket.send(bytes, asker.port, asker.address, () => resolve()))
  socket.on('message', (bytes, from) => {
    asker = from
    heard.push(bytes.toString())
    socket.emit('heard')
    for (const answer of answers(bytes.toString(), heard.length - 1)) void send(answer)
  })
  socket.bind(port, host)
  await once(socket, 'listening')
  onTestFinished(() => {
    socket.close()
  })
  const own = socket.address().port
  return {
    url: `udp://${host}:${own}?local=0`,
    port: own,
    heard,
    hear: async (count) => {
      while (heard.length < count) await once(socket, 'heard')
    },
    send,
  }
}

/** A link that the test need not close. */
export function linkTo(url: string, clock: Clock = systemClock): UdpLink {
  const link = new UdpLink(parseUdpUrl(url, 'link'), { clock, random: () => 1, serial: null, echo: false })
  onTestFinished(() => link.close())
  return link
}

export function asking(
  timing: Partial<DeviceTiming> = {},
  signal: AbortSignal = new AbortController().signal,
  urgency: Urgency = 'normal',
): RequestOptions {
  return { timing: { timeoutMs: 5000, pauseMs: 0, retries: 0, connectDelayMs: 0, ...timing }, urgency, signal }
}

export function datagram(text: string, match: string | null): Datagram {
  return { kind: 'datagram', text, match }
}
