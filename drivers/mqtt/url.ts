/** Connection addresses of MQTT brokers: `mqtt://user:password@HOST:PORT?client=ID`, `mqtts://...?insecure=yes`. */

import { BridgeError } from '../../src/model/errors.ts'

export const MQTT_SCHEMES = ['mqtt', 'mqtts'] as const

export interface MqttAddress {
  readonly scheme: 'mqtt' | 'mqtts'
  /** Without brackets, also for IPv6. */
  readonly host: string
  readonly port: number
  readonly login: { readonly user: string; readonly password: string } | null
  /** How we call ourselves; null: a name of our own. */
  readonly clientId: string | null
  /** A certificate that nobody signed is accepted. */
  readonly insecure: boolean
  /** As it may be shown: without user, password and options. */
  readonly shown: string
}

const EXPECTED = 'expected is mqtt://HOST, mqtt://user:password@HOST:PORT or mqtts://HOST?insecure=yes'

function bad(url: string, why: string): BridgeError {
  const shown = url.replace(/\/\/.*@/s, '//').slice(0, 200)
  return new BridgeError('LINK_BAD_URL', `${shown}: ${why}; ${EXPECTED}`)
}

/** Throws LINK_BAD_URL, which never shows a password. */
export function parseMqttUrl(url: string): MqttAddress {
  if (url.length > 1024) throw bad(url.slice(0, 1024), 'longer than 1024 characters')
  const [, secure, rest] = /^mqtt(s?):\/\/([^/?#\\].*)$/s.exec(url) ?? []
  if (rest === undefined) throw bad(url, 'not mqtt:// or mqtts:// and a host')
  if (/[^\x21-\x7e]|[\\#]/.test(url)) throw bad(url, 'a space, # or \\ stands in it (in a password: %20, %23, %5C)')
  // Read as https, whose hosts and ports are checked; ports that https leaves out are not ours.
  const parsed = URL.canParse(`https://${rest}`) ? new URL(`https://${rest}`) : null
  if (parsed === null)
    throw bad(url, 'host, port or password cannot be read (in a password: %40 for @, %3A for :, %2F for /)')
  if (parsed.pathname !== '/') throw bad(url, 'a path has no meaning; the topics stand in the mapping')
  const scheme = secure === 's' ? 'mqtts' : 'mqtt'
  const ownPort = /:(\d{1,5})\/?$/.exec(rest.split('?', 1).join(''))?.[1]
  const port = ownPort === undefined ? (scheme === 'mqtts' ? 8883 : 1883) : Number(ownPort)
  return {
    scheme,
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    login: readLogin(url, parsed),
    ...readOptions(url, parsed.searchParams),
    shown: `${scheme}://${parsed.hostname}:${port}`,
  }
}

function readLogin(url: string, parsed: URL): MqttAddress['login'] {
  if (parsed.username === '' && parsed.password === '') return null
  try {
    return { user: decodeURIComponent(parsed.username), password: decodeURIComponent(parsed.password) }
  } catch {
    throw bad(url, 'user or password has a % that is no %XX')
  }
}

function readOptions(url: string, options: URLSearchParams): { clientId: string | null; insecure: boolean } {
  let clientId: string | null = null
  let insecure = false
  for (const [key, value] of options) {
    if (key === 'insecure' && value === 'yes') insecure = true
    else if (key === 'client' && /^[\w.:-]{1,64}$/.test(value)) clientId = value
    else
      throw bad(
        url,
        `unknown option ${key}=${value}; there is insecure=yes and client=NAME (letters and digits, at most 64)`,
      )
  }
  return { clientId, insecure }
}
