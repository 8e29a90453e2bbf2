/** Where to look for devices: `tcp://192.168.1.0/24`, `tcp://host:1502`, `rtu:/dev/ttyUSB0`. */
import { withoutSecrets } from '../model/address.ts'
import { BridgeError } from '../model/errors.ts'

export type ScanTarget =
  | { readonly kind: 'network'; readonly hosts: readonly string[]; readonly ports: readonly number[] }
  | { readonly kind: 'line'; readonly url: string; readonly scheme: 'rtu' | 'ascii' }

/** A /22: four times the addresses of a usual network. */
const MOST_HOSTS = 1024
/** Where Modbus chargers listen. */
const USUAL_PORTS = [502, 1502]

/** Throws LINK_BAD_URL. */
export function parseScanTarget(text: string): ScanTarget {
  const line = /^(rtu|ascii):\/.+/u.exec(text)
  if (line !== null) return { kind: 'line', url: text, scheme: line[1] === 'ascii' ? 'ascii' : 'rtu' }
  const match = /^tcp:\/\/([^/:]+)(?::(\d{1,5}))?(?:\/(\d{1,2}))?$/u.exec(text)
  if (match === null) throw bad(text, 'write tcp://192.168.1.0/24, tcp://HOST or rtu:/dev/ttyUSB0')
  const [, host = '', port, bits] = match
  const ports = port === undefined ? USUAL_PORTS : [Number(port)]
  if (ports.some((one) => one < 1 || one > 65_535)) throw bad(text, 'a port is 1 to 65535')
  return { kind: 'network', hosts: bits === undefined ? [host] : hostsOf(text, host, Number(bits)), ports }
}

function hostsOf(text: string, network: string, bits: number): readonly string[] {
  const parts = network.split('.').map(Number)
  const isAddress = parts.length === 4 && parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255)
  if (!isAddress) throw bad(text, 'a network is written with four numbers, as 192.168.1.0/24')
  if (bits > 32 || 2 ** (32 - bits) > MOST_HOSTS)
    throw bad(text, 'look in a network of at most 1024 addresses (/22 to /32)')
  const size = 2 ** (32 - bits)
  const number = parts.reduce((sum, part) => sum * 256 + part, 0)
  const first = Math.floor(number / size) * size
  // The first and the last address of a network are not hosts, but a /31 and /32 have none to spare.
  const [from, to] = size > 2 ? [first + 1, first + size - 1] : [first, first + size]
  return Array.from({ length: to - from }, (_, index) => addressOf(from + index))
}

function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
}

function bad(text: string, why: string): BridgeError {
  return new BridgeError('LINK_BAD_URL', `${withoutSecrets(text).slice(0, 100)}: ${why}`)
}
