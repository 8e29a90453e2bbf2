/**
 * How a device's connection is written: `tcp://HOST:PORT`, `rtu:/dev/ttyUSB0?baud=9600&format=8N1`. Pure. The drivers read the same
 * text again; here it is only taken apart far enough to see which devices share a wire. Without a format, ASCII is 7E1 (Modbus over serial line, 2.5.2).
 */
import { nearestHint } from './nearest-name.ts'

export interface Connection {
  /** Without serial settings, host in lower case: equal text means the same link. */
  readonly connect: string
  readonly scheme: string
  /** `HOST:PORT` or the port's path: equal text means the same wires, whatever the framing. */
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
const DEFAULT_PORT = 502

const NETWORK = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([/?#].*)?$/i
const SERIAL = /^([a-z][a-z0-9+.-]*):(\/[^/?#][^?#]*)(?:\?([^#]*))?$/i

/** `schemes`: what the drivers know, or null to accept any. */
export function parseConnection(text: string, schemes: readonly string[] | null): Connection | ConnectionProblem {
  const network = NETWORK.exec(text)
  if (network !== null) return networkConnection(network, schemes)
  const serial = SERIAL.exec(text)
  if (serial !== null) return serialConnection(serial, schemes)
  return {
    problem: 'is not a connection',
    hint: 'write for example `tcp://192.168.1.11:502` or `rtu:/dev/ttyUSB0?baud=9600&format=8N1`',
  }
}

function networkConnection(match: RegExpExecArray, schemes: readonly string[] | null): Connection | ConnectionProblem {
  const scheme = (match[1] ?? '').toLowerCase()
  const unknown = checkScheme(scheme, schemes)
  if (unknown !== null) return unknown
  const authority = match[2] ?? ''
  if (authority.includes('@')) return { problem: 'holds a user name', hint: 'delete it' }
  const parts = /^(\[[0-9a-f:.]{2,45}(?:%[a-z0-9]{1,15})?\]|[a-z0-9][a-z0-9._-]{0,252})(?::(\d{1,5}))?$/i.exec(
    authority,
  )
  if (parts === null) return { problem: 'has no usable host name', hint: 'write for example `tcp://192.168.1.11:502`' }
  const port = Number(parts[2] ?? DEFAULT_PORT)
  if (port < 1 || port > 65_535) return { problem: 'has no usable port', hint: 'ports go from 1 to 65535' }
  const place = `${(parts[1] ?? '').toLowerCase()}:${port}`
  const [path = '', query = ''] = (match[3] ?? '').split(/\?(.*)/s)
  if (path !== '' && path !== '/') return { problem: 'goes on after the port', hint: 'write `HOST:PORT` only' }
  const serial = serialSettings(scheme, query)
  if (serial !== null && 'problem' in serial) return serial
  return { connect: `${scheme}://${place}`, scheme, place, serial, overSerialPort: false }
}

function serialConnection(match: RegExpExecArray, schemes: readonly string[] | null): Connection | ConnectionProblem {
  const scheme = (match[1] ?? '').toLowerCase()
  const unknown = checkScheme(scheme, schemes)
  if (unknown !== null) return unknown
  const path = match[2] ?? ''
  if (path.split('/').some((part) => part === '..' || part === '.') || path.length > 255 || path.includes('\0')) {
    return { problem: 'is not the path of a port', hint: 'write it in full, without `..`' }
  }
  const serial = serialSettings(scheme, match[3] ?? '')
  if (serial !== null && 'problem' in serial) return serial
  return { connect: `${scheme}:${path}`, scheme, place: path, serial, overSerialPort: true }
}

/** `baud=9600&format=8N1` of the port, or of the line behind a gateway. */
function serialSettings(scheme: string, query: string): SerialSettings | ConnectionProblem | null {
  let baud: number | null = null
  let format: string | null = null
  for (const [key, value] of new URLSearchParams(query)) {
    if (scheme === 'tcp') return { problem: 'has settings after the port', hint: 'Modbus TCP knows none: delete them' }
    if (key === 'baud') {
      baud = /^\d{3,7}$/.test(value) ? Number(value) : 0
      if (baud < MIN_BAUD || baud > MAX_BAUD)
        return { problem: 'has no usable baud rate', hint: 'for example `baud=9600`' }
    } else if (key === 'format') {
      format = value.toUpperCase()
      if (!FORMAT.test(format)) return { problem: 'has no usable format', hint: '`8N1`, `8E1`, `8N2`, `7E1`, ...' }
    } else {
      return { problem: `has the unknown setting \`${key.slice(0, 30)}\``, hint: nearestHint(key, ['baud', 'format']) }
    }
  }
  if (format !== null && baud === null) return { problem: 'has a format but no baud rate', hint: 'add `baud=9600`' }
  return baud === null ? null : { baud, format: format ?? (scheme.startsWith('ascii') ? '7E1' : '8N1') }
}

function checkScheme(scheme: string, schemes: readonly string[] | null): ConnectionProblem | null {
  if (schemes === null || schemes.includes(scheme)) return null
  return {
    problem: `begins with \`${scheme.slice(0, 30)}\`, which no driver knows`,
    hint: nearestHint(scheme, schemes),
  }
}
