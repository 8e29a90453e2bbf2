/**
 * Knows when nothing is under way in this process: every TCP connection has delivered what was written to it, the ledger's thread has
 * answered, and the event loop has nothing left. Bridge and devices are in one process, so both ends of each connection can be asked.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import type { Ledger } from '../../../src/ledger/ledger.ts'

interface Connection {
  readonly client: Socket
  server: Socket | null
}

/** Turns of the event loop without any news. */
const CALM_TURNS = 3
/** Real time; longer is a fault of the test. */
const LIMIT_MS = 10_000

export class Traffic {
  readonly #connections = new Set<Connection>()
  /** Accepted, and the other end is not known yet. */
  readonly #accepted = new Set<Socket>()
  readonly #pending = new Set<Promise<unknown>>()
  readonly #onClient = (message: unknown): void => this.#dialled(socketOf(message))
  readonly #onServer = (message: unknown): void => this.#take(socketOf(message))

  constructor() {
    subscribe('net.client.socket', this.#onClient)
    subscribe('net.server.socket', this.#onServer)
  }

  close(): void {
    unsubscribe('net.client.socket', this.#onClient)
    unsubscribe('net.server.socket', this.#onServer)
  }

  /** The same ledger; its unanswered calls are waited for. */
  counted(ledger: Ledger): Ledger {
    return new Proxy(ledger, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key)
        if (typeof value !== 'function') return value
        return (...args: readonly unknown[]): unknown => {
          const result: unknown = Reflect.apply(value, target, args)
          if (result instanceof Promise) this.#waitFor(result)
          return result
        }
      },
    })
  }

  /** The dialling ends, as they are when a process is killed: gone, and whoever used them is told nothing. */
  cutClients(): void {
    for (const { client } of this.#connections) {
      client.removeAllListeners()
      client.on('error', () => undefined)
      client.destroy()
    }
  }

  async settle(): Promise<void> {
    const giveUpAt = performance.now() + LIMIT_MS
    let before = -1
    for (let calm = 0; calm < CALM_TURNS;) {
      await new Promise((resolve) => setImmediate(resolve))
      if (this.#pending.size > 0) await Promise.race(this.#pending)
      const bytes = this.#deliveredBytes()
      calm = bytes !== null && bytes === before && this.#pending.size === 0 ? calm + 1 : 0
      before = bytes ?? -1
      if (performance.now() > giveUpAt) throw new Error(`something is under way for ${LIMIT_MS} ms: ${this.#story()}`)
    }
  }

  /** All bytes that ever arrived; null while some have not. */
  #deliveredBytes(): number | null {
    let sum = 0
    for (const connection of this.#connections) {
      const { client, server } = connection
      if (client.closed && (server === null || server.closed)) {
        this.#connections.delete(connection)
        continue
      }
      if (server === null || client.closed || server.closed || client.connecting) return null
      if (client.bytesWritten !== server.bytesRead || server.bytesWritten !== client.bytesRead) return null
      sum += client.bytesRead + server.bytesRead
    }
    return this.#accepted.size > 0 ? null : sum
  }

  #dialled(client: Socket): void {
    this.#connections.add({ client, server: null })
    // The device may have accepted before we were told that we are connected.
    client.once('connect', () => {
      for (const server of this.#accepted) this.#take(server)
    })
  }

  #take(server: Socket): void {
    const own = [...this.#connections].find(
      ({ client }) => client.localPort === server.remotePort && client.remotePort === server.localPort,
    )
    if (own === undefined) {
      this.#accepted.add(server)
      return
    }
    own.server = server
    this.#accepted.delete(server)
  }

  #waitFor(call: Promise<unknown>): void {
    const answered = call.then(
      () => undefined,
      () => undefined,
    )
    this.#pending.add(answered)
    void answered.then(() => this.#pending.delete(answered))
  }

  #story(): string {
    const ends = [...this.#connections].map(({ client, server }) =>
      server === null
        ? `${client.localPort} has no other end`
        : `${client.localPort} ${client.bytesWritten}/${server.bytesRead} ${server.bytesWritten}/${client.bytesRead}`,
    )
    return [`${this.#pending.size} calls of the ledger`, `${this.#accepted.size} unknown clients`, ...ends].join(', ')
  }
}

function socketOf(message: unknown): Socket {
  if (typeof message !== 'object' || message === null || !('socket' in message))
    throw new Error('no socket was told of')
  return message.socket as Socket
}
