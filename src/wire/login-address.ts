/** Addresses as a browser reads them: `scheme://user:password@HOST:PORT/path?options`. */

import { ADDRESS_LIMIT, type Bad } from './address.ts'

export interface LoginAddress<S extends string> {
  readonly scheme: S
  /** Without brackets, also for IPv6. */
  readonly host: string
  /** As it stands in an address. */
  readonly hostname: string
  readonly port: number
  readonly path: string
  readonly login: { readonly user: string; readonly password: string } | null
  readonly options: URLSearchParams
}

/** Throws LINK_BAD_URL. @param ports the port of each scheme where none is written */
export function parseLoginAddress<S extends string>(
  url: string,
  ports: Readonly<Record<S, number>>,
  bad: Bad,
): LoginAddress<S> {
  if (url.length > ADDRESS_LIMIT) throw bad(`longer than ${ADDRESS_LIMIT} characters`)
  const scheme = schemesOf(ports).find((name) => url.startsWith(`${name}://`))
  const rest = scheme === undefined ? '' : url.slice(`${scheme}://`.length)
  // `new URL` would take spaces, tabs and backslashes away in silence, and `http:host` as well.
  if (scheme === undefined || !/^[^/?#\\]/.test(rest)) {
    throw bad(`not ${schemesOf(ports).join(':// or ')}:// and a host`)
  }
  if (/[^\x21-\x7e]|[\\#]/.test(url)) throw bad('a space, # or \\ stands in it (in a password: %20, %23, %5C)')
  // Read as https, whose hosts and ports are checked, whatever the scheme is.
  const parsed = URL.canParse(`https://${rest}`) ? new URL(`https://${rest}`) : null
  if (parsed === null) {
    throw bad('host, port or password cannot be read (in a password: %40 for @, %3A for :, %2F for /)')
  }
  // The port that https leaves out may be written here, and mean something.
  const [authority = ''] = /^[^/?]*/.exec(rest) ?? []
  const written = /:(\d{1,5})$/.exec(authority)?.[1]
  return {
    scheme,
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    hostname: parsed.hostname,
    port: written === undefined ? ports[scheme] : Number(written),
    path: parsed.pathname,
    login: readLogin(parsed, bad),
    options: parsed.searchParams,
  }
}

function schemesOf<S extends string>(ports: Readonly<Record<S, number>>): readonly S[] {
  return Object.keys(ports) as S[]
}

function readLogin({ username, password }: URL, bad: Bad): LoginAddress<string>['login'] {
  if (username === '' && password === '') return null
  try {
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
  } catch {
    throw bad('user or password has a % that is no %XX')
  }
}
