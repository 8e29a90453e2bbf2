/** Connection addresses of MQTT brokers: `mqtt://user:password@HOST:PORT?client=ID`, `mqtts://...?insecure=yes`. */

import { badAddress, type Bad } from '../../src/wire/address.ts'
import { parseLoginAddress } from '../../src/wire/login-address.ts'

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

const PORTS = { mqtt: 1883, mqtts: 8883 } as const
const EXPECTED = 'expected is mqtt://HOST, mqtt://user:password@HOST:PORT or mqtts://HOST?insecure=yes'

/** Throws LINK_BAD_URL, which never shows a password. */
export function parseMqttUrl(url: string): MqttAddress {
  const bad = badAddress(url, EXPECTED)
  const { scheme, host, hostname, port, path, login, options } = parseLoginAddress(url, PORTS, bad)
  if (path !== '/') throw bad('a path has no meaning; the topics stand in the mapping')
  return { scheme, host, port, login, ...readOptions(options, bad), shown: `${scheme}://${hostname}:${port}` }
}

function readOptions(options: URLSearchParams, bad: Bad): { clientId: string | null; insecure: boolean } {
  let clientId: string | null = null
  let insecure = false
  for (const [key, value] of options) {
    if (key === 'insecure' && value === 'yes') insecure = true
    else if (key === 'client' && /^[\w.:-]{1,64}$/.test(value)) clientId = value
    else
      throw bad(
        `unknown option ${key}=${value}; there is insecure=yes and client=NAME (letters and digits, at most 64)`,
      )
  }
  return { clientId, insecure }
}
