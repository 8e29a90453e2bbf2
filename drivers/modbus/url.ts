/** Connection addresses of the five wires, and the serial settings behind them. */

import {
  badAddress,
  formatHostAndPort,
  parseHostAndPort,
  parsePortPath,
  refuseUnknown,
  takeApart,
} from '../../src/wire/address.ts'
import { formatName, parseSerialLine, type SerialLine } from '../../src/wire/serial-line.ts'

export const MODBUS_SCHEMES = ['tcp', 'rtu+tcp', 'ascii+tcp', 'rtu', 'ascii'] as const
export type ModbusScheme = (typeof MODBUS_SCHEMES)[number]

export interface NetworkAddress {
  readonly scheme: 'tcp' | 'rtu+tcp' | 'ascii+tcp'
  readonly host: string
  readonly port: number
  /** The line behind a gateway, when known: its speed gives the silence between frames. */
  readonly line: SerialLine | null
}

export interface SerialAddress {
  readonly scheme: 'rtu' | 'ascii'
  readonly path: string
  readonly line: SerialLine
}

export type ModbusAddress = NetworkAddress | SerialAddress

const DEFAULT_PORT = 502
const DEFAULT_BAUD = '9600'
const LINE_OPTIONS = ['baud', 'format']

/**
 * Reads `tcp://HOST:PORT`, `rtu+tcp://`, `ascii+tcp://` (optional `?baud=9600&format=8N1` of the line behind a gateway),
 * `rtu:/dev/...?baud=..&format=..`, `ascii:/dev/...`. `serial` wins over the address. Defaults: port 502, 9600 baud, 8N1, for ASCII 7E1
 * (Modbus over serial line, 2.5.2). Throws LINK_BAD_URL.
 */
export function parseModbusUrl(
  url: string,
  serial: { readonly baud: number; readonly format: string } | null,
): ModbusAddress {
  const bad = badAddress(url)
  const { scheme, place, options } = takeApart(url, MODBUS_SCHEMES, bad)
  refuseUnknown(options, scheme === 'tcp' ? [] : LINE_OPTIONS, bad)
  const baud = serial === null ? options.get('baud') : String(serial.baud)
  const defaultFormat = scheme.startsWith('ascii') ? '7E1' : '8N1'
  const format = (serial === null ? options.get('format') : serial.format) ?? defaultFormat

  if (scheme === 'rtu' || scheme === 'ascii') {
    const path = parsePortPath(place, bad)
    return { scheme, path, line: parseSerialLine(baud ?? DEFAULT_BAUD, format, bad) }
  }
  const { host, port } = parseHostAndPort(place, DEFAULT_PORT, bad)
  const line = scheme === 'tcp' || baud === null ? null : parseSerialLine(baud, format, bad)
  return { scheme, host, port, line }
}

/** The address as a server shows it, with the port that the system gave. */
export function formatNetworkUrl(address: NetworkAddress, port: number): string {
  const { scheme, host, line } = address
  const query = line === null ? '' : `?baud=${line.baud}&format=${formatName(line)}`
  return `${scheme}://${formatHostAndPort(host, port)}${query}`
}
