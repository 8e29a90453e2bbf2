/** Wires over TCP, dialled and listened for. */

import { connect, createServer, type Socket } from 'node:net'

import { BridgeError } from '../model/errors.ts'
import { inWords } from './network-words.ts'
import type { Dial, PatientWire, Wire, WireEvents } from './wire.ts'

const KEEP_ALIVE_MS = 30_000
/** One buffer per dialled socket, used again for every read. Frames have at most 513 bytes, and telegrams come in parts. */
const READ_BUFFER = 4096
/** Who does not take what is sent is cut off. */
const UNSENT_LIMIT = 64 * 1024

export type TcpWire = Wire & PatientWire

export function dialTcp(host: string, port: number): Dial<TcpWire> {
  return (events, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const buffer = Buffer.allocUnsafe(READ_BUFFER)
      let open = true
      let reason = 'closed by the other side'
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
      const onRefused = (): void => {
        signal.removeEventListener('abort', onAbort)
        reject(new Error(reason))
      }
      signal.addEventListener('abort', onAbort, { once: true })
      socket.on('error', (error) => {
        reason = inWords(error)
      })
      socket.once('close', onRefused)
      socket.once('connect', () => {
        signal.removeEventListener('abort', onAbort)
        socket.off('close', onRefused)
        socket.once('close', () => {
          if (open) events.closed(reason)
          open = false
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

/** Listens; `accept` gets a wire for each client and returns where its bytes go. More than `limit` clients are turned away. Throws LINK_UNREACHABLE. */
export function listenTcp(
  host: string,
  port: number,
  limit: number,
  accept: (wire: TcpWire) => WireEvents,
): Promise<TcpListener> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS }, (socket) => {
    if (sockets.size >= limit) {
      socket.destroy()
      return
    }
    sockets.add(socket)
    let reason = 'closed by the client'
    // It ends with `close`, which always follows.
    socket.on('error', (error) => {
      reason = inWords(error)
    })
    const events = accept(wireOf(socket, () => undefined))
    socket.on('data', events.bytes)
    socket.once('close', () => {
      sockets.delete(socket)
      events.closed(reason)
    })
  })
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => {
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

function wireOf(socket: Socket, ended: () => void): TcpWire {
  return {
    write: (bytes) => {
      socket.write(bytes)
      if (socket.writableLength > UNSENT_LIMIT) socket.destroy()
    },
    send: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error === null || error === undefined ? resolve() : reject(error)))
        if (socket.writableLength > UNSENT_LIMIT) socket.destroy()
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
