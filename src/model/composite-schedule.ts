/** What the charging profiles will allow from now on, as one schedule (OCPP 1.6 §5.7, §3.13.4). Pure. */
import type { ChargingProfile, CompositeSchedule, SchedulePeriod } from './charging-profile.ts'
import { inUnit, limitAt, nextChangeAfter } from './limit-at.ts'
import type { LimitQuery } from './limit-at.ts'

export interface CompositeQuery extends Omit<LimitQuery, 'at' | 'nextStart'> {
  /** Wall time, ms; second 0 of the schedule. */
  readonly start: number
  readonly durationSeconds: number
  readonly unit: 'A' | 'W'
  /** What holds where no profile says less: the charger's own maximum, or a local limit. Per phase. */
  readonly maximumAmps: number
}

/** A schedule that would need more is cut short, and says so by its duration. */
const MAX_PERIODS = 1000
const MAX_STEPS = 3000

/**
 * Exact to the second: within its duration, the schedule's limit at second s is `limitAt` at `start + s` (or
 * `maximumAmps` when that is less). Without a transaction, one is taken to begin at `start`.
 */
export function compositeSchedule(profiles: readonly ChargingProfile[], query: CompositeQuery): CompositeSchedule {
  const { start, durationSeconds, unit, maximumAmps, supply } = query
  const periods: SchedulePeriod[] = []
  let second = 0
  for (let step = 0; second < durationSeconds && step < MAX_STEPS; step++) {
    const moment: LimitQuery = { ...query, at: start + second * 1000, nextStart: start }
    const limit = limitAt(profiles, moment)
    const amps = Math.min(limit?.amps ?? maximumAmps, maximumAmps)
    const period = { startSeconds: second, limit: inUnit(amps, unit, supply), phases: limit?.phases ?? null }
    const last = periods.at(-1)
    if (last === undefined || last.limit !== period.limit || last.phases !== period.phases) {
      if (periods.length === MAX_PERIODS) break
      periods.push(period)
    }
    const next = nextChangeAfter(profiles, moment)
    second = Math.min(durationSeconds, Math.max(second + 1, Math.ceil((next - start) / 1000)))
  }
  return { evse: query.evse, start, durationSeconds: second, unit, periods }
}
