/**
 * A second reading of OCPP 1.6 §3.13 and §5.16 with the errata, written without a look at the first: slow and plain, one moment at a
 * time. Local time is found by searching the instants at which a clock of the zone shows it.
 */
import type { ChargingProfile, SchedulePeriod } from '../../src/model/charging-profile.ts'

export interface NaiveOutlet {
  readonly evse: number
  readonly transaction: { readonly startedAt: number; readonly csmsTransactionId: string | null } | null
  readonly maximumAmps: number
  readonly supply: { readonly volts: number; readonly phases: 1 | 2 | 3 }
}

export interface NaiveQuery {
  readonly at: number
  /** When a transaction that does not run yet would begin. */
  readonly nextStart: number
  readonly timezone: string
}

interface Holding {
  readonly profile: ChargingProfile
  readonly period: SchedulePeriod
}

const DAY = 86_400_000
const QUARTER = 900_000
const clocks = new Map<string, Intl.DateTimeFormat>()

/** `2026-03-29 02:30:00` as the zone's clocks show it. */
export function shownAt(at: number, timezone: string): string {
  let clock = clocks.get(timezone)
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' })
    clocks.set(timezone, clock)
  }
  return clock.format(at)
}

const found = new Map<string, number | null>()

/** The first instant within a day at which the clocks show it; null: they skip it. */
function firstShown(wall: string, milliseconds: number, timezone: string): number | null {
  const key = `${timezone} ${wall} ${milliseconds}`
  const known = found.get(key)
  if (known !== undefined) return known
  const asIfUtc = Date.parse(`${wall.replace(' ', 'T')}Z`) + milliseconds
  let instant: number | null = null
  for (let at = asIfUtc - 60 * QUARTER; at <= asIfUtc + 60 * QUARTER && instant === null; at += QUARTER)
    if (shownAt(at, timezone) === wall) instant = at
  found.set(key, instant)
  return instant
}

/** When the run begins that is `days` calendar days after the first one. */
export function naiveRunStart(first: number, days: number, timezone: string): number {
  if (days === 0) return first
  const [date = '', time = ''] = shownAt(first, timezone).split(' ')
  const day = new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10)
  const milliseconds = ((first % 1000) + 1000) % 1000
  return firstShown(`${day} ${time}`, milliseconds, timezone) ?? naiveRunStart(first, days - 1, timezone) + DAY
}

/** What one outlet, or several together, may have at a moment; `unit` and `phases` as in a composite schedule. */
export function naiveComposite(
  profiles: readonly ChargingProfile[],
  outlets: readonly NaiveOutlet[],
  unit: 'A' | 'W',
  query: NaiveQuery,
): { readonly limit: number; readonly phases: number | null } {
  let sum = 0
  const phases: (number | null)[] = []
  for (const outlet of outlets) {
    const { volts, phases: wired } = outlet.supply
    const maximum = unit === 'A' ? outlet.maximumAmps : outlet.maximumAmps * volts * wired
    const session = naiveSession(profiles, outlet, query)
    sum += session === null ? maximum : Math.min(maximum, inUnit(session, unit, volts, wired))
    if (outlets.length === 1) phases.push(session?.period.phases ?? null)
  }
  const [any] = outlets
  const station = any === undefined ? null : naiveStation(profiles, any, query)
  if (station !== null) {
    const volts = Math.max(...outlets.map(({ supply }) => supply.volts))
    const wired = Math.max(...outlets.map((outlet) => outlet.supply.phases))
    sum = Math.min(sum, inUnit(station, unit, volts, wired))
    phases.push(station.period.phases)
  }
  const named = phases.filter((count) => count !== null)
  return { limit: sum, phases: named.length === 0 ? null : Math.min(...named) }
}

export function naiveSession(
  profiles: readonly ChargingProfile[],
  outlet: NaiveOutlet,
  query: NaiveQuery,
): Holding | null {
  const own = profiles.filter(
    ({ purpose, evse, csmsTransactionId }) =>
      purpose === 'transaction' &&
      outlet.transaction !== null &&
      evse === outlet.evse &&
      [null, outlet.transaction.csmsTransactionId].includes(csmsTransactionId),
  )
  const standard = profiles.filter(
    ({ purpose, evse }) => purpose === 'transaction-default' && [0, outlet.evse].includes(evse),
  )
  return highest(own, outlet, query) ?? highest(standard, outlet, query)
}

export function naiveStation(
  profiles: readonly ChargingProfile[],
  outlet: NaiveOutlet,
  query: NaiveQuery,
): Holding | null {
  return highest(
    profiles.filter(({ purpose }) => purpose === 'station-max'),
    outlet,
    query,
  )
}

/** The top of the stack, of those whose schedule says something now. */
function highest(profiles: readonly ChargingProfile[], outlet: NaiveOutlet, query: NaiveQuery): Holding | null {
  const stack = profiles.toSorted((a, b) => b.stackLevel - a.stackLevel || b.evse - a.evse || b.id - a.id)
  for (const profile of stack) {
    const period = holding(profile, outlet, query)
    if (period !== null) return { profile, period }
  }
  return null
}

function holding(profile: ChargingProfile, outlet: NaiveOutlet, query: NaiveQuery): SchedulePeriod | null {
  const { at } = query
  const { validFrom, validTo, durationSeconds, kind, purpose, periods, startSchedule } = profile
  if (validFrom !== null && at < validFrom) return null
  if (validTo !== null && at >= validTo) return null
  // A clock that was set back does not undo a start.
  const charging = Math.min(outlet.transaction?.startedAt ?? query.nextStart, at)
  let begin = kind === 'relative' ? charging : (startSchedule ?? charging)
  if (purpose === 'station-max') {
    const stated = kind === 'relative' ? null : (startSchedule ?? validFrom)
    if (stated === null) return leastOf(profile, outlet)
    begin = stated
  }
  if (at < begin) return null
  if (kind === 'recurring') begin = latestRun(begin, profile.recurrency === 'weekly' ? 7 : 1, at, query.timezone)
  const seconds = (at - begin) / 1000
  if (durationSeconds !== null && seconds >= durationSeconds) return null
  return periods.findLast((period) => period.startSeconds <= seconds) ?? null
}

function latestRun(first: number, days: number, at: number, timezone: string): number {
  let latest = first
  for (let run = days; ; run += days) {
    const start = naiveRunStart(first, run, timezone)
    if (start > at) return latest
    latest = start
  }
}

function leastOf({ periods, unit }: ChargingProfile, { supply }: NaiveOutlet): SchedulePeriod | null {
  const amps = (period: SchedulePeriod): number => ampsOf(period, unit, supply.volts, supply.phases)
  const least = Math.min(...periods.map(amps))
  return periods.find((period) => amps(period) === least) ?? null
}

function inUnit({ profile, period }: Holding, unit: 'A' | 'W', volts: number, wired: number): number {
  if (profile.unit === unit) return period.limit
  return unit === 'W' ? period.limit * volts * wired : ampsOf(period, 'W', volts, wired)
}

export function ampsOf({ limit, phases }: SchedulePeriod, unit: 'A' | 'W', volts: number, wired: number): number {
  if (unit === 'A') return limit
  const counted = phases !== null && phases > wired ? phases : wired
  return limit / volts / counted
}
