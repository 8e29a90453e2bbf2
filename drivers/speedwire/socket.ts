import { createSocket, type Socket } from 'node:dgram'

import { inWords } from '../../src/wire/network-words.ts'
import type { SpeedwireAddress } from './url.ts'

const OWN_WORDS = {
  EADDRINUSE: 'this port is taken by a program that does not share it',
  ENODEV: 'no network that carries multicast: name one with ?interface=',
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
    throw new Error(inWords(error, OWN_WORDS), { cause: error })
  }
  socket.removeAllListeners('error')
  socket.on('error', (error) => events.failed(inWords(error, OWN_WORDS)))
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
    throw new Error(inWords(error, OWN_WORDS), { cause: error })
  }
  socket.removeAllListeners('error')
  // Nobody listens at a unicast address now: the next datagram may be heard.
  socket.on('error', () => undefined)
  return {
    send: (bytes) =>
      new Promise((resolve, reject) => {
        socket.send(bytes, port, host, (error) =>
          error === null ? resolve() : reject(new Error(inWords(error, OWN_WORDS))),
        )
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
