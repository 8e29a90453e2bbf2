/** Connection addresses of the five wires, and the serial settings behind them. */

import { BridgeError } from '../../src/model/errors.ts'

export const MODBUS_SCHEMES = ['tcp', 'rtu+tcp', 'ascii+tcp', 'rtu', 'ascii'] as const
export type ModbusScheme = (typeof MODBUS_SCHEMES)[number]

export interface SerialFormat {
  readonly baud: number
  readonly dataBits: 7 | 8
  readonly parity: 'none' | 'even' | 'odd'
  readonly stopBits: 1 | 2
}

export interface NetworkAddress {
  readonly scheme: 'tcp' | 'rtu+tcp' | 'ascii+tcp'
  readonly host: string
  readonly port: number
  /** The line behind a gateway, when known: its speed gives the silence between frames. */
  readonly line: SerialFormat | null
}

export interface SerialAddress {
  readonly scheme: 'rtu' | 'ascii'
  readonly path: string
  readonly line: SerialFormat
}

export type ModbusAddress = NetworkAddress | SerialAddress

const DEFAULT_PORT = 502
const DEFAULT_BAUD = '9600'
const PARITIES: Readonly<Record<string, SerialFormat['parity']>> = { N: 'none', E: 'even', O: 'odd' }

function bad(url: string, why: string): BridgeError {
  return new BridgeError('LINK_BAD_URL', `${url.slice(0, 200)}: ${why}`)
}

function serialFormat(url: string, baud: string, format: string): SerialFormat {
  const speed = Number(baud)
  if (!/^\d{3,7}$/.test(baud) || speed < 300 || speed > 4_000_000) throw bad(url, `baud ${baud} is not 300 to 4000000`)
  const [, bits, letter, stop] = /^([78])([NEO])([12])$/.exec(format.toUpperCase()) ?? []
  const parity = letter === undefined ? undefined : PARITIES[letter]
  if (parity === undefined) throw bad(url, `format ${format} is not like 8N1, 8E1 or 7E1`)
  return { baud: speed, dataBits: bits === '7' ? 7 : 8, parity, stopBits: stop === '2' ? 2 : 1 }
}

/**
 * Reads `tcp://HOST:PORT`, `rtu+tcp://`, `ascii+tcp://` (optional `?baud=9600&format=8N1` of the line behind a gateway),
 * `rtu:/dev/...?baud=..&format=..`, `ascii:/dev/...`. `serial` wins over the address. Defaults: port 502, 9600 baud, 8N1, for ASCII 7E1
 * (Modbus over serial line, 2.5.2). Throws LINK_BAD_URL.
 */
export function parseModbusUrl(
  url: string,
  serial: { readonly baud: number; readonly format: string } | null,
): ModbusAddress {
  const scheme = MODBUS_SCHEMES.find((name) => url.startsWith(`${name}:`))
  if (scheme === undefined) throw bad(url, `not one of ${MODBUS_SCHEMES.join(', ')}`)
  if (url.length > 1024) throw bad(url, 'longer than 1024 characters')
  const [body = '', query = ''] = url.slice(scheme.length + 1).split(/\?(.*)/s)
  const options = new URLSearchParams(query)
  for (const key of options.keys()) {
    if ((key !== 'baud' && key !== 'format') || scheme === 'tcp') throw bad(url, `unknown option ${key}`)
  }
  const baud = serial === null ? options.get('baud') : String(serial.baud)
  const defaultFormat = scheme.startsWith('ascii') ? '7E1' : '8N1'
  const format = (serial === null ? options.get('format') : serial.format) ?? defaultFormat

  if (scheme === 'rtu' || scheme === 'ascii') {
    if (!body.startsWith('/') || body.includes('\0')) throw bad(url, 'the serial port is not a path like /dev/ttyUSB0')
    const path = body.replace(/^\/\/+/, '/')
    return { scheme, path, line: serialFormat(url, baud ?? DEFAULT_BAUD, format) }
  }
  const { host, port } = hostAndPort(url, body)
  const line = scheme === 'tcp' || baud === null ? null : serialFormat(url, baud, format)
  return { scheme, host, port, line }
}

function hostAndPort(url: string, body: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] =
    /^\/\/(?:\[([0-9A-Fa-f:.%\w]+)\]|([^\s/:@[\]]+))(?::(\d{1,5}))?\/?$/.exec(body) ?? []
  const host = bracketed ?? plain
  if (host === undefined) throw bad(url, 'not //HOST:PORT')
  const port = digits === undefined ? DEFAULT_PORT : Number(digits)
  if (port > 65535) throw bad(url, `port ${port} is not 0 to 65535`)
  return { host, port }
}

/** The address as a server shows it, with the port that the system gave. */
export function formatNetworkUrl(address: NetworkAddress, port: number): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  const { line } = address
  const query = line === null ? '' : `?baud=${line.baud}&format=${formatName(line)}`
  return `${address.scheme}://${host}:${port}${query}`
}

/** `8N1` and the like. */
export function formatName(line: SerialFormat): string {
  return `${line.dataBits}${line.parity === 'none' ? 'N' : line.parity === 'even' ? 'E' : 'O'}${line.stopBits}`
}
