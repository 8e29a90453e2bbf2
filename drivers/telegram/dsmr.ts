/**
 * DSMR P1: a text telegram from `/` to `!`, pushed every second or every tenth (P1 companion standard 5.0.2, 5.12 and 6). DSMR 4 and 5 end
 * with a check sum, DSMR 2.2 and mode D of IEC 62056-21 do not.
 */

import type { TelegramValue } from '../../src/model/driver.ts'
import { crcOfDsmr } from './crc.ts'
import { formatField, parseDataLine, parseField, type DataSet } from './data-set.ts'
import {
  WAIT,
  decoder,
  type Decoded,
  type Decoder,
  type Step,
  type TelegramEvents,
  type TelegramValues,
} from './decoder.ts'
import { collect, obisGroups, parseObis, type ObisEntry } from './obis.ts'

const SLASH = 0x2f
const BANG = 0x21
const NEWLINE = 0x0a
/** `!`, four digits, CR LF. */
const TAIL_LIMIT = 8
/** `YYMMDDhhmmss` and S in summer, W in winter. */
const TIMESTAMP = /^\d{12}[SW]$/
/** Only DSMR 4 and later say their version, and all of them end with a check sum. */
const VERSION = '1-3:0.2.8('

/** Telegrams out of a stream of 7-bit bytes (a parity bit must be gone). */
export function dsmrDecoder(events: TelegramEvents): Decoder {
  let checked = false
  const read = (telegram: Buffer): Decoded => {
    const result = readDsmr(telegram, checked)
    // A meter that once had a check sum has one always.
    if (typeof result !== 'string' && /![0-9A-Fa-f]/.test(telegram.subarray(-TAIL_LIMIT).toString('latin1')))
      checked = true
    return result
  }
  return decoder((bytes) => step(bytes, read), events)
}

function step(bytes: Buffer, read: (telegram: Buffer) => Decoded): Step {
  const start = bytes.indexOf(SLASH)
  if (start !== 0) return { kind: 'noise', length: start < 0 ? bytes.length : start }
  const bang = bytes.indexOf(BANG)
  const again = bytes.indexOf('\n/', 1, 'latin1')
  if (again > 0 && (bang < 0 || again < bang)) {
    return { kind: 'broken', length: again + 1, why: 'cut short: another one begins' }
  }
  if (bang < 0) return WAIT
  const newline = bytes.indexOf(NEWLINE, bang)
  if (newline < 0 && bytes.length - bang < TAIL_LIMIT) return WAIT
  const ends = newline >= 0 && newline - bang < TAIL_LIMIT
  const length = ends ? newline + 1 : bang + 1
  const result = ends ? read(bytes.subarray(0, length)) : 'its last line does not end'
  if (typeof result !== 'string') return { kind: 'telegram', length, values: result }
  // One that was cut in the middle of a line takes the next one with it, unless we look for its beginning.
  const inner = bytes.subarray(0, bang).lastIndexOf(SLASH)
  return { kind: 'broken', length: inner > 0 ? inner : length, why: result }
}

/** Reads one telegram, from `/` to the end of its last line. `needsCheckSum`: one without is not believed. */
export function readDsmr(telegram: Buffer, needsCheckSum = false): Decoded {
  const bang = telegram.indexOf(BANG)
  const tail = telegram
    .subarray(bang + 1)
    .toString('latin1')
    .trim()
  const text = telegram.subarray(0, bang).toString('latin1')
  if (tail !== '') {
    // One meter leaves out leading zeros.
    if (!/^[0-9A-Fa-f]{1,4}$/.test(tail)) return `"${printable(tail)}" is no check sum`
    const sum = crcOfDsmr(telegram.subarray(0, bang + 1))
    if (sum !== parseInt(tail, 16)) return 'wrong check sum'
  } else if (!text.endsWith('\n')) return 'its end stands inside a line'
  else if (needsCheckSum || text.includes(VERSION)) return 'no check sum'

  const [identification = '', ...lines] = text.split(/\r?\n/)
  if (!/^\/[\x20-\x7e]{1,64}$/.test(identification)) return 'its first line is no identification'
  return readDataLines(lines, dsmrEntries, tail !== '')
}

/** @param lenient what is no data line is passed over, since a check sum vouched for it */
export function readDataLines(
  lines: readonly string[],
  toEntries: (set: DataSet) => readonly ObisEntry[],
  lenient: boolean,
): Decoded {
  const sets: DataSet[] = []
  for (const line of lines) {
    if (line.trim() === '') continue
    const found = /[^\x20-\x7e]/.test(line) ? null : parseDataLine(line)
    if (found === null) {
      if (lenient) continue
      return `"${printable(line)}" is no data line`
    }
    for (const set of found) {
      const last = sets.at(-1)
      // DSMR 2.2 puts the reading of a gas meter on a line of its own.
      if (set.name === '' && last !== undefined)
        sets[sets.length - 1] = { name: last.name, fields: [...last.fields, ...set.fields] }
      else sets.push(set)
    }
  }
  return collect(sets.flatMap(toEntries))
}

/** With a unit or alone the value; after the time it was taken at also. A history is kept as its text. */
function dsmrEntries({ name, fields }: DataSet): readonly ObisEntry[] {
  const code = parseObis(name)
  if (code === null) return []
  const [first = '', second = ''] = fields
  if (fields.length === 7 && code.key.endsWith(':24.3.0')) return gasOfDsmr2(fields)
  if (fields.length === 1) return entry(code, parseField(first))
  if (fields.length === 2 && TIMESTAMP.test(first)) return entry(code, parseField(second))
  return entry(code, { value: fields.map((field) => `(${field})`).join(''), unit: null })
}

/** `0-1:24.3.0(161107190000)(00)(60)(1)(0-1:24.2.1)(m3)(00001.001)`: name, unit and value stand apart. */
function gasOfDsmr2([, , , , name = '', unit = '', value = '']: readonly string[]): readonly ObisEntry[] {
  const code = parseObis(name)
  return code === null ? [] : entry(code, parseField(`${value}*${unit}`))
}

export function entry(code: ObisEntry['code'], value: TelegramValue | null): readonly ObisEntry[] {
  return value === null ? [] : [{ code, value }]
}

function printable(text: string): string {
  return text.slice(0, 40).replace(/[^\x20-\x7e]/g, '?')
}

/** A DSMR 5 telegram. What a text cannot hold is left out. */
export function writeDsmr(values: TelegramValues): Buffer {
  const body = Buffer.from(`/AMP5ampbridge\r\n\r\n${writeDataLines(values)}!`, 'latin1')
  const sum = crcOfDsmr(body).toString(16).toUpperCase().padStart(4, '0')
  return Buffer.concat([body, Buffer.from(`${sum}\r\n`, 'latin1')])
}

export function writeDataLines(values: TelegramValues): string {
  const lines: string[] = []
  for (const [key, value] of values) {
    const field = formatField(value)
    if (field !== null && field !== '' && obisGroups(key) !== null) lines.push(`${key}(${field})\r\n`)
  }
  return lines.join('')
}
