/** What the charging profiles allow at one moment (OCPP 1.6 §3.13). Pure. */
import type { ChargingProfile, ProfilePurpose, SchedulePeriod } from './charging-profile.ts'

/** What the car is fed with, to turn W into A: phase-to-neutral voltage and the phases that it may use. */
export interface Supply {
  readonly volts: number
  readonly phases: 1 | 2 | 3
}

export interface LimitQuery {
  /** Wall time, ms. */
  readonly at: number
  /** 0: the whole station; then only profiles with purpose `station-max` count. */
  readonly evse: number
  /** Null: none runs; then default profiles tell what a new one would get. */
  readonly transaction: { readonly startedAt: number; readonly csmsTransactionId: string | null } | null
  /** While none runs: from when the next one counts, for schedules relative to it. Default: now. */
  readonly nextStart?: number
  readonly supply: Supply
}

export interface ProfileLimit {
  /** Per phase. 0 to below 6 A means pause to the allocator; the number stays as it is here. */
  readonly amps: number
  /** The most phases that the profiles allow, or null when they do not say. */
  readonly phases: number | null
  /** The profile that binds. */
  readonly profile: ChargingProfile
}

const DAY_MS = 86_400_000

/**
 * The limit at `query.at`, or null when no profile applies then. For each purpose the highest stack level with a period
 * at that time counts; a transaction profile overrules the default; with the station's maximum the lower one binds.
 * With several EVSEs a station's maximum is shared by all: here it only bounds each of them.
 */
export function limitAt(profiles: readonly ChargingProfile[], query: LimitQuery): ProfileLimit | null {
  const session =
    query.evse === 0
      ? null
      : (prevailing(profiles, 'transaction', query) ?? prevailing(profiles, 'transaction-default', query))
  const station = prevailing(profiles, 'station-max', query)
  if (session === null || station === null) return session ?? station
  const binding = station.amps < session.amps ? station : session
  return { ...binding, phases: fewer(session.phases, station.phases) }
}

/** The next moment after `query.at` at which `limitAt` may say something else; Infinity when it never will. */
export function nextChangeAfter(profiles: readonly ChargingProfile[], query: LimitQuery): number {
  let next = Infinity
  for (const profile of profiles) {
    if (applies(profile, query)) next = Math.min(next, nextChange(profile, query))
  }
  return next
}

function prevailing(
  profiles: readonly ChargingProfile[],
  purpose: ProfilePurpose,
  query: LimitQuery,
): ProfileLimit | null {
  let best: ChargingProfile | null = null
  let bestPeriod: SchedulePeriod | null = null
  for (const profile of profiles) {
    if (profile.purpose !== purpose || !applies(profile, query)) continue
    if (best !== null && !isAbove(profile, best)) continue
    const period = periodAt(profile, query)
    if (period === null) continue
    best = profile
    bestPeriod = period
  }
  if (best === null || bestPeriod === null) return null
  return { amps: inAmps(bestPeriod.limit, best.unit, query.supply), phases: bestPeriod.phases, profile: best }
}

/** Whether the profile is meant for this EVSE and transaction, at whatever time. */
function applies(profile: ChargingProfile, { evse, transaction }: LimitQuery): boolean {
  switch (profile.purpose) {
    case 'station-max':
      return profile.evse === 0
    case 'transaction-default':
      return evse !== 0 && (profile.evse === 0 || profile.evse === evse)
    case 'transaction':
      return (
        evse !== 0 &&
        profile.evse === evse &&
        transaction !== null &&
        (profile.csmsTransactionId === null || profile.csmsTransactionId === transaction.csmsTransactionId)
      )
  }
}

/** Higher in the stack; on one level the EVSE's own profile is above the one for all EVSEs, then the newer id. */
function isAbove(profile: ChargingProfile, other: ChargingProfile): boolean {
  if (profile.stackLevel !== other.stackLevel) return profile.stackLevel > other.stackLevel
  if (profile.evse !== other.evse) return profile.evse > other.evse
  return profile.id > other.id
}

/** The period that holds at `query.at`, or null: not valid, not begun, in a gap, or over. */
function periodAt(profile: ChargingProfile, query: LimitQuery): SchedulePeriod | null {
  const { at } = query
  if (profile.validFrom !== null && at < profile.validFrom) return null
  if (profile.validTo !== null && at >= profile.validTo) return null
  const start = startOf(profile, query)
  if (start === null) return lowest(profile.periods)
  if (at < start) return null
  const run = runAt(profile, start, at)
  if (at >= run.end) return null
  const index = lastStarted(profile.periods, (at - run.start) / 1000)
  return profile.periods[index] ?? null
}

function nextChange(profile: ChargingProfile, query: LimitQuery): number {
  const { at } = query
  const candidates = [profile.validFrom ?? Infinity, profile.validTo ?? Infinity]
  const start = startOf(profile, query)
  if (start !== null) {
    candidates.push(start)
    if (at >= start) {
      const run = runAt(profile, start, at)
      const following = profile.periods[lastStarted(profile.periods, (at - run.start) / 1000) + 1]
      if (following !== undefined) candidates.push(run.start + following.startSeconds * 1000)
      candidates.push(run.end, run.next)
    } else {
      candidates.push(start + (profile.periods[0]?.startSeconds ?? 0) * 1000)
    }
  }
  return Math.min(...candidates.filter((time) => time > at))
}

/**
 * Where the schedule's seconds count from (§7.13 startSchedule: "if absent the schedule will be relative to start of
 * charging"). Null: a maximum of the station that does not say; it has no charging to be relative to.
 */
function startOf(profile: ChargingProfile, query: LimitQuery): number | null {
  const transactionStart = query.transaction?.startedAt ?? query.nextStart ?? query.at
  if (profile.purpose === 'station-max') return profile.startSchedule ?? profile.validFrom
  if (profile.kind === 'relative') return transactionStart
  return profile.startSchedule ?? transactionStart
}

/** The run of the schedule around `at` (>= start): the only one, or today's or this week's. Days have 24 h (UTC). */
function runAt(profile: ChargingProfile, start: number, at: number): { start: number; end: number; next: number } {
  const lasts = profile.durationSeconds === null ? Infinity : profile.durationSeconds * 1000
  if (profile.kind !== 'recurring') return { start, end: start + lasts, next: Infinity }
  const every = profile.recurrency === 'weekly' ? 7 * DAY_MS : DAY_MS
  const runStart = start + Math.floor((at - start) / every) * every
  return { start: runStart, end: runStart + Math.min(lasts, every), next: runStart + every }
}

/** Index of the last period that has started, or -1. Periods ascend. */
function lastStarted(periods: readonly SchedulePeriod[], seconds: number): number {
  let low = 0
  let high = periods.length
  while (low < high) {
    const middle = (low + high) >> 1
    const period = periods[middle]
    if (period !== undefined && period.startSeconds <= seconds) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Of a schedule that does not say when it starts, the safe reading. */
function lowest(periods: readonly SchedulePeriod[]): SchedulePeriod | null {
  return periods.reduce<SchedulePeriod | null>(
    (least, period) => (least === null || period.limit < least.limit ? period : least),
    null,
  )
}

function fewer(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}

/** W are of all phases together, A of each. */
function inAmps(limit: number, unit: 'A' | 'W', supply: Supply): number {
  return unit === 'A' ? limit : limit / (supply.volts * supply.phases)
}

export function inUnit(amps: number, unit: 'A' | 'W', supply: Supply): number {
  return unit === 'A' ? amps : amps * supply.volts * supply.phases
}
