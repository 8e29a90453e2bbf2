/** What the addresses of several drivers have in common: `scheme://HOST:PORT?options`, `scheme:/dev/port?options`. */

import { withoutSecrets } from '../model/address.ts'
import { BridgeError } from '../model/errors.ts'

export const ADDRESS_LIMIT = 1024

/** Makes the LINK_BAD_URL of one address out of what is wrong with it. */
export type Bad = (why: string) => BridgeError

/** LINK_BAD_URL, which shows no password and no key. @param expected what should stand there; empty: `why` says enough */
export function badAddress(url: string, expected = ''): Bad {
  // What is too long is not searched for secrets, so none of it is shown.
  const shown = url.length > ADDRESS_LIMIT ? url.slice(0, 20).split(':', 1).join('') : withoutSecrets(url).slice(0, 200)
  return (why) => new BridgeError('LINK_BAD_URL', `${shown}: ${why}${expected === '' ? '' : `; ${expected}`}`)
}

export interface Address<S extends string> {
  readonly scheme: S
  /** From the colon behind the scheme to the `?`. */
  readonly place: string
  readonly options: URLSearchParams
}

/** Throws LINK_BAD_URL. */
export function takeApart<S extends string>(url: string, schemes: readonly S[], bad: Bad): Address<S> {
  if (url.length > ADDRESS_LIMIT) throw bad(`longer than ${ADDRESS_LIMIT} characters`)
  const scheme = schemes.find((name) => url.startsWith(`${name}:`))
  if (scheme === undefined) throw bad(`not one of ${schemes.join(', ')}`)
  const [place = '', query = ''] = url.slice(scheme.length + 1).split(/\?(.*)/s)
  return { scheme, place, options: new URLSearchParams(query) }
}

/** Throws LINK_BAD_URL: an option with a slip of the pen must not be passed over. */
export function refuseUnknown(options: URLSearchParams, known: readonly string[], bad: Bad): void {
  for (const key of options.keys()) {
    if (known.includes(key)) continue
    throw bad(`unknown option ${key}; ${known.length === 0 ? 'there is none' : `known are ${known.join(', ')}`}`)
  }
}

/** Reads `//HOST:PORT`; the host without brackets, also for IPv6. Throws LINK_BAD_URL. @param defaultPort null: it must be written */
export function parseHostAndPort(
  place: string,
  defaultPort: number | null,
  bad: Bad,
): { readonly host: string; readonly port: number } {
  const [, six, name, digits] = /^\/\/(?:\[([\w:.%]+)\]|([^\s/:@[\]]+))(?::(\d{1,5}))?\/?$/.exec(place) ?? []
  const host = six ?? name
  const port = digits === undefined ? defaultPort : parsePort(digits, bad)
  if (host === undefined || port === null) throw bad('not //HOST:PORT')
  return { host, port }
}

/** Throws LINK_BAD_URL. */
export function parsePort(digits: string, bad: Bad): number {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : Number.NaN
  if (!(port <= 65_535)) throw bad(`port ${digits} is not 0 to 65535`)
  return port
}

/** `HOST:PORT` as it stands in an address. */
export function formatHostAndPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Reads the path of a serial port. Throws LINK_BAD_URL. */
export function parsePortPath(place: string, bad: Bad): string {
  if (!place.startsWith('/') || place.includes('\0')) throw bad('the serial port is not a path like /dev/ttyUSB0')
  return place.replace(/^\/\/+/, '/')
}
