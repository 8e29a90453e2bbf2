/** Connection addresses of devices that speak in datagrams: `udp://HOST:PORT?local=7090`; a served one: `udp://HOST:PORT?reply=7090`. */

import { BridgeError } from '../../src/model/errors.ts'

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

const EXPECTED =
  'expected is udp://HOST:PORT, or udp://HOST:PORT?local=PORT when answers come to another port of this machine'

function bad(url: string, why: string): BridgeError {
  return new BridgeError('LINK_BAD_URL', `${url.replace(/\/\/.*@/s, '//').slice(0, 200)}: ${why}; ${EXPECTED}`)
}

/** @param role a device also knows `?reply=PORT`. Throws LINK_BAD_URL. */
export function parseUdpUrl(url: string, role: 'link' | 'device'): UdpAddress {
  if (url.length > 1024) throw bad(url.slice(0, 1024), 'longer than 1024 characters')
  const [body = '', query = ''] = url.split(/\?(.*)/s)
  const [, six, name, digits] = /^udp:\/\/(?:\[([0-9A-Fa-f:.]+)\]|([\w.-]+)):(\d{1,5})\/?$/.exec(body) ?? []
  const host = six === undefined ? name : canonical(six)
  if (host === undefined || digits === undefined) throw bad(url, 'not udp://HOST:PORT')
  const port = readPort(url, digits)
  if (port === 0 && role === 'link') throw bad(url, 'port 0 is no device')
  let localPort = port
  let replyPort: number | null = null
  for (const [key, value] of new URLSearchParams(query)) {
    if (key === 'local') localPort = readPort(url, value)
    else if (key === 'reply' && role === 'device') replyPort = readPort(url, value)
    else throw bad(url, `unknown option ${key}`)
  }
  if (replyPort === 0) throw bad(url, 'nobody can be answered at port 0')
  return { host, port, localPort, replyPort, shown: body.replace(/\/$/, '') }
}

function readPort(url: string, digits: string): number {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : Number.NaN
  if (!(port <= 65535)) throw bad(url, `port ${digits} is not 0 to 65535`)
  return port
}

/** As the system writes the sender of a datagram, so that both can be compared. */
function canonical(six: string): string | undefined {
  const url = `http://[${six}]`
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : undefined
}
