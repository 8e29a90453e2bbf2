/** Connection addresses of HTTP devices: `http://user:password@HOST:PORT/prefix`, `https://...?insecure=yes`. */

import { BridgeError } from '../../src/model/errors.ts'

export const HTTP_SCHEMES = ['http', 'https'] as const
export type LoginKind = 'basic' | 'digest'

export interface HttpAddress {
  readonly scheme: 'http' | 'https'
  /** Without brackets, also for IPv6. */
  readonly host: string
  readonly port: number
  /** Stands before each request's path; empty or `/like/this`. */
  readonly prefix: string
  readonly login: { readonly user: string; readonly password: string } | null
  /** The only kind of login that may be used; null: as the device asks. */
  readonly loginKind: LoginKind | null
  /** A certificate that nobody signed is accepted. */
  readonly insecure: boolean
  /** As it may be shown: without user, password and options. */
  readonly shown: string
}

const EXPECTED = 'expected is http://HOST, http://user:password@HOST:PORT/prefix or https://HOST?insecure=yes'

function bad(url: string, why: string): BridgeError {
  const shown = url.replace(/\/\/.*@/s, '//').slice(0, 200)
  return new BridgeError('LINK_BAD_URL', `${shown}: ${why}; ${EXPECTED}`)
}

/** Throws LINK_BAD_URL, which never shows a password. */
export function parseHttpUrl(url: string): HttpAddress {
  if (url.length > 1024) throw bad(url.slice(0, 1024), 'longer than 1024 characters')
  // `new URL` would take spaces, tabs and backslashes away in silence, and `http:host` as well.
  if (!/^https?:\/\/[^/?#\\]/.test(url)) throw bad(url, 'not http:// or https:// and a host')
  if (/[^\x21-\x7e]|[\\#]/.test(url)) throw bad(url, 'a space, # or \\ stands in it (in a password: %20, %23, %5C)')
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (parsed === null)
    throw bad(url, 'host, port or password cannot be read (in a password: %40 for @, %3A for :, %2F for /)')
  const scheme = parsed.protocol === 'https:' ? 'https' : 'http'
  const options = readOptions(url, parsed.searchParams)
  const prefix = parsed.pathname.replace(/\/+$/, '')
  return {
    scheme,
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? (scheme === 'https' ? 443 : 80) : Number(parsed.port),
    prefix,
    login: readLogin(url, parsed),
    ...options,
    shown: `${parsed.protocol}//${parsed.host}${prefix}`,
  }
}

function readLogin(url: string, parsed: URL): HttpAddress['login'] {
  if (parsed.username === '' && parsed.password === '') return null
  try {
    const user = decodeURIComponent(parsed.username)
    // A colon would end the name in the middle (RFC 7617 2).
    if (user === '' || user.includes(':')) throw bad(url, 'the user is empty or has a colon')
    return { user, password: decodeURIComponent(parsed.password) }
  } catch (error) {
    throw error instanceof BridgeError ? error : bad(url, 'user or password has a % that is no %XX')
  }
}

function readOptions(url: string, options: URLSearchParams): { loginKind: LoginKind | null; insecure: boolean } {
  let loginKind: LoginKind | null = null
  let insecure = false
  for (const [key, value] of options) {
    if (key === 'insecure' && value === 'yes') insecure = true
    else if (key === 'login' && (value === 'basic' || value === 'digest')) loginKind = value
    else throw bad(url, `unknown option ${key}=${value}; there is insecure=yes and login=basic or login=digest`)
  }
  return { loginKind, insecure }
}
