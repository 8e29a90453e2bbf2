/** Connection addresses of HTTP devices: `http://user:password@HOST:PORT/prefix`, `https://...?insecure=yes`. */

import { badAddress, type Bad } from '../../src/wire/address.ts'
import { parseLoginAddress } from '../../src/wire/login-address.ts'

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

const PORTS = { http: 80, https: 443 } as const
const EXPECTED = 'expected is http://HOST, http://user:password@HOST:PORT/prefix or https://HOST?insecure=yes'

/** Throws LINK_BAD_URL, which never shows a password. */
export function parseHttpUrl(url: string): HttpAddress {
  const bad = badAddress(url, EXPECTED)
  const { scheme, host, hostname, port, path, login, options } = parseLoginAddress(url, PORTS, bad)
  // A colon would end the name in the middle (RFC 7617 2).
  if (login !== null && (login.user === '' || login.user.includes(':'))) throw bad('the user is empty or has a colon')
  const prefix = path.replace(/\/+$/, '')
  return {
    scheme,
    host,
    port,
    prefix,
    login,
    ...readOptions(options, bad),
    shown: `${scheme}://${hostname}${port === PORTS[scheme] ? '' : `:${port}`}${prefix}`,
  }
}

function readOptions(options: URLSearchParams, bad: Bad): { loginKind: LoginKind | null; insecure: boolean } {
  let loginKind: LoginKind | null = null
  let insecure = false
  for (const [key, value] of options) {
    if (key === 'insecure' && value === 'yes') insecure = true
    else if (key === 'login' && (value === 'basic' || value === 'digest')) loginKind = value
    else throw bad(`unknown option ${key}=${value}; there is insecure=yes and login=basic or login=digest`)
  }
  return { loginKind, insecure }
}
