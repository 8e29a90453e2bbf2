/** A moment as ISO 8601 writes it with its offset from UTC: `2026-11-22T18:05:00+01:00`. Pure. */

const INSTANT = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/

/** Wall ms, or null for what is none. Seconds may be missing; a day that no calendar has (31 November) is none, not the day after. */
export function parseInstant(text: string): number | null {
  const [, day = ''] = INSTANT.exec(text) ?? []
  const at = day === '' ? Number.NaN : Date.parse(text)
  if (Number.isNaN(at)) return null
  return new Date(Date.parse(`${day}T00:00:00Z`)).toISOString().startsWith(day) ? at : null
}
