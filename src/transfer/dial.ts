/** The connection below every transfer: the name is looked up once, every address is checked, and the socket goes to a checked one. */
import { lookup } from 'node:dns/promises'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls, getCACertificates, type ConnectionOptions, type TLSSocket } from 'node:tls'

import { whyRefused } from './address-rules.ts'
import { failed, refused } from './fault.ts'
import { hostOf, type Location } from './location.ts'
import type { LookUp, TransferPolicy } from './policy.ts'

const ADDRESSES_MAX = 8
const CONNECT_MS = 15_000

/** An open connection to the server. Rejects with TRANSFER_REFUSED when one of its addresses may not be reached. */
export async function dial(location: Location, policy: TransferPolicy, signal: AbortSignal): Promise<Socket> {
  const addresses = await addressesOf(location, policy)
  signal.throwIfAborted()
  let last: unknown = null
  for (const address of addresses) {
    try {
      return await connectTo(address, location.port, signal)
    } catch (error) {
      signal.throwIfAborted()
      last = error
    }
  }
  throw last
}

/** A connection to an address that was checked before. */
export function connectTo(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const socket = connect({ host: address, port, noDelay: true })
    const end = (error: unknown): void => {
      socket.destroy()
      signal.removeEventListener('abort', onAbort)
      reject(error)
    }
    const onAbort = (): void => end(signal.reason)
    const onTimeout = (): void => end(Object.assign(new Error('no reply'), { code: 'ETIMEDOUT' }))
    signal.addEventListener('abort', onAbort, { once: true })
    socket.setTimeout(CONNECT_MS, onTimeout)
    socket.once('error', end)
    socket.once('connect', () => {
      socket.removeListener('error', end)
      socket.removeListener('timeout', onTimeout)
      socket.setTimeout(0)
      signal.removeEventListener('abort', onAbort)
      // Whoever takes it over listens too; until then a reset must not end the process.
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })
}

/** What TLS must keep to, for the host that the URL named and not for the address. */
export function tlsOptions(location: Location, policy: TransferPolicy): ConnectionOptions {
  return {
    host: location.host,
    ...(isIP(location.host) === 0 ? { servername: location.host } : {}),
    minVersion: 'TLSv1.2',
    ...(policy.trustedCertificates.length === 0
      ? {}
      : { ca: [...getCACertificates('default'), ...policy.trustedCertificates] }),
  }
}

/** TLS over an open connection. Rejects when chain or name are wrong. */
export function secure(socket: Socket, options: ConnectionOptions, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const end = (error: unknown): void => {
      over.destroy()
      socket.destroy()
      signal.removeEventListener('abort', onAbort)
      reject(error)
    }
    const onAbort = (): void => end(signal.reason)
    const onClose = (): void => end(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
    const over = connectTls({ ...options, socket }, () => {
      over.removeListener('error', end)
      over.removeListener('close', onClose)
      signal.removeEventListener('abort', onAbort)
      over.on('error', () => undefined)
      resolve(over)
    })
    signal.addEventListener('abort', onAbort, { once: true })
    over.once('error', end)
    over.once('close', onClose)
  })
}

async function addressesOf(location: Location, policy: TransferPolicy): Promise<readonly string[]> {
  const { host } = location
  const found = isIP(host) === 0 ? await (policy.lookUp ?? systemLookUp)(host) : [host]
  if (found.length === 0) throw failed(hostOf(location), 'this name has no address')
  for (const address of found) {
    const why = whyRefused(address, policy)
    if (why !== null) throw refused(hostOf(location), `${why}, which this site does not allow`)
  }
  return found.slice(0, ADDRESSES_MAX)
}

const systemLookUp: LookUp = async (host) => {
  const found = await lookup(host, { all: true })
  return found.map(({ address }) => address)
}
