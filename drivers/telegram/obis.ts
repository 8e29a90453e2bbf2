/** Names of values: OBIS codes (IEC 62056-61) as the mappings write them, `A-B:C.D.E`. */

import type { TelegramValue } from '../../src/model/driver.ts'

export interface ObisCode {
  /** `A-B:C.D.E`, or a name that is no OBIS code, as the meter writes it. */
  readonly key: string
  /** Group F: a billing period or a further instance; 255 and null: the value of now. */
  readonly instance: number | null
  /** Group C; null: no OBIS code. */
  readonly quantity: number | null
}

export interface ObisEntry {
  readonly code: ObisCode
  readonly value: TelegramValue
}

/** More values than any meter sends. */
const ENTRIES_LIMIT = 1000
/** Letters that stand for group C or D (IEC 62056-61, 6.4): service, error, list, profile. */
const LETTERS: Readonly<Record<string, number>> = { C: 96, F: 97, L: 98, P: 99 }
const PATTERN = /^(?:(\d{1,3})-(\d{1,3}):)?(\d{1,3}|[CFLP])\.(\d{1,3}|F)(?:\.(\d{1,3}))?(?:[*&](\d{1,3}))?$/

/** Reads `1-0:1.8.0`, `1-0:1.8.0*255`, `1.8.0` (electricity, channel 0), `F.F`. Null for a name that is neither that nor 1 to 32 plain letters. */
export function parseObis(text: string): ObisCode | null {
  const [all, medium = '1', channel = '0', quantity = '', process = '', tariff = '0', instance] =
    PATTERN.exec(text) ?? []
  if (all === undefined) {
    return /^[\w.:*&#-]{1,32}$/.test(text) ? { key: text, instance: null, quantity: null } : null
  }
  const groups = [medium, channel, quantity, process, tariff, instance ?? '255'].map(
    (group) => LETTERS[group] ?? Number(group),
  )
  return groups.some((group) => group > 255) ? null : obisOf(groups)
}

/** From the six groups A to F. */
export function obisOf(groups: ArrayLike<number>): ObisCode {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 255] = Array.from(groups)
  return { key: `${a}-${b}:${c}.${d}.${e}`, instance: f, quantity: c }
}

/**
 * The values by key. One of a billing period (`1.8.0*01`) is not the value of now and stands under its full name only;
 * something that describes the meter (C is 0 or from 96) also under the short one. Of two with one name the first counts.
 */
export function collect(entries: readonly ObisEntry[]): ReadonlyMap<string, TelegramValue> | string {
  if (entries.length > ENTRIES_LIMIT) return `more than ${ENTRIES_LIMIT} values`
  const values = new Map<string, TelegramValue>()
  const add = (key: string, value: TelegramValue): void => {
    if (!values.has(key)) values.set(key, value)
  }
  for (const { code, value } of entries) if (isNow(code)) add(code.key, value)
  for (const { code, value } of entries) {
    if (isNow(code)) continue
    add(`${code.key}*${code.instance}`, value)
    if (describesMeter(code)) add(code.key, value)
  }
  return values.size === 0 ? 'no value in it' : values
}

function isNow({ instance }: ObisCode): boolean {
  return instance === null || instance === 255
}

function describesMeter({ quantity }: ObisCode): boolean {
  return quantity !== null && (quantity === 0 || quantity >= 96)
}

/** The six groups of `A-B:C.D.E` or `A-B:C.D.E*F`; null for other names. */
export function obisGroups(key: string): readonly number[] | null {
  const match = /^(\d{1,3})-(\d{1,3}):(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\*(\d{1,3}))?$/.exec(key)
  if (match === null) return null
  const groups = [...match.slice(1, 6), match[6] ?? '255'].map(Number)
  return groups.every((group) => group <= 255) ? groups : null
}
