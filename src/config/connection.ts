/**
 * How a device's connection is written: `tcp://HOST:PORT`, `rtu:/dev/ttyUSB0?baud=9600&format=8N1`, `http://HOST`, `speedwire:`. Pure.
 * What all of them have in common is checked here, with a hint for each slip; the rest is asked of the driver whose scheme it is.
 */
import { joinAddress, splitAddress, withSetting, type AddressParts } from '../model/address.ts'
import type { AddressScheme } from '../model/driver.ts'
import { isBridgeError } from '../model/errors.ts'
import { nearestHint } from './nearest-name.ts'

export interface Connection {
  /** With its port, without serial settings, host in lower case: equal text means the same link. */
  readonly connect: string
  readonly scheme: AddressScheme
  /** Equal text means the same wires, whatever the framing. */
  readonly place: string
  readonly serial: SerialSettings | null
  readonly overSerialPort: boolean
}

export interface SerialSettings {
  readonly baud: number
  readonly format: string
}

export interface ConnectionProblem {
  readonly problem: string
  readonly hint: string
}

export const MIN_BAUD = 300
export const MAX_BAUD = 4_000_000
export const FORMAT = /^[78][NEO][12]$/

const HOST = /^(?:\[[0-9a-f:.]{2,45}(?:%[a-z0-9]{1,15})?\]|[a-z0-9][a-z0-9._-]{0,252})$/
const SERIAL = ['baud', 'format']
/** What a setting that belongs elsewhere is written as. */
const KEY_HINT = 'write `key: {secret: NAME}` and put it in the file secrets/NAME'

/**
 * @param schemes what the drivers know, or null to accept any
 * @param usualPort of the device's mapping: meant where the address has none and the scheme allows it
 */
export function parseConnection(
  text: string,
  schemes: readonly AddressScheme[] | null,
  usualPort: number | null = null,
): Connection | ConnectionProblem {
  const parts = splitAddress(text)
  if (parts === null || text.length > 1000) return notAConnection(schemes)
  const scheme = schemes === null ? anyScheme(parts) : schemes.find(({ name }) => name === parts.scheme)
  if (scheme === undefined) {
    // `10.0.0.1:502` and `myhost:502` have no scheme
    if (parts.host === null && !parts.path.startsWith('/') && parts.path !== '') return notAConnection(schemes)
    return {
      problem: `begins with \`${parts.scheme.slice(0, 30)}\`, which no driver knows`,
      hint: nearestHint(
        parts.scheme,
        (schemes ?? []).map(({ name }) => name),
      ),
    }
  }
  const placed = scheme.at === 'serial port' ? atPort(parts, scheme) : atHost(parts, scheme, text, usualPort)
  if ('problem' in placed) return placed
  const settings = readSettings(parts.settings, scheme)
  if ('problem' in settings) return settings
  const { serial, others } = settings
  const connect = joinAddress({ ...placed, settings: others })
  const place = judge(serial === null ? connect : withSerial(connect, serial), scheme)
  if (typeof place !== 'string') return place
  return { connect, scheme, place, serial, overSerialPort: scheme.at === 'serial port' }
}

/** What the driver says of an address that looks well: where it is, or what is wrong. */
export function judge(address: string, scheme: AddressScheme): string | ConnectionProblem {
  try {
    return scheme.place(address)
  } catch (fault) {
    if (!isBridgeError(fault, 'LINK_BAD_URL')) throw fault
    // the driver begins with the address, and ends with how one is written
    const why = fault.message.slice(fault.message.indexOf(': ') + 2).split('; expected')[0] ?? ''
    return { problem: `cannot be used: ${why}`, hint: `write for example \`${scheme.example}\`` }
  }
}

function notAConnection(schemes: readonly AddressScheme[] | null): ConnectionProblem {
  const others = schemes?.some(({ name }) => name === 'http') === true ? ', `http://HOST`, `mqtt://BROKER`' : ''
  return {
    problem: 'is not a connection',
    hint: `write for example \`tcp://192.168.1.11:502\` or \`rtu:/dev/ttyUSB0?baud=9600&format=8N1\`${others}`,
  }
}

function atHost(
  parts: AddressParts,
  scheme: AddressScheme,
  text: string,
  usualPort: number | null,
): AddressParts | ConnectionProblem {
  // a password may hold a `?`, and is not to be taken for a setting then
  if (parts.login !== null || /^[^/]*:\/\/[^/]*@/.test(text)) {
    const hint = scheme.login
      ? 'write `login: {user: NAME, password: {secret: NAME}}` and put the password in the file secrets/NAME'
      : 'delete it'
    return { problem: 'holds a user name', hint }
  }
  const { host, port, path } = parts
  const example = { problem: 'has no usable host name', hint: `write for example \`${scheme.example}\`` }
  if (scheme.at === 'group' && (host === null || host === '') && port === null) {
    return path === '' ? { ...parts, host: null } : example
  }
  if (host === null || !HOST.test(host)) return example
  const number =
    port === null
      ? ((scheme.portOfMapping ? usualPort : null) ?? scheme.port)
      : /^\d{1,5}$/.test(port)
        ? Number(port)
        : 0
  if (number === null) {
    return { problem: 'has no port', hint: `write it after the host: \`${scheme.name}://HOST:PORT\`` }
  }
  if (number < 1 || number > 65_535) return { problem: 'has no usable port', hint: 'ports go from 1 to 65535' }
  const prefix = path.replace(/\/+$/, '')
  if (prefix !== '' && !scheme.path) return { problem: 'goes on after the port', hint: 'write `HOST:PORT` only' }
  return { ...parts, host, port: String(number), path: prefix }
}

function atPort(parts: AddressParts, scheme: AddressScheme): AddressParts | ConnectionProblem {
  const { host, path } = parts
  // `rtu:///dev/ttyUSB0` is a way to write it too
  if ((host !== null && host !== '') || !path.startsWith('/')) {
    return { problem: 'names no serial port', hint: `write for example \`${scheme.example}\`` }
  }
  if (path.split('/').some((part) => part === '..' || part === '.') || path.length > 255 || path.includes('\0')) {
    return { problem: 'is not the path of a port', hint: 'write it in full, without `..`' }
  }
  return { ...parts, host: null }
}

interface Settings {
  readonly serial: SerialSettings | null
  /** In one order, so that equal settings are equal texts. */
  readonly others: string
}

function readSettings(query: string, scheme: AddressScheme): Settings | ConnectionProblem {
  let baud: number | null = null
  let format: string | null = null
  const others = new URLSearchParams()
  for (const [key, value] of new URLSearchParams(query)) {
    if (scheme.settings.length === 0) {
      return { problem: 'has settings after the port', hint: `\`${scheme.name}\` knows none: delete them` }
    }
    if (!scheme.settings.includes(key)) {
      return { problem: `has the unknown setting \`${key.slice(0, 30)}\``, hint: nearestHint(key, scheme.settings) }
    }
    if (key === 'key') return { problem: 'holds a key', hint: KEY_HINT }
    if (key === 'baud') {
      baud = /^\d{3,7}$/.test(value) ? Number(value) : 0
      if (baud < MIN_BAUD || baud > MAX_BAUD)
        return { problem: 'has no usable baud rate', hint: 'for example `baud=9600`' }
    } else if (key === 'format') {
      format = value.toUpperCase()
      if (!FORMAT.test(format)) return { problem: 'has no usable format', hint: '`8N1`, `8E1`, `8N2`, `7E1`, ...' }
    } else {
      if (others.has(key)) return { problem: `has the setting \`${key}\` twice`, hint: 'delete one of them' }
      others.set(key, value)
    }
  }
  if (format !== null && baud === null) return { problem: 'has a format but no baud rate', hint: 'add `baud=9600`' }
  others.sort()
  const serial = baud === null ? null : { baud, format: format ?? scheme.format ?? '8N1' }
  return { serial, others: others.toString() }
}

function withSerial(connect: string, { baud, format }: SerialSettings): string {
  return withSetting(withSetting(connect, 'baud', String(baud)), 'format', format)
}

/** What is taken for granted where no driver is known: Modbus. */
function anyScheme({ scheme: name, host }: AddressParts): AddressScheme {
  return {
    name,
    speaks: 'modbus',
    at: host === null ? 'serial port' : 'host',
    example: host === null ? `${name}:/dev/ttyUSB0` : `${name}://HOST:502`,
    port: 502,
    portOfMapping: false,
    path: false,
    sharing: 'units',
    settings: name === 'tcp' ? [] : SERIAL,
    format: name === 'tcp' ? null : name.startsWith('ascii') ? '7E1' : '8N1',
    login: false,
    place: (url) => {
      const { host: at, port, path } = splitAddress(url) ?? { host: null, port: null, path: url }
      return at === null ? path : `${at}:${port}`
    },
  }
}
