/** One request on the wire and its whole answer, within one time-out and inside limits. */

import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

import type { Clock } from '../../src/model/clock.ts'
import type { ErrorCode } from '../../src/model/errors.ts'
import { inWords } from '../../src/wire/network-words.ts'
import { toText } from '../../src/wire/text.ts'
import { BODY_LIMIT, type Outgoing } from './outgoing.ts'
import type { HttpAddress } from './url.ts'

const HEADER_LIMIT = 16 * 1024
const NO_TLS = 'it does not speak TLS here: is it http:// or another port?'
const OWN_WORDS = { EPROTO: NO_TLS, ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS }

export interface HttpAnswer {
  readonly status: number
  /** Those of `WWW-Authenticate`. */
  readonly challenges: readonly string[]
  readonly location: string | null
  readonly contentType: string
  readonly body: string
  /** When its last byte came (monotonic ms). */
  readonly at: number
}

/** Why there is no answer. */
export class NoAnswer extends Error {
  readonly code: ErrorCode & ('LINK_UNREACHABLE' | 'LINK_CLOSED' | 'DEVICE_TIMEOUT' | 'DEVICE_BAD_ANSWER')
  /** The device hung up a kept connection, as it may at any time, before it said a word. */
  readonly hungUpIdle: boolean

  constructor(code: NoAnswer['code'], why: string, hungUpIdle = false) {
    super(why)
    this.name = 'NoAnswer'
    this.code = code
    this.hungUpIdle = hungUpIdle
  }
}

export interface Wire {
  readonly address: HttpAddress
  readonly agent: Agent
  readonly clock: Clock
}

/** Rejects with a `NoAnswer`, or at once with the signal's reason; the connection is then gone. */
export function exchange(
  { address, agent, clock }: Wire,
  { method, path, headers, body }: Outgoing,
  authorization: string | null,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const options: RequestOptions = {
    agent,
    host: address.host,
    port: address.port,
    method,
    path,
    maxHeaderSize: HEADER_LIMIT,
    headers: {
      'User-Agent': 'ampbridge',
      Accept: '*/*',
      'Accept-Encoding': 'identity',
      ...headers,
      ...(authorization === null ? {} : { Authorization: authorization }),
      ...(body === null ? {} : { 'Content-Length': Buffer.byteLength(body) }),
    },
  }
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const timer = new AbortController()
    const sent: ClientRequest = address.scheme === 'https' ? httpsRequest(options) : httpRequest(options)
    let connected = false
    let begun = false

    const end = (): void => {
      timer.abort()
      signal.removeEventListener('abort', onAbort)
    }
    const fail = (error: unknown): void => {
      end()
      sent.destroy()
      reject(error instanceof Error ? error : new Error(String(error)))
    }
    const onAbort = (): void => fail(signal.reason)
    const onError = (error: NodeJS.ErrnoException): void => fail(noAnswer(error, connected, begun, sent.reusedSocket))

    signal.addEventListener('abort', onAbort, { once: true })
    clock.sleep(timeoutMs, timer.signal).then(
      () => fail(timedOut(timeoutMs, connected, begun)),
      () => undefined,
    )
    sent.on('error', onError)
    sent.once('socket', (socket) => {
      connected = sent.reusedSocket
      if (connected) return
      socket.once(address.scheme === 'https' ? 'secureConnect' : 'connect', () => {
        connected = true
      })
    })
    sent.once('upgrade', () => fail(new NoAnswer('DEVICE_BAD_ANSWER', 'it wants to change the protocol')))
    sent.once('response', (answer) => {
      begun = true
      takeBody(answer).then((bytes) => {
        end()
        resolve(toAnswer(answer, bytes, clock.monotonic()))
      }, fail)
    })
    sent.end(body ?? undefined)
  })
}

function takeBody(answer: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const bad = (why: string): void => reject(new NoAnswer('DEVICE_BAD_ANSWER', why))
    const encoding = answer.headers['content-encoding']
    const chunks: Buffer[] = []
    let size = 0
    answer.on('error', () => bad(`the answer breaks off after ${size} bytes`))
    answer.once('close', () => bad(`the answer breaks off after ${size} bytes`))
    if (Number(answer.headers['content-length'] ?? 0) > BODY_LIMIT) bad(`the answer is larger than ${BODY_LIMIT} bytes`)
    if (encoding !== undefined && encoding !== 'identity') bad('the answer is compressed, which was not asked for')
    answer.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > BODY_LIMIT) bad(`the answer is larger than ${BODY_LIMIT} bytes`)
      else chunks.push(chunk)
    })
    answer.once('end', () => resolve(Buffer.concat(chunks)))
  })
}

function toAnswer(answer: IncomingMessage, bytes: Buffer, at: number): HttpAnswer {
  return {
    status: answer.statusCode ?? 0,
    challenges: answer.headersDistinct['www-authenticate'] ?? [],
    location: answer.headers.location ?? null,
    contentType: answer.headers['content-type'] ?? '',
    // What the device calls its content is often wrong and never asked.
    body: toText(bytes),
    at,
  }
}

function timedOut(timeoutMs: number, connected: boolean, begun: boolean): NoAnswer {
  if (!connected) return new NoAnswer('LINK_UNREACHABLE', `not connected within ${timeoutMs} ms`)
  return new NoAnswer(
    'DEVICE_TIMEOUT',
    begun ? `the answer is not complete within ${timeoutMs} ms` : `no answer within ${timeoutMs} ms`,
  )
}

function noAnswer(error: NodeJS.ErrnoException, connected: boolean, begun: boolean, reused: boolean): NoAnswer {
  const code = error.code ?? ''
  if (code.startsWith('HPE_'))
    return new NoAnswer(
      'DEVICE_BAD_ANSWER',
      `the answer is not HTTP (${code.slice(4).toLowerCase().replaceAll('_', ' ')})`,
    )
  if (!connected) return new NoAnswer('LINK_UNREACHABLE', inWords(error, OWN_WORDS))
  if (begun) return new NoAnswer('DEVICE_BAD_ANSWER', 'the answer breaks off')
  return new NoAnswer('LINK_CLOSED', 'it hung up without an answer', reused)
}
