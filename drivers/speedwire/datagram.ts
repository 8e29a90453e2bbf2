/**
 * The datagram of an SMA meter, all numbers big endian ("SMA Energy Meter protocol", 3): `SMA\0`; tags of length, number, content; in
 * tag 0x0010 the protocol, SUSy id, serial number, ticker, and entries of channel, index, type, tariff, value.
 */

import type { TelegramValue } from '../../src/model/driver.ts'
import { ACTUAL, COUNTER, quantityOf } from './quantity.ts'

export type TelegramValues = ReadonlyMap<string, TelegramValue>

export type Datagram =
  | { readonly kind: 'meter'; readonly serial: number; readonly values: TelegramValues }
  /** Inverters and discovery share the group; so does the extended form (0x6081) of a Home Manager, which sends this one too. */
  | { readonly kind: 'other' }
  | { readonly kind: 'broken'; readonly why: string }

const MAGIC = Buffer.from('SMA\0', 'latin1')
const GROUP_TAG = 0x02a0
const DATA_TAG = 0x0010
const METER_PROTOCOL = 0x6069
/** Protocol, SUSy id, serial, ticker. */
const HEAD = 12
const ENTRY_HEAD = 4
/** Not an OBIS channel: the meter's software version follows. */
const VERSION_CHANNEL = 144
const DATAGRAM_LIMIT = 2048
/** Where OBIS puts serial number and version of a meter. */
const SERIAL_KEY = '1-0:0.0.0'
const VERSION_KEY = '1-0:0.2.0'

/** Values are named by their OBIS code, e.g. `1-0:1.4.0` (power drawn), `1-0:1.8.0` (energy drawn), `1-0:31.4.0` (current of L1). */
export function readDatagram(bytes: Buffer): Datagram {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return { kind: 'other' }
  if (bytes.length > DATAGRAM_LIMIT) return { kind: 'broken', why: `longer than ${DATAGRAM_LIMIT} bytes` }
  for (let at = MAGIC.length; at + 4 <= bytes.length;) {
    const length = bytes.readUInt16BE(at)
    const tag = bytes.readUInt16BE(at + 2)
    const content = bytes.subarray(at + 4, at + 4 + length)
    if (content.length < length) return { kind: 'broken', why: 'it ends inside a tag' }
    if (tag === DATA_TAG) return readData(content)
    if (length === 0 && tag === 0) break
    at += 4 + length
  }
  return { kind: 'other' }
}

function readData(data: Buffer): Datagram {
  if (data.length < 2 || data.readUInt16BE(0) !== METER_PROTOCOL) return { kind: 'other' }
  if (data.length < HEAD) return { kind: 'broken', why: 'it ends inside its head' }
  const serial = data.readUInt32BE(4)
  const values = new Map<string, TelegramValue>([[SERIAL_KEY, { value: String(serial), unit: null }]])
  for (let at = HEAD; at < data.length;) {
    const head = data.subarray(at, at + ENTRY_HEAD)
    const [channel = 0, index = 0, type = 0, tariff = 0] = head
    const size = channel === VERSION_CHANNEL || type === ACTUAL ? 4 : type === COUNTER ? 8 : null
    // What follows cannot be found without its length; all before it counts.
    if (size === null) break
    const raw = data.subarray(at + ENTRY_HEAD, at + ENTRY_HEAD + size)
    if (raw.length < size) return { kind: 'broken', why: 'it ends inside an entry' }
    at += ENTRY_HEAD + size
    if (channel === VERSION_CHANNEL) values.set(VERSION_KEY, { value: versionOf(raw), unit: null })
    else {
      const value = valueOf(raw, index, type)
      if (value !== null) values.set(`1-${channel}:${index}.${type}.${tariff}`, value)
    }
  }
  return values.size === 1 ? { kind: 'broken', why: 'no value in it' } : { kind: 'meter', serial, values }
}

function valueOf(raw: Buffer, index: number, type: number): TelegramValue | null {
  const quantity = quantityOf(index, type)
  // All ones, or the highest bit alone, is how SMA devices say that there is no value.
  const missing = raw.every((byte) => byte === 0xff) || (raw[0] === 0x80 && raw.subarray(1).every((byte) => byte === 0))
  if (quantity === null || missing) return null
  const number = type === COUNTER ? Number(raw.readBigUInt64BE()) : raw.readUInt32BE()
  return { value: number / quantity.divisor, unit: quantity.unit }
}

/** `2.0.16.R` */
function versionOf([major = 0, minor = 0, build = 0, revision = 0]: Uint8Array): string {
  return `${major}.${minor}.${build}.${/[ -~]/.test(String.fromCharCode(revision)) ? String.fromCharCode(revision) : revision}`
}

// ---- the other way

const SUSY_ID = 349
const PREFIXES: Readonly<Record<string, number>> = { m: 0.001, k: 1000, M: 1_000_000 }

/** What such a datagram cannot hold is left out: other names, other units, numbers below zero. */
export function writeDatagram(values: TelegramValues, serial: number, ticker: number): Buffer {
  const data = Buffer.concat([
    u16(METER_PROTOCOL),
    u16(SUSY_ID),
    u32(serial),
    u32(ticker % 2 ** 32),
    ...[...values].flatMap(([key, value]) => writeEntry(key, value)),
  ])
  return Buffer.concat([MAGIC, u16(4), u16(GROUP_TAG), u32(1), u16(data.length), u16(DATA_TAG), data, u32(0)])
}

function writeEntry(key: string, { value, unit }: TelegramValue): readonly Buffer[] {
  const [channel = 0, index = 0, type = 0, tariff = 0] =
    /^1-(\d+):(\d+)\.(\d+)\.(\d+)$/.exec(key)?.slice(1).map(Number) ?? []
  const quantity = quantityOf(index, type)
  if (quantity === null || typeof value !== 'number' || Math.max(channel, index, tariff) > 255) return []
  const factor =
    unit === quantity.unit ? 1 : unit?.slice(1) === quantity.unit ? PREFIXES[unit?.slice(0, 1) ?? ''] : null
  const number = Math.round(value * (factor ?? Number.NaN) * quantity.divisor)
  if (!(number >= 0 && number < (type === COUNTER ? Number.MAX_SAFE_INTEGER : 0xff_ff_ff_ff))) return []
  return [Buffer.from([channel, index, type, tariff]), type === COUNTER ? u64(number) : u32(number)]
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}
