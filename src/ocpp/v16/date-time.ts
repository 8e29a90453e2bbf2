/** Time stamps as RFC 3339 and nothing else: `Date.parse` would turn 30 February into 2 March and take half dates. */
import { BridgeError } from '../../model/errors.ts'

const PATTERN = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/
const MINUTE_MS = 60_000
const FIRST_MS = Date.parse('0000-01-01T00:00:00.000Z')
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')

/** Wall time in ms, or null when the text is not a date and time with a zone that exists. */
export function parseDateTime(text: string): number | null {
  const match = PATTERN.exec(text)
  if (match === null) return null
  const [, year, month, day, hour, minute, second, fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = match
  const seconds = Number(second)
  if (Number(hour) > 23 || Number(minute) > 59 || seconds > 60) return null
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return null
  const midnight = new Date(0)
  midnight.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  if (midnight.getUTCMonth() !== Number(month) - 1 || midnight.getUTCDate() !== Number(day)) return null
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -1 : 1)
  const minuteMs = midnight.getTime() + (Number(hour) * 60 + Number(minute) - offset) * MINUTE_MS
  // RFC 3339 5.6: a 60th second exists only as leap second, at the end of a UTC day.
  if (seconds === 60 && (minuteMs + MINUTE_MS) % (24 * 60 * MINUTE_MS) !== 0) return null
  const ms = minuteMs + seconds * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3))
  // An offset can lead out of the four digits of a year: what we read, we must be able to write.
  return ms >= FIRST_MS && ms <= LAST_MS ? ms : null
}

/** As `parseDateTime`, for a field that may be missing. */
export function timeOrNull(text: string | undefined): number | null {
  return text === undefined ? null : parseDateTime(text)
}

/** Throws RangeError for a time outside the calendar. */
export function formatDateTime(ms: number): string {
  return new Date(ms).toISOString()
}

/** Throws FRAME_INVALID when `make` meets a time outside the calendar. */
export function checkedDates<T>(what: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof RangeError) throw new BridgeError('FRAME_INVALID', `${what}: not a time`, { cause: error })
    throw error
  }
}
