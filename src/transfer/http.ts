/** Files by HTTP and HTTPS. */
import { createReadStream } from 'node:fs'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import type { ArrivingFile } from './arriving-file.ts'
import { dial, secure, tlsOptions } from './dial.ts'
import { failed, refused, serverText } from './fault.ts'
import { hostOf, readLocation, secretsOf, type Location } from './location.ts'
import type { LeavingFile } from './leaving-file.ts'
import type { TransferPolicy } from './policy.ts'
import type { Watch } from './watch.ts'

const REDIRECTS_MAX = 3
const HEADER_BYTES_MAX = 16 * 1024
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]
/** A request with its body keeps its method only so (303 means: read the outcome elsewhere). */
const UPLOAD_REDIRECTS: readonly number[] = [301, 302, 307, 308]
/** The server knows no PUT here; charging stations in the field send POST then. */
const NO_PUT: readonly number[] = [404, 405, 501]
/** They say themselves that it may go well later. */
const PASSING: readonly number[] = [408, 423, 425, 429]
/** How long a server may think about `Expect: 100-continue` before the body comes anyway (RFC 9110 10.1.1); curl waits as long. */
const CONTINUE_MS = 1_000

/** From a server that knows no `Expect`: the request is sent again without (RFC 9110 15.5.18). */
const EXPECTATION_FAILED = 417

type Method = 'GET' | 'PUT' | 'POST'

interface Body {
  readonly file: LeavingFile
  /** The server is asked for leave before the body is sent. */
  readonly expect: boolean
}

/** The body of the answer, into `file`. */
export async function downloadByHttp(
  first: Location,
  policy: TransferPolicy,
  file: ArrivingFile,
  admit: (bytes: number) => void,
  watch: Watch,
): Promise<void> {
  const { answer, location } = await following(first, REDIRECTS, (at) => ask(at, 'GET', policy, null, watch))
  if (answer.statusCode !== 200) throw badAnswer(answer, location)
  if (answer.headers['content-encoding'] !== undefined && answer.headers['content-encoding'] !== 'identity')
    throw failed(hostOf(location), 'it answered with a compressed body that was not asked for')
  const length = answer.headers['content-length']
  if (length !== undefined) admit(Number(length))
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    watch.moved(chunk.length)
    admit(file.sizeBytes + chunk.length)
    await file.write(chunk)
  }
  // A body cut short throws; one without a length that ends early cannot be told from a whole one.
}

/** By PUT to where the target points; by POST when the server knows no PUT there. */
export async function uploadByHttp(
  first: Location,
  policy: TransferPolicy,
  file: LeavingFile,
  watch: Watch,
): Promise<void> {
  let body: Body = { file, expect: true }
  const send = async (method: Method) => {
    const sent = await following(first, UPLOAD_REDIRECTS, (at) => ask(at, method, policy, body, watch))
    if (sent.answer.statusCode !== EXPECTATION_FAILED || !body.expect) return sent
    sent.answer.destroy()
    body = { file, expect: false }
    return following(first, UPLOAD_REDIRECTS, (at) => ask(at, method, policy, body, watch))
  }
  let done = await send('PUT')
  if (NO_PUT.includes(done.answer.statusCode ?? 0)) {
    done.answer.destroy()
    done = await send('POST')
  }
  const { answer, location } = done
  answer.destroy()
  const status = answer.statusCode ?? 0
  if (status < 200 || status > 299) throw badAnswer(answer, location)
}

/** The location with the file's name in it, where it names a folder: it ends in `/` or has no path at all. */
export function httpFileLocation(location: Location, fileName: string): Location {
  const [, path = '/', query = ''] = /^([^?]*)(.*)$/.exec(location.requestTarget) ?? []
  if (!path.endsWith('/')) return location
  const name = encodeURIComponent(fileName)
  return { ...location, requestTarget: `${path}${name}${query}`, redacted: `${location.redacted}${name}` }
}

async function following(
  first: Location,
  followed: readonly number[],
  send: (location: Location) => Promise<IncomingMessage>,
): Promise<{ readonly answer: IncomingMessage; readonly location: Location }> {
  let location = first
  for (let redirects = 0; ; redirects += 1) {
    const answer = await send(location)
    const to = answer.headers.location
    if (!followed.includes(answer.statusCode ?? 0) || to === undefined) return { answer, location }
    answer.destroy()
    if (redirects === REDIRECTS_MAX) throw refused(hostOf(location), `more than ${REDIRECTS_MAX} redirects`)
    location = redirected(location, to)
  }
}

/** Checked as the first one was; the login stays with its host. */
function redirected(from: Location, to: string): Location {
  const base = `${from.protocol.toLowerCase()}://${hostOf(from)}${from.requestTarget}`
  const url = URL.parse(to, base)
  if (url === null) throw refused(hostOf(from), 'it redirects to something that is not a URL')
  // The parser resolves `..` of a relative address; what is left has none.
  const next = readLocation(url.href)
  if (next.protocol !== 'HTTP' && next.protocol !== 'HTTPS')
    throw refused(hostOf(from), `it redirects to ${next.protocol.toLowerCase()}://`)
  if (from.protocol === 'HTTPS' && next.protocol === 'HTTP')
    throw refused(hostOf(from), 'it redirects from https to http')
  const sameServer = next.host === from.host && (next.port === from.port || next.protocol !== from.protocol)
  return { ...next, login: sameServer ? from.login : null }
}

/** One request; resolves with its answer's head. */
async function ask(
  location: Location,
  method: Method,
  policy: TransferPolicy,
  body: Body | null,
  watch: Watch,
): Promise<IncomingMessage> {
  watch.awaitAnswer()
  const plain = await dial(location, policy, watch.signal)
  const socket: Duplex =
    location.protocol === 'HTTPS' ? await secure(plain, tlsOptions(location, policy), watch.signal) : plain
  watch.signal.addEventListener('abort', () => socket.destroy(), { once: true })
  watch.awaitAnswer()
  const outgoing = request({
    method,
    path: location.requestTarget,
    createConnection: () => socket,
    maxHeaderSize: HEADER_BYTES_MAX,
    headers: {
      host: hostHeader(location),
      'user-agent': 'ampbridge',
      accept: '*/*',
      'accept-encoding': 'identity',
      connection: 'close',
      ...basic(location),
      ...(body === null ? {} : { 'content-type': body.file.contentType, 'content-length': body.file.sizeBytes }),
      ...(body?.expect === true ? { expect: '100-continue' } : {}),
    },
  })
  const answered = answerTo(outgoing, socket)
  if (body === null) outgoing.end()
  else await Promise.race([sendBody(outgoing, body, watch, answered), answered])
  return answered
}

function answerTo(outgoing: ClientRequest, socket: Duplex): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once('response', (answer) => {
      // A reset after the head is told by whoever reads the body.
      answer.on('error', () => undefined)
      resolve(answer)
    })
    outgoing.on('error', (error) => {
      socket.destroy()
      reject(error)
    })
  })
}

/** Waits for leave to send, so that a server which wants another method or a login says so before the body is on its way. */
async function sendBody(
  outgoing: ClientRequest,
  { file, expect }: Body,
  watch: Watch,
  answered: Promise<IncomingMessage>,
): Promise<void> {
  outgoing.flushHeaders()
  if (expect && (await answersFirst(outgoing, answered))) return
  if (file.sizeBytes === 0) {
    outgoing.end()
    return
  }
  const source = createReadStream(file.path, { end: file.sizeBytes - 1 })
  try {
    await pipeline(source, metered(watch), outgoing)
    watch.awaitAnswer()
  } catch (error) {
    // A server may answer and hang up before it has read all; then the answer counts.
    const early = await Promise.race([answered.then(() => true), soon()])
    if (!early) throw error
  } finally {
    source.destroy()
  }
}

/** True when the answer is there before leave to send is; false when it is our turn. */
function answersFirst(outgoing: ClientRequest, answered: Promise<IncomingMessage>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), CONTINUE_MS)
    const end = (isAnswer: boolean): void => {
      clearTimeout(timer)
      resolve(isAnswer)
    }
    outgoing.once('continue', () => end(false))
    // A fault is told by `answered` itself.
    answered.then(
      () => end(true),
      () => end(true),
    )
  })
}

function soon(): Promise<false> {
  return new Promise((resolve) => setTimeout(() => resolve(false), 200))
}

function metered(watch: Watch) {
  return async function* meter(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      watch.moved(chunk.length)
      yield chunk
    }
  }
}

function hostHeader(location: Location): string {
  const usual = location.port === (location.protocol === 'HTTPS' ? 443 : 80)
  return usual ? hostOf(location).replace(/:\d+$/, '') : hostOf(location)
}

function basic({ login }: Location): { authorization?: string } {
  if (login === null) return {}
  return { authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}` }
}

function badAnswer(answer: IncomingMessage, location: Location): Error {
  const status = answer.statusCode ?? 0
  answer.destroy()
  const why =
    status === 401 || status === 403
      ? `it refuses our login (HTTP ${status})`
      : `it answered HTTP ${status} ${serverText(answer.statusMessage ?? '', secretsOf(location))}`.trimEnd()
  const forGood = status >= 400 && status < 500 && !PASSING.includes(status)
  return forGood ? refused(hostOf(location), why) : failed(hostOf(location), why)
}
