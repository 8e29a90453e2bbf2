/** Connection addresses of devices that speak in datagrams: `udp://HOST:PORT?local=7090`; a served one: `udp://HOST:PORT?reply=7090`. */

import {
  badAddress,
  formatHostAndPort,
  parseHostAndPort,
  parsePort,
  refuseUnknown,
  takeApart,
} from '../../src/wire/address.ts'

export const UDP_SCHEMES = ['udp'] as const

export interface UdpAddress {
  /** Without brackets, also for IPv6. */
  readonly host: string
  readonly port: number
  /** Where we listen for answers; 0: any free port. */
  readonly localPort: number
  /** A served device answers to this port; null: to the port that asked. */
  readonly replyPort: number | null
  /** Without options. */
  readonly shown: string
}

const OPTIONS = { link: ['local'], device: ['local', 'reply'] }
const EXPECTED =
  'expected is udp://HOST:PORT, or udp://HOST:PORT?local=PORT when answers come to another port of this machine'

/** @param role a device also knows `?reply=PORT`. Throws LINK_BAD_URL. */
export function parseUdpUrl(url: string, role: 'link' | 'device'): UdpAddress {
  const bad = badAddress(url, EXPECTED)
  const { place, options } = takeApart(url, UDP_SCHEMES, bad)
  refuseUnknown(options, OPTIONS[role], bad)
  const { host: written, port } = parseHostAndPort(place, null, bad)
  const host = written.includes(':') ? canonical(written) : written
  if (host === null) throw bad('not //HOST:PORT')
  if (port === 0 && role === 'link') throw bad('port 0 is no device')
  const local = options.get('local')
  const reply = options.get('reply')
  const replyPort = reply === null ? null : parsePort(reply, bad)
  if (replyPort === 0) throw bad('nobody can be answered at port 0')
  return {
    host,
    port,
    localPort: local === null ? port : parsePort(local, bad),
    replyPort,
    shown: `udp://${formatHostAndPort(written, port)}`,
  }
}

/** As the system writes the sender of a datagram, so that both can be compared; null: it is no address. */
function canonical(six: string): string | null {
  const url = `http://[${six}]`
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : null
}
