/** A request as it goes out: checked, with the prefix of its address before the path. */

import type { DocumentRead, DocumentWrite } from '../../src/model/driver.ts'
import type { HttpAddress } from './url.ts'

/** Of a request and of an answer, bytes. */
export const BODY_LIMIT = 256 * 1024
const PATH_LIMIT = 8 * 1024
const HEADERS_LIMIT = 8 * 1024
/** These say how the message is carried; a wrong one would make two requests of one. */
const OURS = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
])

export interface Outgoing {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** With prefix and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  /** For errors: without the query, where tokens may stand. */
  readonly name: string
}

/** The request, or why it cannot go out. */
export function toOutgoing(
  address: HttpAddress,
  request: DocumentRead | DocumentWrite,
): Outgoing | { readonly problem: string } {
  if (request.kind !== 'http') return { problem: 'the HTTP driver does not know this kind of request' }
  const { method, headers, body } = request
  const path = address.prefix + request.path
  if (method !== 'GET' && method !== 'POST' && method !== 'PUT')
    return { problem: 'the method is not GET, POST or PUT' }
  if (!request.path.startsWith('/')) return { problem: 'the path does not begin with /' }
  if (!/^[\x21-\x7e]+$/.test(path) || path.includes('#')) {
    return { problem: 'the path has a character that must be written as %XX' }
  }
  if (path.length > PATH_LIMIT) return { problem: `the path is longer than ${PATH_LIMIT} characters` }
  if (body !== null && Buffer.byteLength(body) > BODY_LIMIT)
    return { problem: `the body is larger than ${BODY_LIMIT} bytes` }
  const problem = headerProblem(headers, address)
  if (problem !== null) return { problem }
  return { method, path, headers: withBodyType(headers, body), body, name: `${method} ${path.split('?', 1).join('')}` }
}

function headerProblem(headers: Readonly<Record<string, string>>, address: HttpAddress): string | null {
  let size = 0
  for (const [name, value] of Object.entries(headers)) {
    size += name.length + value.length + 4
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return 'a header has a name that HTTP does not know'
    if (!/^[\x20-\x7e]*$/.test(value)) return `the header ${name} has a character that cannot stand there`
    if (OURS.has(name.toLowerCase())) return `the header ${name} is the driver's own`
    if (name.toLowerCase() === 'authorization' && address.login !== null) {
      return 'there is both a user in the address and an Authorization header'
    }
  }
  return size > HEADERS_LIMIT ? `the headers are longer than ${HEADERS_LIMIT} characters` : null
}

/** Small devices do not read a body whose type they are not told. */
function withBodyType(
  headers: Readonly<Record<string, string>>,
  body: string | null,
): Readonly<Record<string, string>> {
  if (body === null || Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')) return headers
  const json = /^\s*[[{]/.test(body)
  return { ...headers, 'Content-Type': json ? 'application/json' : 'application/x-www-form-urlencoded' }
}
