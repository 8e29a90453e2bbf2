/** The device side: a bound port that answers what its bank knows and keeps silent to the rest. */

import { lookup } from 'node:dns/promises'
import { createSocket, type RemoteInfo } from 'node:dgram'

import type { DeviceServer, DocumentBank } from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'
import { formatHostAndPort } from '../../src/wire/address.ts'
import { DATAGRAM_LIMIT } from './link.ts'
import { inWords } from './send-words.ts'
import type { UdpAddress } from './url.ts'

/** Throws LINK_UNREACHABLE when the port is taken. */
export async function serveUdp(address: UdpAddress, bank: DocumentBank): Promise<DeviceServer> {
  const found = await lookup(address.host).catch(() => null)
  if (found === null)
    throw new BridgeError('LINK_UNREACHABLE', `cannot listen on ${address.shown}: this name is not known`)
  const socket = createSocket(found.family === 6 ? 'udp6' : 'udp4')
  await new Promise<void>((resolve, reject) => {
    const onFault = (error: Error): void => {
      socket.close()
      reject(new BridgeError('LINK_UNREACHABLE', `cannot listen on ${address.shown}: ${inWords(error, address.port)}`))
    }
    socket.once('error', onFault)
    socket.bind(address.port, found.address, () => {
      socket.off('error', onFault)
      // A client that cannot be answered concerns that client only.
      socket.on('error', () => undefined)
      resolve()
    })
  })
  socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
    const answer = bytes.length > DATAGRAM_LIMIT ? null : answerOf(bank, bytes.toString())
    if (answer !== null) socket.send(answer, address.replyPort ?? from.port, from.address, () => undefined)
  })
  return {
    // The asking side of this machine cannot have the same port: it takes the fixed one, or any.
    url: `udp://${formatHostAndPort(address.host, socket.address().port)}?local=${address.replyPort ?? 0}`,
    close: () => new Promise((done) => socket.close(() => done())),
  }
}

/** Null: silence. */
function answerOf(bank: DocumentBank, text: string): Buffer | null {
  try {
    const told = bank.answer({ kind: 'datagram', text, match: null })
    return told === null ? null : Buffer.from(told.body)
  } catch {
    // A device that refuses says nothing that we could word for it.
    return null
  }
}
