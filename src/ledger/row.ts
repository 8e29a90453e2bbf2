/** Columns as our types; a column of another type means that the file is not what we wrote. */
import type { SQLOutputValue } from 'node:sqlite'
import { BridgeError } from '../model/errors.ts'

function wrong(value: SQLOutputValue | undefined, wanted: string): BridgeError {
  return new BridgeError('LEDGER_DAMAGED', `a stored row holds ${typeof value} where ${wanted} belongs`)
}

export function numberOf(value: SQLOutputValue | undefined): number {
  if (typeof value !== 'number') throw wrong(value, 'a number')
  return value
}

export function numberOrNull(value: SQLOutputValue | undefined): number | null {
  return value === null ? null : numberOf(value)
}

export function textOf(value: SQLOutputValue | undefined): string {
  if (typeof value !== 'string') throw wrong(value, 'a text')
  return value
}

/** Null too when there is no row. */
export function textOrNull(value: SQLOutputValue | undefined): string | null {
  return value === null || value === undefined ? null : textOf(value)
}
