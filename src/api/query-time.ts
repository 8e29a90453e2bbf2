/** Times in a query. */
import { parseInstant } from '../model/instant.ts'
import type { Call } from './keyed-calls.ts'

export const QUERY_TIME = 'a time with its offset from UTC, e.g. 2026-11-22T17:30:00Z'

/** Wall ms; null: not given; NaN: no time. In a query a `+` is a space. */
export function queryTime(c: Call, name: string): number | null {
  const text = c.req.query(name)?.replace(' ', '+')
  return text === undefined ? null : (parseInstant(text) ?? Number.NaN)
}
