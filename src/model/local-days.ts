/**
 * Days as a site's clocks show them, across daylight saving: when a schedule that recurs daily or weekly runs again. Pure (what a
 * time zone's offset is, is asked once for each quarter of an hour and remembered).
 *
 * OCPP 1.6 §7.37 (errata 3.79): a run begins "at the same time as in the startSchedule"; §3.13.7 leaves days with a clock change open.
 * Here that time is the local wall time, so that a night tariff stays one. The day of a change has 23 or 25 hours (or 23.5), and:
 * - a wall time that the clocks skip is counted with the offset before the change (02:30 becomes 03:30, 24 h after the run before);
 * - a wall time that comes twice means the first.
 */

const DAY_MS = 86_400_000
/** Since 1972 every zone has changed on a quarter of an hour (of UTC). */
const SLOT_MS = 900_000
/** For one zone; then they are forgotten and asked again. */
const MAX_SLOTS = 20_000

export interface Run {
  /** Wall time, ms: second 0 of this run's schedule. */
  readonly start: number
  /** The next run begins. Equal to `start` where a day was skipped as a whole. */
  readonly next: number
}

/**
 * The run around `at` of a schedule that first began at `first` (<= `at`) and begins again every `days` local days.
 * Run 0 begins at `first` itself, also where that is the second of two equal wall times. Throws RangeError: no such time zone.
 */
export function runAround(first: number, days: 1 | 7, at: number, timezone: string): Run {
  const wall = first + zoneOffsetMs(first, timezone)
  const every = days * DAY_MS
  const startOf = (run: number): number => (run <= 0 ? first : firstInstantOf(wall + run * every, timezone))
  let run = Math.max(0, Math.floor((at + zoneOffsetMs(at, timezone) - wall) / every))
  // The wall clock of `at` may be ahead of, or behind, what a skipped or doubled hour makes of the run's own.
  while (run > 0 && startOf(run) > at) run--
  while (startOf(run + 1) <= at) run++
  return { start: startOf(run), next: startOf(run + 1) }
}

/** Milliseconds that the zone's clocks are ahead of UTC at `at`. Before 1970: as in 1970. Throws RangeError: no such time zone. */
export function zoneOffsetMs(at: number, timezone: string): number {
  if (timezone === 'UTC') return 0
  const zone = zoneOf(timezone)
  const slot = Math.floor(Math.max(0, at) / SLOT_MS)
  const known = zone.offsets.get(slot)
  if (known !== undefined) return known
  if (zone.offsets.size >= MAX_SLOTS) zone.offsets.clear()
  const offset = wallClock(zone.format, slot * SLOT_MS) - slot * SLOT_MS
  zone.offsets.set(slot, offset)
  return offset
}

/** The instant, ms, at which a zone's clocks show a wall time. @param wall as ms since 1970 on a clock that shows it */
export function firstInstantOf(wall: number, timezone: string): number {
  const before = zoneOffsetMs(wall - DAY_MS, timezone)
  if (zoneOffsetMs(wall - before, timezone) === before) return wall - before
  const after = zoneOffsetMs(wall + DAY_MS, timezone)
  return zoneOffsetMs(wall - after, timezone) === after ? wall - after : wall - before
}

interface Zone {
  readonly format: Intl.DateTimeFormat
  /** By slot. */
  readonly offsets: Map<number, number>
}

const zones = new Map<string, Zone>()

function zoneOf(timezone: string): Zone {
  const known = zones.get(timezone)
  if (known !== undefined) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  const zone: Zone = { format, offsets: new Map() }
  zones.set(timezone, zone)
  return zone
}

function wallClock(format: Intl.DateTimeFormat, at: number): number {
  const parts = new Map<string, number>()
  for (const { type, value } of format.formatToParts(at)) parts.set(type, Number(value))
  const part = (type: string): number => parts.get(type) ?? 0
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
}
