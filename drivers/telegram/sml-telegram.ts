/** What an SML file says: the value lists of its GetList responses (SML 1.04, 5.1.15), and the same written by us. */

import type { TelegramValue } from '../../src/model/driver.ts'
import { crcOfSml } from './crc.ts'
import type { Decoded, TelegramValues } from './decoder.ts'
import { collect, obisGroups, obisOf, type ObisEntry } from './obis.ts'
import { ABSENT, listOf, octetsOf, parseSmlNodes, signedOf, unsignedOf, type SmlNode } from './sml-node.ts'
import { codeOfUnit, unitOfCode } from './sml-units.ts'

const OPEN_RESPONSE = 0x0101
const CLOSE_RESPONSE = 0x0201
const GET_LIST_RESPONSE = 0x0701
const NAME_LENGTH = 6

/** Reads the messages inside a transport frame whose check sum is right. */
export function readSml(content: Buffer): Decoded {
  const nodes = parseSmlNodes(content)
  if (typeof nodes === 'string') return nodes
  const entries: ObisEntry[] = []
  for (const each of nodes) {
    if (each.kind === 'end') continue
    // Transaction, group, abort, body, CRC, end.
    const body = item(each, 3)
    if (body === null) return 'an element that is no message'
    if (integer(item(body, 0)) !== GET_LIST_RESPONSE) continue
    // Client, server, list name, time, values, signature, gateway time.
    const list = item(item(body, 1), 4)
    if (list?.kind !== 'list') return 'a response without its list of values'
    for (const value of list.items) entries.push(...toEntry(value))
  }
  return collect(entries)
}

/** Name, status, time, unit, scaler, value, signature. */
function toEntry(entry: SmlNode): readonly ObisEntry[] {
  const name = item(entry, 0)
  const value = item(entry, 5)
  if (name?.kind !== 'octets' || name.bytes.length !== NAME_LENGTH || value === null) return []
  const read = toValue(value, integer(item(entry, 4)) ?? 0, integer(item(entry, 3)))
  return read === null ? [] : [{ code: obisOf(name.bytes), value: read }]
}

function toValue(node: SmlNode, scaler: number, unitCode: number | null): TelegramValue | null {
  switch (node.kind) {
    case 'integer': {
      // Through text, since 10 ** -1 is not exact: 32805 and -2 are 328.05.
      const value = Number(`${node.value}e${scaler}`)
      return { value, unit: unitCode === null ? null : unitOfCode(unitCode) }
    }
    case 'boolean':
      return { value: node.value ? 1 : 0, unit: null }
    case 'octets':
      return node.bytes.length === 0 ? null : { value: textOrHex(node.bytes), unit: null }
    case 'list':
    case 'end':
      return null
  }
}

function textOrHex(bytes: Buffer): string {
  return bytes.every((byte) => byte >= 0x20 && byte <= 0x7e)
    ? bytes.toString('latin1')
    : bytes.toString('hex').toUpperCase()
}

function item(node: SmlNode | null, index: number): SmlNode | null {
  return node?.kind === 'list' ? (node.items[index] ?? null) : null
}

function integer(node: SmlNode | null): number | null {
  return node?.kind === 'integer' ? Number(node.value) : null
}

// ---- the other way

const SERVER_ID = octetsOf(Buffer.from('0a01414d500000000001', 'hex'))

/** The messages of one telegram: open, list, close. What SML cannot hold is left out; a unit that it does not know is not said. */
export function writeSml(values: TelegramValues): Buffer {
  const entries = [...values].flatMap(([key, value]) => fromEntry(key, value))
  return Buffer.concat([
    message(1, OPEN_RESPONSE, listOf(ABSENT, ABSENT, octetsOf(Buffer.from([1])), SERVER_ID, ABSENT, ABSENT)),
    message(2, GET_LIST_RESPONSE, listOf(ABSENT, SERVER_ID, ABSENT, ABSENT, listOf(...entries), ABSENT, ABSENT)),
    message(3, CLOSE_RESPONSE, listOf(ABSENT)),
  ])
}

function message(transaction: number, tag: number, body: Buffer): Buffer {
  const parts = [
    octetsOf(Buffer.from([transaction])),
    unsignedOf(0, 1),
    unsignedOf(0, 1),
    listOf(unsignedOf(tag, 4), body),
  ]
  // A list of six: the CRC covers all before it (SML 1.04, 5.1.1), and the end is one byte 00.
  const covered = Buffer.concat([Buffer.from([0x76]), ...parts])
  return Buffer.concat([covered, unsignedOf(crcOfSml(covered), 2), Buffer.from([0])])
}

function fromEntry(key: string, { value, unit }: TelegramValue): readonly Buffer[] {
  const groups = obisGroups(key)
  if (groups === null) return []
  const name = octetsOf(Buffer.from(groups))
  if (typeof value === 'string') {
    return value === '' ? [] : [listOf(name, ABSENT, ABSENT, ABSENT, ABSENT, octetsOf(Buffer.from(value)), ABSENT)]
  }
  const known = unit === null ? null : codeOfUnit(unit)
  const scaled = toScaled(value, known?.exponent ?? 0)
  if (scaled === null) return []
  const unitNode = known === null ? ABSENT : unsignedOf(known.code, 1)
  return [listOf(name, ABSENT, ABSENT, unitNode, signedOf(BigInt(scaled.scaler), 1), signedOf(scaled.whole, 8), ABSENT)]
}

/** 328.05 as 32805 and -2. */
function toScaled(value: number, exponent: number): { readonly whole: bigint; readonly scaler: number } | null {
  const [, sign = '', digits = '', fraction = '', power = '0'] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential()) ?? []
  const scaler = Number(power) - fraction.length + exponent
  if (digits === '' || scaler < -128 || scaler > 127) return null
  return { whole: BigInt(`${sign}${digits}${fraction}`), scaler }
}
