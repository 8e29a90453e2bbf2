import { connect, createServer, type Socket } from 'node:net'

import { BridgeError } from '../../src/model/errors.ts'
import type { Dial, Wire, WireEvents } from './wire.ts'

const KEEP_ALIVE_MS = 30_000
/** Frames are at most 513 bytes; one buffer per socket, used again for every read. */
const READ_BUFFER = 4096
/** A client that does not take its answers is cut off. */
const WRITE_LIMIT = 64 * 1024

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

export function dialTcp(host: string, port: number): Dial {
  return (events, signal) =>
    new Promise<Wire>((resolve, reject) => {
      signal.throwIfAborted()
      const buffer = Buffer.allocUnsafe(READ_BUFFER)
      let open = true
      let lastError = ''
      const socket = connect({
        host,
        port,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_MS,
        onread: {
          buffer,
          callback: (length) => {
            if (open) events.bytes(buffer.subarray(0, length))
            return true
          },
        },
      })
      const onAbort = (): void => {
        open = false
        socket.destroy()
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      socket.once('connect', () => {
        signal.removeEventListener('abort', onAbort)
        resolve({
          write: (bytes) => {
            socket.write(bytes)
          },
          close: () => {
            open = false
            socket.destroy()
            return Promise.resolve()
          },
        })
      })
      socket.on('error', (error: NodeJS.ErrnoException) => {
        lastError = inWords(error)
      })
      socket.once('close', () => {
        signal.removeEventListener('abort', onAbort)
        reject(new BridgeError('LINK_UNREACHABLE', lastError === '' ? 'closed' : lastError))
        if (!open) return
        open = false
        events.closed(lastError === '' ? 'closed by the other side' : lastError)
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
    const events = accept({
      write: (bytes) => {
        if (socket.destroyed) return
        socket.write(bytes)
        if (socket.writableLength > WRITE_LIMIT) socket.destroy()
      },
      close: () => {
        socket.destroy()
        return Promise.resolve()
      },
    })
    let reason = 'closed by the client'
    socket.on('data', events.bytes)
    socket.on('error', (error) => {
      reason = error.message
    })
    socket.once('close', () => {
      sockets.delete(socket)
      events.closed(reason)
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
