import { connect, createServer, type Socket } from 'node:net'

import { BridgeError } from '../../src/model/errors.ts'
import type { Dial, Wire, WireEvents } from './wire.ts'

const KEEP_ALIVE_MS = 30_000
/** A client that does not take its telegrams is cut off. */
const UNSENT_LIMIT = 64 * 1024

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by the other side',
  EHOSTUNREACH: 'no way to this host',
  ENETUNREACH: 'no way to this network',
  ENOTFOUND: 'this name is not known',
  ETIMEDOUT: 'no reply from this host',
  EADDRINUSE: 'this port is taken',
  EACCES: 'not allowed (ports below 1024 need root)',
}

function inWords(error: NodeJS.ErrnoException): string {
  return WORDS[error.code ?? ''] ?? error.message
}

function wireOf(socket: Socket, ended: () => void): Wire {
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (socket.writableLength > UNSENT_LIMIT) socket.destroy()
        socket.write(bytes, (error) => (error === null || error === undefined ? resolve() : reject(error)))
      }),
    setBaud: null,
    check: null,
    close: () => {
      ended()
      socket.destroy()
      return Promise.resolve()
    },
  }
}

export function dialTcp(host: string, port: number): Dial {
  return (events, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS })
      let lastError = 'closed by the other side'
      const onAbort = (): void => {
        socket.destroy()
        reject(signal.reason)
      }
      const refused = (): void => reject(new Error(lastError))
      signal.addEventListener('abort', onAbort, { once: true })
      socket.on('error', (error: NodeJS.ErrnoException) => {
        lastError = inWords(error)
      })
      socket.once('close', refused)
      socket.once('connect', () => {
        signal.removeEventListener('abort', onAbort)
        socket.off('close', refused)
        let open = true
        socket.once('close', () => {
          if (open) events.closed(lastError)
        })
        socket.on('data', (chunk) => {
          if (open) events.bytes(chunk)
        })
        resolve(
          wireOf(socket, () => {
            open = false
          }),
        )
      })
    })
}

export interface TcpListener {
  readonly port: number
  close(): Promise<void>
}

/** Listens; `accept` gets a wire for each client and returns where its bytes go. More than `limit` clients are turned away. */
export function listenTcp(
  host: string,
  port: number,
  limit: number,
  accept: (wire: Wire) => WireEvents,
): Promise<TcpListener> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) => {
    if (sockets.size >= limit) {
      socket.destroy()
      return
    }
    sockets.add(socket)
    // Its reason comes with `close`, which always follows.
    socket.on('error', () => undefined)
    const events = accept(wireOf(socket, () => undefined))
    socket.on('data', events.bytes)
    socket.once('close', () => {
      sockets.delete(socket)
      events.closed('closed by the client')
    })
  })
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      reject(new BridgeError('LINK_UNREACHABLE', `cannot listen on ${host}:${port}: ${inWords(error)}`))
    }
    server.once('error', onError)
    server.listen({ host, port }, () => {
      server.off('error', onError)
      // A failed accept (no file descriptors) concerns that client only.
      server.on('error', () => undefined)
      const bound = server.address()
      resolve({
        port: bound !== null && typeof bound === 'object' ? bound.port : port,
        close: () =>
          new Promise((done) => {
            server.close(() => done())
            for (const socket of sockets) socket.destroy()
          }),
      })
    })
  })
}
