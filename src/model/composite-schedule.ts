/** What the charging profiles will allow from now on, as one schedule (OCPP 1.6 §5.7, §3.13.3). Pure. */
import type { ChargingProfile, CompositeSchedule, SchedulePeriod } from './charging-profile.ts'
import { fewer, inUnit, nextChangeAfter, sessionLimit, stationLimit } from './limit-at.ts'
import type { LimitQuery, Prevailing, Supply } from './limit-at.ts'

/** An outlet of the schedule. */
export interface CompositeOutlet extends Pick<LimitQuery, 'evse' | 'transaction' | 'supply'> {
  /** What holds where no profile says less: the charger's own maximum, or a local limit (errata 3.27). Per phase. */
  readonly maximumAmps: number
}

export interface CompositeQuery {
  /** 0: the whole station. */
  readonly evse: number
  /** The one of `evse`, or for 0 all that the station has. */
  readonly outlets: readonly CompositeOutlet[]
  /** Wall time, ms; second 0 of the schedule (errata 3.29: the moment the request came). */
  readonly start: number
  readonly durationSeconds: number
  readonly unit: 'A' | 'W'
  /** IANA name. Default: UTC. */
  readonly timezone?: string
}

/** A schedule that would need more is cut short, and says so by its duration. */
const MAX_PERIODS = 1000
const MAX_STEPS = 3000
/** With many outlets each step costs more: at least so many, that is a week or more of any daily plan. */
const MIN_STEPS = 200

/**
 * Exact to the second. For one EVSE: the lowest of its session's profiles, the station's maximum and its own maximum (§3.13.3).
 * For 0: what the station expects to take from the grid at most (§5.7, errata 3.30), which is the sum of its EVSEs, or its maximum
 * when that is lower. Where no transaction runs, one is taken to begin at `start`.
 * In A: per phase, for 0 as if all EVSEs were on the same phases. In W: all phases together; a limit that a profile gives in W stays
 * the number that it is.
 */
export function compositeSchedule(profiles: readonly ChargingProfile[], query: CompositeQuery): CompositeSchedule {
  const { evse, start, durationSeconds, unit } = query
  const periods: SchedulePeriod[] = []
  const steps = Math.max(MIN_STEPS, Math.floor(MAX_STEPS / Math.max(1, query.outlets.length)))
  let second = 0
  for (let step = 0; second < durationSeconds && step < steps; step++) {
    const moments = momentsAt(query, start + second * 1000)
    const period = { startSeconds: second, ...expected(profiles, moments, query) }
    const last = periods.at(-1)
    if (last === undefined || last.limit !== period.limit || last.phases !== period.phases) {
      if (periods.length === MAX_PERIODS) break
      periods.push(period)
    }
    const next = Math.min(...moments.map((moment) => nextChangeAfter(profiles, moment)))
    second = Math.min(durationSeconds, Math.max(second + 1, Math.ceil((next - start) / 1000)))
  }
  const minChargingRate = lowestUseful(profiles, query)
  return { evse, start, durationSeconds: second, unit, periods, minChargingRate }
}

/** Each outlet's question at a moment. */
type Moment = LimitQuery & CompositeOutlet

function momentsAt({ outlets, start, timezone }: CompositeQuery, at: number): readonly Moment[] {
  return outlets.map((outlet) => ({
    ...outlet,
    at,
    nextStart: start,
    ...(timezone === undefined ? {} : { timezone }),
  }))
}

function expected(
  profiles: readonly ChargingProfile[],
  moments: readonly Moment[],
  { unit }: CompositeQuery,
): Omit<SchedulePeriod, 'startSeconds'> {
  let sum = 0
  let phases: number | null = null
  for (const moment of moments) {
    const session = sessionLimit(profiles, moment)
    const maximum = inUnit(moment.maximumAmps, unit, moment.supply)
    sum += session === null ? maximum : Math.min(maximum, limitIn(session, unit, moment.supply))
    if (moments.length === 1) phases = session?.phases ?? null
  }
  const whole = wholeStation(moments)
  const station = whole === null ? null : stationLimit(profiles, whole)
  if (whole === null || station === null) return { limit: sum, phases }
  return { limit: Math.min(sum, limitIn(station, unit, whole.supply)), phases: fewer(phases, station.phases) }
}

/** The station as one consumer: as many phases as its widest EVSE, the highest voltage. Null: it has no EVSE. */
function wholeStation(moments: readonly Moment[]): Moment | null {
  const [first] = moments
  if (first === undefined) return null
  return { ...first, supply: widestSupply(moments.map(({ supply }) => supply)) }
}

/** For limits of several EVSEs together: W turned into A with it are not too many for any of them. */
export function widestSupply(supplies: readonly Supply[]): Supply {
  return supplies.reduce<Supply>(
    (widest, { volts, phases }) => ({
      volts: Math.max(widest.volts, volts),
      phases: phases > widest.phases ? phases : widest.phases,
    }),
    { volts: 0, phases: 1 },
  )
}

function limitIn({ profile, limit, amps }: Prevailing, unit: 'A' | 'W', supply: Supply): number {
  return profile.unit === unit ? limit : inUnit(amps, unit, supply)
}

/** What the CSMS has named as the least that is of use (§7.13 minChargingRate); of one EVSE only. */
function lowestUseful(profiles: readonly ChargingProfile[], query: CompositeQuery): number | null {
  const [moment, ...others] = momentsAt(query, query.start)
  if (moment === undefined || others.length > 0) return null
  const { supply } = moment
  const rates = [sessionLimit(profiles, moment), stationLimit(profiles, moment)].flatMap((prevailing) => {
    const { minChargingRate = null, unit } = prevailing?.profile ?? { unit: query.unit }
    if (minChargingRate === null) return []
    if (unit === query.unit) return [minChargingRate]
    return [unit === 'A' ? inUnit(minChargingRate, 'W', supply) : minChargingRate / (supply.volts * supply.phases)]
  })
  return rates.length === 0 ? null : Math.max(...rates)
}
