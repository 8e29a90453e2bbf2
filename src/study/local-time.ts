/** Days and times as the site's clocks show them. */
import { zoneOffsetMs } from '../model/local-days.ts'

const DAY_MS = 86_400_000

/** Wall ms of the local midnight that a day (`2026-11-20`) begins with; null: no such day. */
export function midnightOf(day: string, timezone: string): number | null {
  const [, year = '', month = '', date = ''] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day) ?? []
  const utc = year === '' ? Number.NaN : Date.UTC(Number(year), Number(month) - 1, Number(date))
  if (Number.isNaN(utc) || new Date(utc).toISOString().slice(0, 10) !== day || utc < DAY_MS) return null
  const guess = utc - zoneOffsetMs(utc, timezone)
  return utc - zoneOffsetMs(guess, timezone)
}

/** The midnight after this one: 23, 24 or 25 hours later. */
export function nextMidnight(midnight: number, timezone: string): number {
  return midnightOf(dayOf(midnight + DAY_MS + DAY_MS / 4, timezone), timezone) ?? midnight + DAY_MS
}

/** `2026-11-20` */
export function dayOf(at: number, timezone: string): string {
  return localIso(at, timezone).slice(0, 10)
}

/** `2026-11-20 17:05:10` */
export function localTime(at: number, timezone: string): string {
  return localIso(at, timezone).slice(0, 19).replace('T', ' ')
}

function localIso(at: number, timezone: string): string {
  return new Date(at + zoneOffsetMs(at, timezone)).toISOString()
}
