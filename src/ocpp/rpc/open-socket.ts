import type { IncomingMessage } from 'node:http'
import { type SecureContext, TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import type { Clock } from '../../model/clock.ts'
import { BridgeError } from '../../model/errors.ts'
import { printableUrl } from './address.ts'
import { retryAfterMs } from './back-off.ts'
import type { RpcLimits } from './limits.ts'
import { printable } from './notice-gate.ts'

/** How we show who we are and check who they are; made by `src/ocpp/security`. */
export interface RpcTransport {
  /** The Authorization header, or null. */
  readonly authorization: string | null
  /** Empty for ws, and for wss with what Node.js trusts. */
  readonly tls: { readonly secureContext?: SecureContext }
  /** The reason why TLS failed as a sentence, or null when the error is none of TLS. */
  explain(error: Error): string | null
}

export interface OpenRequest {
  readonly url: URL
  readonly subprotocols: readonly string[]
  readonly transport: RpcTransport
  readonly limits: RpcLimits
  readonly connectTimeoutMs: number
  readonly clock: Clock
  /** The CSMS has taken the WebSocket; its TLS connection, or null for ws. */
  readonly onUpgrade?: (tls: TLSSocket | null) => void
}

/** Time for the peer to answer our goodbye. */
const CLOSE_TIMEOUT_MS = 2000
const PROTOCOL_FAULTS = new Set(['Server sent no subprotocol', 'Server sent an invalid subprotocol'])

/**
 * Opens one WebSocket, paused: `resume()` it when its listeners are there. Follows no redirect. Throws CSMS_UNREACHABLE, CSMS_REFUSED (`details.status`,
 * `details.retryAfterMs`) or CSMS_PROTOCOL.
 */
export async function openSocket(request: OpenRequest, signal: AbortSignal): Promise<WebSocket> {
  signal.throwIfAborted()
  const { url, transport, limits, clock } = request
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>()
  const options = {
    ...transport.tls,
    rejectUnauthorized: true, // said, so that NODE_TLS_REJECT_UNAUTHORIZED cannot unsay it
    headers: transport.authorization === null ? {} : { Authorization: transport.authorization },
    perMessageDeflate: false,
    followRedirects: false,
    maxPayload: limits.maxFrameBytes,
    maxFragments: limits.maxFragments,
    maxBufferedChunks: 1024,
    closeTimeout: CLOSE_TIMEOUT_MS,
  }
  const socket = new WebSocket(url, [...request.subprotocols], options)
  const where = printableUrl(url)
  const onOpen = (): void => {
    socket.pause() // a frame that comes with the handshake waits until somebody listens
    resolve(socket)
  }
  const onError = (error: Error): void => reject(faultOf(error, where, request))
  const onResponse = (_: unknown, response: IncomingMessage): void => reject(refusalOf(response, where, clock.now()))
  socket.once('upgrade', ({ socket: line }) => request.onUpgrade?.(line instanceof TLSSocket ? line : null))
  socket.on('open', onOpen)
  socket.on('error', onError)
  socket.on('unexpected-response', onResponse)
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const timer = new AbortController()
  clock.sleep(request.connectTimeoutMs, timer.signal).then(
    () => reject(unreachable(where, `no answer within ${request.connectTimeoutMs / 1000} s`)),
    () => undefined, // opened or failed in time
  )
  try {
    await promise
    socket.off('error', onError)
    return socket
  } catch (error) {
    socket.terminate() // its error is the one we have; the listener stays to take it
    throw error
  } finally {
    timer.abort()
    signal.removeEventListener('abort', onAbort)
    socket.off('open', onOpen)
    socket.off('unexpected-response', onResponse)
  }
}

function refusalOf(response: IncomingMessage, where: string, nowMs: number): BridgeError {
  const status = response.statusCode ?? 0
  const wait = retryAfterMs(response.headers['retry-after'], nowMs)
  const details = wait === null ? { status } : { status, retryAfterMs: wait }
  const sentence = SENTENCES.get(status) ?? (status >= 300 && status < 400 ? 'a redirect, which is not followed' : '')
  const text = `${where} answered ${status}${sentence === '' ? '' : `: ${sentence}`}`
  return new BridgeError(status >= 500 || status === 429 ? 'CSMS_UNREACHABLE' : 'CSMS_REFUSED', text, { details })
}

const SENTENCES: ReadonlyMap<number, string> = new Map([
  [400, 'the request is not understood'],
  [401, 'the password is wrong or missing'],
  [403, 'this station is not allowed'],
  [404, 'the station id or the path is not known'],
  [429, 'too many attempts'],
  [503, 'out of service for now'],
])

function faultOf(error: Error, where: string, request: OpenRequest): BridgeError {
  if (PROTOCOL_FAULTS.has(error.message)) {
    const offered = request.subprotocols.join(', ')
    return new BridgeError('CSMS_PROTOCOL', `${where} does not speak ${offered}`, { cause: error })
  }
  const tls = request.transport.explain(error)
  return unreachable(where, tls ?? networkReason(error), error)
}

function unreachable(where: string, reason: string, cause?: Error): BridgeError {
  return new BridgeError('CSMS_UNREACHABLE', `${where}: ${reason}`, { cause })
}

function networkReason(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const known = NETWORK_REASONS.get(code)
  if (known !== undefined) return known
  if (code.startsWith('HPE_')) return 'what answers is not a web server'
  return printable(error.message === '' ? code : error.message)
}

const NETWORK_REASONS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'the connection was cut during the handshake'],
  ['ENOTFOUND', 'the name is not known to DNS'],
  ['EAI_AGAIN', 'DNS does not answer'],
  ['EHOSTUNREACH', 'no route to the host'],
  ['ENETUNREACH', 'no route to the network'],
  ['ETIMEDOUT', 'no answer'],
])
