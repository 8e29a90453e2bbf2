/** The pieces of an IEC 62056-21 read-out: sign-on, identification, option select, data block. Bytes are 7 bits wide. */

import type { DataSet } from './data-set.ts'
import { parseField } from './data-set.ts'
import type { Decoded, TelegramValues } from './decoder.ts'
import { entry, readDataLines, writeDataLines } from './dsmr.ts'
import { parseObis, type ObisEntry } from './obis.ts'

const STX = 0x02
const ETX = 0x03
const ACK = 0x06
const SLASH = 0x2f
const QUESTION = 0x3f
const NEWLINE = 0x0a
/** `/`, maker, speed, up to 16 characters (6.3.2 m); some meters take more. */
const IDENTIFICATION_LIMIT = 64
/** A whole read-out with its history. */
export const BLOCK_LIMIT = 64 * 1024

/** Speeds of mode C by their character (6.3.4, 13). */
const MODE_C: Readonly<Record<string, number>> = { 0: 300, 1: 600, 2: 1200, 3: 2400, 4: 4800, 5: 9600, 6: 19_200 }
/** Of mode B, which changes to it without being asked. */
const MODE_B: Readonly<Record<string, number>> = { A: 600, B: 1200, C: 2400, D: 4800, E: 9600, F: 19_200 }

export function signOn(device: string): Buffer {
  return Buffer.from(`/?${device}!\r\n`, 'latin1')
}

export interface Identification {
  readonly text: string
  /** C waits for the option select, A and B go on by themselves. */
  readonly mode: 'A' | 'B' | 'C'
  /** Of the read-out; null: it stays as it is. */
  readonly baud: number | null
  /** Length of what was read, with all before it. */
  readonly length: number
}

/** Finds `/LGZ5...` behind noise and behind the echo of our own sign-on; null: not yet there. */
export function findIdentification(bytes: Buffer): Identification | null {
  for (let at = bytes.indexOf(SLASH); at >= 0; at = bytes.indexOf(SLASH, at + 1)) {
    if (bytes[at + 1] === QUESTION) continue
    const line = bytes.subarray(at, at + IDENTIFICATION_LIMIT)
    const newline = line.indexOf(NEWLINE)
    if (newline < 0 && line.length < IDENTIFICATION_LIMIT) return null
    if (newline < 0) continue
    const text = line.subarray(0, newline).toString('latin1').trim()
    const speed = /^\/[A-Za-z]{3}([\x20-\x7e])/.exec(text)?.[1]
    if (speed === undefined) continue
    const mode = /\d/.test(speed) ? 'C' : speed in MODE_B ? 'B' : 'A'
    return { text, mode, baud: MODE_C[speed] ?? MODE_B[speed] ?? null, length: at + newline + 1 }
  }
  return null
}

/** ACK, protocol 0, speed, data read-out (6.3.3). */
export function optionSelect(baud: number): Buffer | null {
  const character = Object.keys(MODE_C).find((each) => MODE_C[each] === baud)
  return character === undefined ? null : Buffer.from([ACK, ...Buffer.from(`0${character}0\r\n`, 'latin1')])
}

/** The device address in a sign-on that was heard, empty for anybody; null: none was heard. */
export function findSignOn(heard: string): string | null {
  return /\/\?([0-9A-Za-z ]{0,32})!\r\n/.exec(heard)?.[1] ?? null
}

/** The character of the speed in an option select that was heard. */
export function findSelect(heard: string): string | null {
  const [, select = ''] = heard.split(String.fromCharCode(ACK))
  return /^0(\d)0\r\n/.exec(select)?.[1] ?? null
}

/** From STX to the check character behind ETX; null: not yet there. */
export function findBlock(bytes: Buffer): Buffer | null {
  const start = bytes.indexOf(STX)
  const end = start < 0 ? -1 : bytes.indexOf(ETX, start)
  return end < 0 || end + 2 > bytes.length ? null : bytes.subarray(start, end + 2)
}

/** Reads a data block with its STX, ETX and check character. */
export function readBlock(block: Buffer): Decoded {
  const covered = block.subarray(1, -1)
  if (checkCharacter(covered) !== block.at(-1)) return 'wrong check character'
  const text = covered.subarray(0, -1).toString('latin1')
  const [, error] = /^\s*\(([^()]{0,32})\)/.exec(text) ?? []
  if (error !== undefined) return `the meter says ${error}`
  // What follows the exclamation mark is no data any more.
  return readDataLines((text.split('!')[0] ?? '').split(/\r?\n/), toEntries, true)
}

/** The first field counts; a second one is the time of a maximum. */
function toEntries({ name, fields }: DataSet): readonly ObisEntry[] {
  const code = parseObis(name)
  return code === null ? [] : entry(code, parseField(fields[0] ?? ''))
}

/** The exclusive or of all bytes after STX up to ETX (6.1, ISO 1155). */
function checkCharacter(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum ^ byte, 0)
}

export function writeBlock(values: TelegramValues): Buffer {
  const covered = Buffer.concat([Buffer.from(`${writeDataLines(values)}!\r\n`, 'latin1'), Buffer.from([ETX])])
  return Buffer.concat([Buffer.from([STX]), covered, Buffer.from([checkCharacter(covered)])])
}

/** 7 bits and even parity in 8 bits, for an adapter that is set to 8N1. */
export function withParity(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte) => (ones(byte & 0x7f) % 2 === 0 ? byte & 0x7f : byte | 0x80)))
}

function ones(byte: number): number {
  return byte.toString(2).replaceAll('0', '').length
}
