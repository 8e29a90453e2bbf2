/** Moments as people write and read them, by a site's clocks. */
import { parseInstant } from '../model/instant.ts'
import { firstInstantOf, zoneOffsetMs } from '../model/local-days.ts'
import { UsageError } from './options.ts'

const DAY_MS = 86_400_000
const WRITE_IT = 'write it as 2026-11-22 18:05, as 18:05 for today, or with its offset as 2026-11-22T18:05:00+01:00'

/**
 * `2026-11-22 18:05`, `18:05` of today, or ISO 8601 with an offset; seconds are optional. Wall ms; a wall time that comes twice means the
 * first. Throws UsageError for what is no time or has not come yet.
 */
export function parseMoment(text: string, now: number, timezone: string): number {
  const moment = momentOf(text.trim(), now, timezone)
  if (moment === null) throw new UsageError(`--at ${text}: ${WRITE_IT}`)
  if (moment > now) throw new UsageError(`--at ${text}: this has not come yet; ${WRITE_IT}`)
  return moment
}

function momentOf(text: string, now: number, timezone: string): number | null {
  const instant = parseInstant(text)
  if (instant !== null) return instant
  const [, date, time, seconds = ':00'] = /^(?:(\d{4}-\d{2}-\d{2})[ T])?(\d{2}:\d{2})(:\d{2})?$/.exec(text) ?? []
  if (time === undefined) return null
  const wall = parseInstant(`${date ?? writeMoment(now, timezone).slice(0, 10)}T${time}${seconds}Z`)
  return wall === null ? null : firstInstantOf(wall, timezone)
}

/** `2026-11-22 18:05:09` */
export function writeMoment(at: number, timezone: string): string {
  return new Date(at + zoneOffsetMs(at, timezone)).toISOString().slice(0, 19).replace('T', ' ')
}

/** Without the day, where it is the day of `beside`. */
export function writeMomentBeside(at: number, beside: number, timezone: string): string {
  const text = writeMoment(at, timezone)
  const isSameDay = Math.abs(at - beside) < DAY_MS && text.slice(0, 10) === writeMoment(beside, timezone).slice(0, 10)
  return isSameDay ? text.slice(11) : text
}

/** Of this machine, where no site file says another one. */
export function machineTimezone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone
}
