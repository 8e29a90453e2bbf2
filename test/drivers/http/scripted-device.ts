/** A device on a real socket that answers each request with bytes as the test wants them, right or wrong. */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

import { HttpLink } from '../../../drivers/http/link.ts'
import { parseHttpUrl } from '../../../drivers/http/url.ts'
import { systemClock, type Clock } from '../../../src/model/clock.ts'
import type { DeviceTiming, HttpRequest, RequestOptions, Urgency } from '../../../src/model/driver.ts'

export interface ScriptedDevice {
  readonly url: string
  readonly port: number
  /** Heads and bodies as they came. */
  readonly requests: readonly string[]
  /** Resolves when `count` requests have come. */
  heard(count: number): Promise<void>
  readonly connections: () => number
  hangUp(): void
  close(): Promise<void>
}

/** @param answer what is written for request `index`; null: nothing; the socket is there for worse */
export async function scriptedDevice(
  answer: (index: number, request: string, socket: Socket) => string | Buffer | null,
  port = 0,
): Promise<ScriptedDevice> {
  const requests: string[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    sockets.add(socket)
    let waiting = ''
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
    socket.on('data', (chunk) => {
      waiting += chunk.toString('latin1')
      for (let end = messageEnd(waiting); end > 0; end = messageEnd(waiting)) {
        const request = waiting.slice(0, end)
        waiting = waiting.slice(end)
        requests.push(request)
        server.emit('heard')
        const bytes = answer(requests.length - 1, request, socket)
        if (bytes !== null) socket.write(bytes)
      }
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  const own = bound !== null && typeof bound === 'object' ? bound.port : 0
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const close = (): Promise<void> =>
    new Promise((done) => {
      server.close(() => done())
      hangUp()
    })
  onTestFinished(close)
  return {
    url: `http://127.0.0.1:${own}`,
    port: own,
    requests,
    heard: async (count) => {
      while (requests.length < count) await once(server, 'heard')
    },
    connections: () => connections,
    hangUp,
    close,
  }
}

/** How long the first whole request is; 0: it is not complete. */
function messageEnd(text: string): number {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return 0
  const end = head + 4 + Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
  return text.length >= end ? end : 0
}

export function ok(body: string, headers = ''): string {
  return `HTTP/1.1 200 OK\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

export function refuse(status: number, headers = '', body = ''): string {
  return `HTTP/1.1 ${status} No\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** A link that the test need not close. */
export function linkTo(url: string, clock: Clock = systemClock): HttpLink {
  const link = new HttpLink(parseHttpUrl(url), { clock, random: () => 1, serial: null, echo: false })
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

export function get(path: string, headers: Readonly<Record<string, string>> = {}): HttpRequest {
  return { kind: 'http', method: 'GET', path, headers, body: null }
}
export function put(path: string, body: string, headers: Readonly<Record<string, string>> = {}): HttpRequest {
  return { kind: 'http', method: 'PUT', path, headers, body }
}
