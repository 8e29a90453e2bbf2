/** Data sets in text, `1-0:1.8.0(000123.456*kWh)` (IEC 62056-21, 6.5; the same in DSMR P1). */

import type { TelegramValue } from '../../src/model/driver.ts'

export interface DataSet {
  readonly name: string
  /** What stands in each pair of brackets. */
  readonly fields: readonly string[]
}

const NUMBER = /^[+-]?\d{1,20}(?:\.\d{1,20})?$/

/**
 * Reads the data sets of a line; one line may hold several, and each several fields. A line that begins with a bracket has an empty
 * name: it goes on with the data set before it. Null: this is no data line.
 */
export function parseDataLine(line: string): readonly DataSet[] | null {
  const sets: { name: string; fields: string[] }[] = []
  const part = /([^()]*)\(([^()]*)\)/y
  let end = 0
  for (let match = part.exec(line); match !== null; match = part.exec(line)) {
    const [, name = '', field = ''] = match
    const last = sets.at(-1)
    if (name === '' && last !== undefined) last.fields.push(field)
    else sets.push({ name: name.trim(), fields: [field] })
    end = part.lastIndex
  }
  return sets.length > 0 && line.slice(end).trim() === '' ? sets : null
}

/**
 * `000123.456*kWh` is 123.456 kWh. Without a unit it stays the text that it is, since leading zeros of a serial number count;
 * so does what is no number (`--.-*kW`). Null: empty, so not available.
 */
export function parseField(field: string): TelegramValue | null {
  const [text = '', unit] = field.split(/\*([^*]{1,16})$/)
  if (text.trim() === '') return null
  if (unit === undefined) return { value: field, unit: null }
  return { value: NUMBER.test(text) ? Number(text) : text, unit }
}

/** A value as it stands between brackets; null: a text cannot hold it. */
export function formatField({ value, unit }: TelegramValue): string | null {
  const text = typeof value === 'string' ? value : formatDecimal(value)
  if (text === null || [text, unit ?? ''].some((part) => /[^\x20-\x7e]|[()!/*]/.test(part))) return null
  return unit === null ? text : `${text}*${unit}`
}

/** A number without an exponent; null: it is none, or has more than 20 digits before the point. */
export function formatDecimal(value: number): string | null {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e20) return null
  const plain = String(value)
  return plain.includes('e') ? value.toFixed(20).replace(/\.?0+$/, '') : plain
}
