/** How a device is connected and how patient to be with it, for every kind of connection. */
import { compileDuration } from './compile-parts.ts'
import type { Transport } from '../mapping.ts'
import type { Path, Report } from './problem.ts'
import type { RawMapping } from './schema.ts'

export const FAMILIES = ['modbus', 'http', 'mqtt', 'udp', 'telegram'] as const
export type Family = (typeof FAMILIES)[number]

/** The one block that says how the device is connected. */
export function familyOf(raw: RawMapping, report: Report): Family {
  const [first, ...more] = FAMILIES.filter((family) => raw[family] !== undefined)
  if (first === undefined) report([], 'say how the device is connected', `one of ${FAMILIES.join(', ')}`)
  for (const family of more)
    report([family], `\`${first ?? ''}\` and \`${family}\` exclude each other`, 'one file, one way')
  return first ?? 'modbus'
}

/** Requests to a program that answers in texts take longer than those to a register. */
const TIMEOUT_MS: Readonly<Record<Family, number>> = {
  modbus: 1000,
  http: 3000,
  mqtt: 5000,
  udp: 1000,
  telegram: 15_000,
}

export function compileTransport(raw: RawMapping, family: Family, report: Report): Transport {
  const block = raw[family] ?? {}
  const path: Path = [family]
  const duration = (text: string | undefined, key: string, otherwise: number): number =>
    text === undefined ? otherwise : compileDuration(text, [...path, key], report)
  const timeoutMs = duration(block.timeout, 'timeout', TIMEOUT_MS[family])
  if (timeoutMs < 20 || timeoutMs > 60_000) report([...path, 'timeout'], 'a time-out is between 20 ms and 60 s')
  return {
    tcpPort: portOf(raw, family),
    serial: family === 'modbus' ? modbusSerial(raw.modbus ?? {}, report) : telegramSerial(raw, report),
    unit: raw.modbus?.unit ?? 1,
    maxRead: family === 'modbus' ? (raw.modbus?.max_read ?? 125) : MAX_FIELDS,
    sunspec: raw.modbus?.sunspec ?? null,
    maxHole: family === 'modbus' ? holeOf(raw.modbus?.gaps) : 0,
    pauseMs: duration(block.pause, 'pause', 0),
    timeoutMs,
    retries: block.retry ?? 1,
    connectDelayMs: duration(block.connect_delay, 'connect_delay', 0),
    clients: raw.modbus?.clients ?? null,
    minGapMs: duration(block.min_gap, 'min_gap', 0),
    settleMs: duration(block.settle, 'settle', 5000),
  }
}

/** Values in one document. */
export const MAX_FIELDS = 256

function holeOf(gaps: boolean | 'no' | number | undefined): number | null {
  if (gaps === undefined || gaps === true) return null
  return typeof gaps === 'number' ? gaps : 0
}

function portOf(raw: RawMapping, family: Family): number | null {
  switch (family) {
    case 'modbus':
      return raw.modbus?.tcp ?? null
    case 'http':
      return raw.http?.port ?? (raw.http?.tls === true ? 443 : 80)
    case 'mqtt':
      return raw.mqtt?.port ?? 1883
    case 'udp':
      return raw.udp?.port ?? null
    case 'telegram':
      return raw.telegram?.port ?? null
  }
}

function modbusSerial(raw: NonNullable<RawMapping['modbus']>, report: Report): Transport['serial'] {
  const path: Path = ['modbus']
  if (raw.tcp === undefined && raw.rtu === undefined && raw.ascii === undefined)
    report(path, 'say how the device is connected', 'tcp: 502 or rtu: 9600 8N1')
  if (raw.rtu !== undefined && raw.ascii !== undefined)
    report([...path, 'ascii'], '`rtu` and `ascii` exclude each other')
  const mode = raw.ascii === undefined ? 'rtu' : 'ascii'
  return serialOf(raw.rtu ?? raw.ascii, mode, [...path, mode], report)
}

function telegramSerial(raw: RawMapping, report: Report): Transport['serial'] {
  return serialOf(raw.telegram?.serial, 'rtu', ['telegram', 'serial'], report)
}

function serialOf(text: string | undefined, mode: 'rtu' | 'ascii', path: Path, report: Report): Transport['serial'] {
  if (text === undefined) return null
  const match = /^(\d{3,7}) ([78][NEO][12])$/u.exec(text.trim())
  if (match !== null) return { mode, baud: Number(match[1]), format: match[2] ?? '8N1' }
  report(path, `"${text}" is not a serial setting`, 'baud rate and format, e.g. 9600 8N1')
  return null
}
