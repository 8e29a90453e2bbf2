/** What the charging profiles allow at one moment (OCPP 1.6 §3.13 with the errata sheet v4). Pure. */
import type { ChargingProfile, ProfilePurpose, SchedulePeriod } from './charging-profile.ts'
import { runAround } from './local-days.ts'

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
  /** IANA name: recurring schedules follow its local days. Default: UTC. */
  readonly timezone?: string
}

export interface ProfileLimit {
  /** Per phase. 0 to below 6 A means pause to the allocator; the number stays as it is here. */
  readonly amps: number
  /** The most phases that the profiles allow, or null when they do not say. */
  readonly phases: number | null
  /** The profile that binds. */
  readonly profile: ChargingProfile
}

/** What prevails of one purpose. */
export interface Prevailing extends ProfileLimit {
  /** As the profile has it, in its own unit. */
  readonly limit: number
}

/**
 * The limit at `query.at`, or null when no profile applies then. For each purpose the highest stack level with a period
 * at that time counts (§3.13.2; where its schedule is silent, the next lower one: §5.16.4, errata 3.43); a transaction
 * profile overrules the default (§3.13.1); with the station's maximum the lower one binds (§3.13.3).
 * With several EVSEs a station's maximum is shared by all: here it only bounds each of them.
 */
export function limitAt(profiles: readonly ChargingProfile[], query: LimitQuery): ProfileLimit | null {
  const session = sessionLimit(profiles, query)
  const station = stationLimit(profiles, query)
  const binding = session === null || (station !== null && station.amps < session.amps) ? station : session
  if (binding === null) return null
  const { amps, profile } = binding
  return { amps, phases: fewer(session?.phases ?? null, station?.phases ?? null), profile }
}

/** What binds the EVSE's session alone: its transaction's profiles, else the default ones. Null for EVSE 0. */
export function sessionLimit(profiles: readonly ChargingProfile[], query: LimitQuery): Prevailing | null {
  if (query.evse === 0) return null
  return prevailing(profiles, 'transaction', query) ?? prevailing(profiles, 'transaction-default', query)
}

/** What binds all EVSEs of the station together. */
export function stationLimit(profiles: readonly ChargingProfile[], query: LimitQuery): Prevailing | null {
  return prevailing(profiles, 'station-max', query)
}

/** So many changes that change nothing (a daily schedule that always says the same) are passed over in search of an end. */
const MOST_CHANGES = 64

/** From when on the station's limit is another one, or none; null: no end is known. `query.evse` is 0. */
export function stationLimitEnd(profiles: readonly ChargingProfile[], query: LimitQuery): number | null {
  const now = stationLimit(profiles, query)
  let { at } = query
  for (let change = 0; change < MOST_CHANGES; change++) {
    at = nextChangeAfter(profiles, { ...query, at })
    if (at === Infinity) return null
    const then = stationLimit(profiles, { ...query, at })
    if (then?.limit !== now?.limit || then?.profile !== now?.profile) return at
  }
  return null
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
): Prevailing | null {
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
  const { limit, phases } = bestPeriod
  return { amps: inAmps(bestPeriod, best.unit, query.supply), limit, phases, profile: best }
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

/**
 * Higher in the stack; on one level the EVSE's own default is above the one for all EVSEs, which it replaces "only for that
 * specific connector" (§3.13.1); then the newer id.
 */
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
  if (start === null) return lowest(profile.periods, profile.unit, query.supply)
  if (at < start) return null
  const run = runAt(profile, start, query)
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
      const run = runAt(profile, start, query)
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
 * Where the schedule's seconds count from. A relative one: from the start of the transaction; a startSchedule is "of an absolute
 * schedule" (§7.13) and says nothing there. An absolute one that does not say is "relative to start of charging" (§7.13).
 * Null: a maximum of the station that has no moment to count from, as it belongs to no transaction.
 */
function startOf(profile: ChargingProfile, query: LimitQuery): number | null {
  if (profile.purpose === 'station-max')
    return profile.kind === 'relative' ? null : (profile.startSchedule ?? profile.validFrom)
  // A transaction that runs has begun, also where the wall clock was set back behind its start: without that there would be no limit.
  const transactionStart = Math.min(query.transaction?.startedAt ?? query.nextStart ?? query.at, query.at)
  return profile.kind === 'relative' ? transactionStart : (profile.startSchedule ?? transactionStart)
}

/**
 * The run of the schedule around `at` (>= start): the only one, or that of the local day or week. Without duration the last period
 * goes on (§7.13). What is longer than the recurrence is not executed (§5.16.4, errata 3.44): by then another run is around `at`.
 */
function runAt(
  profile: ChargingProfile,
  start: number,
  { at, timezone }: LimitQuery,
): { readonly start: number; readonly end: number; readonly next: number } {
  const lasts = profile.durationSeconds === null ? Infinity : profile.durationSeconds * 1000
  if (profile.kind !== 'recurring') return { start, end: start + lasts, next: Infinity }
  const run = runAround(start, profile.recurrency === 'weekly' ? 7 : 1, at, timezone ?? 'UTC')
  return { start: run.start, end: run.start + lasts, next: run.next }
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
function lowest(periods: readonly SchedulePeriod[], unit: 'A' | 'W', supply: Supply): SchedulePeriod | null {
  return periods.reduce<SchedulePeriod | null>(
    (least, period) => (least === null || inAmps(period, unit, supply) < inAmps(least, unit, supply) ? period : least),
    null,
  )
}

export function fewer(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b
  return Math.min(a, b)
}

/**
 * A are of each phase, W of all together (§7.12, errata 3.69: current per phase = W / (volts * numberPhases)).
 * More phases than the outlet has: the limit is not reckoned anew (§5.16, errata 3.34), so each phase gets no more.
 * Fewer: no charger here changes the number of phases, so the car may draw on all, and all together keep to the W.
 * Not said: W are the total, on the phases that there are. (Errata 3.69 assumes 3: so it is on three; on an outlet with one phase
 * the number is known and the total is kept as well.)
 */
function inAmps({ limit, phases }: SchedulePeriod, unit: 'A' | 'W', supply: Supply): number {
  return unit === 'A' ? limit : limit / (supply.volts * Math.max(phases ?? 1, supply.phases))
}

export function inUnit(amps: number, unit: 'A' | 'W', supply: Supply): number {
  return unit === 'A' ? amps : amps * supply.volts * supply.phases
}
