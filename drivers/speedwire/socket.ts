import { createSocket, type Socket } from 'node:dgram'

import type { SpeedwireAddress } from './url.ts'

const WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'this port is taken by a program that does not share it',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENODEV: 'no network that carries multicast: name one with ?interface=',
  ENETUNREACH: 'no way to this network',
  EACCES: 'not allowed (ports below 1024 need root)',
}

function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return WORDS[code] ?? error.message
}

export interface Ear {
  readonly close: () => Promise<void>
}

/** Hears the group, or what is sent to us alone; several programs and links may share the port. Rejects in words. */
export async function listen(
  { host, multicast, port, interfaceAddress }: SpeedwireAddress,
  events: { readonly datagram: (bytes: Buffer) => void; readonly failed: (reason: string) => void },
): Promise<Ear> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      // Bound to the group, it hears nothing that other programs have joined.
      socket.bind({ address: host, port }, resolve)
    })
    if (multicast) socket.addMembership(host, interfaceAddress ?? undefined)
  } catch (error) {
    await close(socket)
    throw new Error(inWords(error), { cause: error })
  }
  socket.removeAllListeners('error')
  socket.on('error', (error) => events.failed(inWords(error)))
  socket.on('message', events.datagram)
  return { close: () => close(socket) }
}

export interface Mouth {
  readonly send: (bytes: Buffer) => Promise<void>
  readonly close: () => Promise<void>
}

/** Sends to the group, or to one machine. Rejects in words. */
export async function speak({ host, multicast, port, interfaceAddress }: SpeedwireAddress): Promise<Mouth> {
  const socket = createSocket('udp4')
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ address: interfaceAddress ?? '0.0.0.0', port: 0 }, resolve)
    })
    if (multicast && interfaceAddress !== null) socket.setMulticastInterface(interfaceAddress)
  } catch (error) {
    await close(socket)
    throw new Error(inWords(error), { cause: error })
  }
  socket.removeAllListeners('error')
  // Nobody listens at a unicast address now: the next datagram may be heard.
  socket.on('error', () => undefined)
  return {
    send: (bytes) =>
      new Promise((resolve, reject) => {
        socket.send(bytes, port, host, (error) => (error === null ? resolve() : reject(new Error(inWords(error)))))
      }),
    close: () => close(socket),
  }
}

function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.removeAllListeners()
    socket.on('error', () => undefined)
    socket.close(() => resolve())
  })
}
