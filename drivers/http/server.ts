/** The device side: answers what its bank knows, 404 to the rest. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

import type { DeviceServer, DocumentBank } from '../../src/model/driver.ts'
import { BridgeError, isBridgeError } from '../../src/model/errors.ts'
import { formatHostAndPort } from '../../src/wire/address.ts'
import { inWords } from '../../src/wire/network-words.ts'
import { BODY_LIMIT } from './outgoing.ts'
import type { HttpAddress } from './url.ts'

const CLIENT_LIMIT = 32
const HEADER_LIMIT = 16 * 1024
/** A request takes no longer to come in. */
const REQUEST_LIMIT_MS = 10_000

/** Throws LINK_UNREACHABLE when the port is taken. */
export async function serveHttp(address: HttpAddress, bank: DocumentBank): Promise<DeviceServer> {
  const server = createServer(
    {
      maxHeaderSize: HEADER_LIMIT,
      requestTimeout: REQUEST_LIMIT_MS,
      headersTimeout: REQUEST_LIMIT_MS,
      connectionsCheckingInterval: 1000,
    },
    (request, response) => {
      takeBody(request).then(
        (body) => answer(address, bank, request, body, response),
        () => request.destroy(),
      )
    },
  )
  server.maxConnections = CLIENT_LIMIT
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(new BridgeError('LINK_UNREACHABLE', `cannot listen on ${address.shown}: ${inWords(error)}`))
    })
    server.listen({ host: address.host, port: address.port }, resolve)
  })
  const bound = server.address()
  const port = bound !== null && typeof bound === 'object' ? bound.port : address.port
  return {
    url: `http://${formatHostAndPort(address.host, port)}${address.prefix}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

/** Null: too large. */
async function takeBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    // Read to its end all the same: who hangs up on a sender is not heard.
    if (size <= BODY_LIMIT) chunks.push(bytes)
  }
  return size > BODY_LIMIT ? null : Buffer.concat(chunks).toString()
}

function answer(
  { prefix }: HttpAddress,
  bank: DocumentBank,
  request: IncomingMessage,
  body: string | null,
  response: ServerResponse,
): void {
  const { method, url = '' } = request
  if (body === null) {
    say(response, 413, 'the body is too large')
    return
  }
  if (method !== 'GET' && method !== 'POST' && method !== 'PUT') {
    say(response, 405, 'GET, POST or PUT')
    return
  }
  const inside = url.startsWith(`${prefix}/`)
  const headers = Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, values?.join(', ') ?? '']),
  )
  try {
    const told = inside
      ? bank.answer({ kind: 'http', method, path: url.slice(prefix.length), headers, body: body === '' ? null : body })
      : null
    if (told === null) say(response, 404, 'not found')
    else say(response, told.status, told.body)
  } catch (error) {
    const status = isBridgeError(error, 'DEVICE_EXCEPTION') ? Number(error.details['status'] ?? 400) : 500
    say(response, status, error instanceof Error ? error.message : 'failed')
  }
}

function say(response: ServerResponse, status: number, body: string): void {
  const known = Number.isInteger(status) && status >= 200 && status <= 599 ? status : 500
  const bytes = Buffer.from(body)
  const type = /^\s*[[{]/.test(body) ? 'application/json' : 'text/plain; charset=utf-8'
  response.writeHead(known, { 'Content-Type': type, 'Content-Length': bytes.length })
  response.end(bytes)
}
