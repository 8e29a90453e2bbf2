/**
 * One socket per local port for all links of this process: several devices on one machine answer to the same port (always 7090, say),
 * and are told apart by where their datagrams come from.
 */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'

export interface Peer {
  readonly family: 4 | 6
  readonly address: string
  readonly port: number
}

export interface SeatEvents {
  /** A datagram from the peer. */
  readonly received: (bytes: Buffer) => void
  /** The socket broke; the next `send` opens it anew. */
  readonly lost: (reason: string) => void
}

/** A link's place at the socket of its local port. */
export interface Seat {
  /** Resolves when the local port is ours. Rejects with the system's error. */
  ready(): Promise<void>
  send(bytes: Buffer): Promise<void>
  leave(): void
}

const sockets = new Map<string, SharedSocket>()

export function takeSeat(peer: Peer, localPort: number, events: SeatEvents): Seat {
  const key = `${peer.family} ${localPort}`
  const shared = sockets.get(key) ?? new SharedSocket(peer.family, localPort)
  sockets.set(key, shared)
  const entry = { peer, events }
  shared.seats.add(entry)
  return {
    ready: async () => {
      await shared.bound()
    },
    send: (bytes) => shared.send(bytes, peer),
    leave: () => {
      shared.seats.delete(entry)
      if (shared.seats.size > 0 || sockets.get(key) !== shared) return
      sockets.delete(key)
      shared.close()
    },
  }
}

interface SeatEntry {
  readonly peer: Peer
  readonly events: SeatEvents
}

class SharedSocket {
  readonly seats = new Set<SeatEntry>()
  readonly #family: 4 | 6
  readonly #localPort: number
  #socket: Promise<Socket> | null = null

  constructor(family: 4 | 6, localPort: number) {
    this.#family = family
    this.#localPort = localPort
  }

  bound(): Promise<Socket> {
    this.#socket ??= this.#bind()
    return this.#socket
  }

  async send(bytes: Buffer, peer: Peer): Promise<void> {
    const socket = await this.bound()
    await new Promise<void>((resolve, reject) => {
      socket.send(bytes, peer.port, peer.address, (error) => {
        if (error === null) resolve()
        else reject(error)
      })
    })
  }

  close(): void {
    const socket = this.#socket
    this.#socket = null
    socket?.then(
      (open) => open.close(),
      () => undefined,
    )
  }

  #bind(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = createSocket({ type: this.#family === 4 ? 'udp4' : 'udp6', ipv6Only: this.#family === 6 })
      const onFault = (error: Error): void => {
        this.#socket = null
        socket.close()
        reject(error)
      }
      socket.once('error', onFault)
      socket.on('message', (bytes, from) => this.#received(bytes, from))
      socket.bind(this.#localPort, () => {
        socket.off('error', onFault)
        socket.once('error', (error) => {
          this.#socket = null
          socket.close()
          for (const { events } of this.seats) events.lost(error.message)
        })
        resolve(socket)
      })
    })
  }

  #received(bytes: Buffer, from: RemoteInfo): void {
    const sameHost = [...this.seats].filter(({ peer }) => peer.address === from.address)
    const exact = sameHost.filter(({ peer }) => peer.port === from.port)
    // Some devices answer from another port than the one that was asked; that is plain while only one link leads to this host.
    const meant = exact.length > 0 || sameHost.length > 1 ? exact : sameHost
    for (const { events } of meant) events.received(bytes)
  }
}
