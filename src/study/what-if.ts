/** One question about a site: the same days, played once as it is and once with a change. */
import type { SiteLimit } from '../model/site-limit.ts'
import type { SiteSample, VisitRecord } from '../model/site-sample.ts'
import { type Building, buildingOf } from './building.ts'
import { type Change, changedSite, type Refusal } from './change.ts'
import { dayOf } from './local-time.ts'
import { moreVisits } from './more-stations.ts'
import { endOfStays, type RecordedVisits, recordedVisits } from './recorded-days.ts'
import { rushHourSamples, rushHourSpan, rushHourVisits } from './rush-hour.ts'
import { play, type Run } from './run.ts'
import type { StudyDays, StudySite, StudyStation } from './study-site.ts'

/** Which days: those that a site has recorded, or a rush hour that is made up. */
export type DaySource =
  | {
      readonly kind: 'recorded'
      /** Whole days; visits that begin in them are played to their end. */
      readonly from: number
      readonly until: number
      readonly samples: readonly SiteSample[]
      /** Those that were here in between. */
      readonly visits: readonly VisitRecord[]
      /** From outside, that held then. */
      readonly limits: readonly SiteLimit[]
    }
  /** `cars` null: one for each station. */
  | { readonly kind: 'rush-hour'; readonly midnight: number; readonly cars: number | null }

export interface WhatIf {
  readonly site: StudySite
  readonly source: DaySource
  /** In words, one line each; empty: nothing is changed. */
  readonly changes: readonly string[]
  readonly asItIs: Run
  /** Null: nothing is changed. */
  readonly changed: Run | null
  /** What a reader must know of what was assumed. */
  readonly notes: readonly string[]
}

export interface WhatIfOptions {
  readonly tickMs: number
  readonly seed: string
  readonly signal?: AbortSignal
  /** Told once the days are known: how many runs of how many hours. */
  readonly onRun?: (name: string, hours: number) => void
}

export const MAX_CARS = 5000

export async function whatIf(
  site: StudySite,
  source: DaySource,
  change: Change,
  options: WhatIfOptions,
): Promise<WhatIf | Refusal> {
  if (site.stations.length === 0) return { refused: 'the site file has no stations: there is nothing to play' }
  const changed = changedSite(site, change)
  if ('refused' in changed) return changed
  const { days, notes } = daysOf(site, source, options.seed)
  const hours = (days.until - days.from) / 3_600_000
  options.onRun?.('as it is', hours)
  const asItIs = await play(site, days, options)
  const base = { site, source, changes: changed.words, asItIs, notes: [...notes, ...fidelity(source, asItIs)] }
  if (changed.words.length === 0) return { ...base, changed: null }
  options.onRun?.('with the change', hours)
  const changedDays = withMore(days, site, changed.added, source, options.seed)
  return { ...base, changed: await play(changed.site, changedDays, options) }
}

function daysOf(
  site: StudySite,
  source: DaySource,
  seed: string,
): { readonly days: StudyDays; readonly notes: readonly string[] } {
  const { circuits, stations, settings } = site
  if (source.kind === 'rush-hour') {
    const day = { midnight: source.midnight, timezone: site.timezone }
    const span = rushHourSpan(day)
    const cars = source.cars ?? stations.length
    const building = buildingOf(circuits, rushHourSamples(circuits, day, seed), span.from, span.until)
    const days = { ...span, building, limits: [], ...rushHourVisits(stations, [], { ...day, cars, seed }) }
    return { days, notes: ['The rush hour is made up: its cars and the building’s load come from the seed.'] }
  }
  const { from } = source
  const until = endOfStays(source.visits, source.until)
  const building = buildingOf(circuits, source.samples, from, until)
  const { visits, ...leftOut } = recordedVisits(source.visits, stations, {
    from,
    until,
    voltage: settings.voltage,
    seed,
  })
  const limits = source.limits.filter(({ circuitId }) => circuits.some(({ id }) => id === circuitId))
  const held = limits.filter((limit) => limit.since < until && (limit.until ?? until) > from).length
  const played =
    held === 0 ? [] : [`Played too: ${held} ${held === 1 ? 'limit' : 'limits'} from outside that held then.`]
  return {
    days: { from, until, building, visits, limits, turnedAway: 0 },
    notes: [...played, ...recordedNotes(site, building, leftOut)],
  }
}

function recordedNotes(
  { circuits }: StudySite,
  building: Building,
  { strangers, unsatisfied, endless }: Omit<RecordedVisits, 'visits'>,
): readonly string[] {
  const metered = circuits.some(({ meterId }) => meterId !== null)
  return [
    ...(metered ? [] : ['No circuit has a meter: what the building takes is not known and is not counted.']),
    ...(building.missingMinutes > 0
      ? [
          `The building’s load is missing for ${building.missingMinutes} circuit-minutes; the minute before counts there.`,
        ]
      : []),
    ...(strangers.length > 0
      ? [`Left out: visits at ${strangers.join(', ')}, which the site file no longer has.`]
      : []),
    ...(endless > 0 ? [`Left out: ${endless} ${endless === 1 ? 'visit' : 'visits'} whose end nobody saw.`] : []),
    ...(unsatisfied > 0
      ? [
          `${unsatisfied} ${unsatisfied === 1 ? 'car' : 'cars'} left before being full: they are taken to have wanted all they could get in their time.`,
        ]
      : []),
  ]
}

/** The days of the change: the same building, and cars for the new stations. */
function withMore(
  days: StudyDays,
  site: StudySite,
  added: readonly StudyStation[],
  source: DaySource,
  seed: string,
): StudyDays {
  if (added.length === 0) return days
  if (source.kind === 'rush-hour' && source.cars !== null) {
    const { midnight, cars } = source
    return { ...days, ...rushHourVisits(site.stations, added, { midnight, timezone: site.timezone, cars, seed }) }
  }
  return {
    ...days,
    visits: [...days.visits, ...moreVisits(days.visits, added, { from: days.from, until: days.until, seed })],
  }
}

/** How near the replay comes to what was recorded. */
function fidelity(source: DaySource, run: Run): readonly string[] {
  if (source.kind !== 'recorded' || source.visits.length === 0) return []
  const records = new Map(source.visits.map((record) => [record.sessionId, record]))
  const recordedWh = run.visits.reduce((sum, { visit: { id, arrivesAt, leavesAt } }) => {
    const record = records.get(id)
    if (record === undefined) return sum
    const stayMs = (record.leftAt ?? run.days.until) - record.arrivedAt
    // of a stay that began before, its part
    return sum + (stayMs > 0 ? (record.energyWh * (leavesAt - arrivesAt)) / stayMs : 0)
  }, 0)
  const replayedWh = run.visits.reduce((sum, { energyWh }) => sum + energyWh, 0)
  return [
    `Recorded were ${(recordedWh / 1000).toFixed(1)} kWh in these visits; played again as it is, ${(replayedWh / 1000).toFixed(1)} kWh.`,
  ]
}

/** `2026-11-20`, or `2026-11-18 to 2026-11-20`. */
export function daysText({ site, source, asItIs }: Pick<WhatIf, 'site' | 'source' | 'asItIs'>): string {
  const { from, until } = source.kind === 'recorded' ? source : asItIs.days
  const first = dayOf(from, site.timezone)
  const last = dayOf(until - 1, site.timezone)
  return first === last ? first : `${first} to ${last}`
}
