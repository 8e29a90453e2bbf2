/** `ampbridge whatif`: the site file and the recorded days, joined into a study. */
import type { SiteConfig, TariffConfig } from '../config/site-config.ts'
import { readLedger } from '../ledger/read-ledger.ts'
import type { Refusal } from '../study/change.ts'
import { comparisonData, comparisonLines } from '../study/comparison.ts'
import { decisionLines } from '../study/decision-lines.ts'
import { dayOf, midnightOf, nextMidnight } from '../study/local-time.ts'
import { drawRun } from '../study/picture.ts'
import { recordedLimits } from '../study/recorded-limits.ts'
import { type DaySource, MAX_CARS, type WhatIf, whatIf } from '../study/what-if.ts'
import type { Registry } from './registry.ts'
import { studyPolicy, studySiteOf, studyTariff } from './study-site.ts'

export type { Refusal } from '../study/change.ts'

export interface WhatIfQuestion {
  /** Days of the site's own calendar, `2026-11-20`, both included; `to` null: the same day. */
  readonly from: string | null
  readonly to: string | null
  /** A made-up rush hour instead of recorded days; `cars` null: one for each station. */
  readonly rushHour: { readonly cars: number | null } | null
  readonly seed: string
  /** The key null: the grid connection. */
  readonly fuses: readonly { readonly circuitId: string | null; readonly amps: number }[]
  readonly stations: number
  readonly strategy: string | null
  readonly tariff: TariffConfig | null
  readonly tickMs: number
}

export interface WhatIfAnswer {
  /** For a terminal. */
  readonly lines: readonly string[]
  readonly data: object
  /** Every set-point of both runs with its reason. */
  readonly log: () => Iterable<string>
  /** The run with the change (or the only one) as an SVG. Null circuit: the one that bound most. */
  readonly picture: (circuitId: string | null) => string | Refusal
}

export interface WhatIfShell {
  readonly registry: Registry
  /** Null: the site has no state, so nothing is recorded. */
  readonly stateFolder: string | null
  readonly signal: AbortSignal
  readonly onRun: (name: string, hours: number) => void
}

const MAX_DAYS = 31
/** A limit that came so long before may still have held. */
const LIMITS_BEFORE_MS = 2 * 86_400_000
const MAX_PROOFS = 10_000
/** Cars that came on the last day are followed into the next. */
const NIGHT_AFTER_MS = 86_400_000
/** A Monday: the rush hour of a site that names no day. */
const SOME_MONDAY = '2026-01-12'

/** What a rush hour costs where the site file has no tariff; nobody waits for it. */
const USUAL_TARIFF: TariffConfig = {
  currency: 'EUR',
  windows: [
    { fromMinute: 7 * 60, toMinute: 21 * 60, days: [0, 1, 2, 3, 4, 5, 6], price: 0.32 },
    { fromMinute: 0, toMinute: 24 * 60, days: [0, 1, 2, 3, 4, 5, 6], price: 0.22 },
  ],
  demandChargePerKWYear: null,
}
const USUAL_TARIFF_NOTE =
  'The site file has no tariff: 0.32 EUR from 07:00 to 21:00 and 0.22 EUR at night are taken for the cost. With `tariff` in the file, cars that can wait for the cheap hours.'
const NOTHING_RECORDED_NOTE = 'Nothing is recorded yet: a rush hour is played instead.'
const NO_STATE_NOTE =
  'No recorded day is played, for no state folder is named (--state FOLDER): a made-up rush hour instead.'
const NO_PLAN_NOTE = 'The plan (`plan: true`) is left out: it is not the same each time.'

/** Throws LEDGER_UNREADABLE, LEDGER_FAILED, MAPPING_UNKNOWN, MAPPING_INVALID, CONFIG_INVALID. */
export async function askWhatIf(
  config: SiteConfig,
  question: WhatIfQuestion,
  shell: WhatIfShell,
): Promise<WhatIfAnswer | Refusal> {
  const found = await daysAsked(config, question, shell.stateFolder)
  if ('refused' in found) return found
  const { source } = found
  const own = studySiteOf(config, shell.registry)
  const isUnpriced = source.kind === 'rush-hour' && config.tariff === null
  const site = isUnpriced ? { ...own, tariff: studyTariff(USUAL_TARIFF, config.timezone) } : own
  const remark = [...found.remark, ...(isUnpriced ? [USUAL_TARIFF_NOTE] : []), ...(config.plan ? [NO_PLAN_NOTE] : [])]
  const { fuses, stations, strategy, tariff: asked, tickMs, seed } = question
  const tariff =
    asked === null ? null : { tariff: studyTariff(asked, config.timezone), policy: () => studyPolicy(config, asked) }
  const study = await whatIf(site, source, { fuses, stations, strategy, tariff }, { ...shell, tickMs, seed })
  return 'refused' in study ? study : answerOf({ ...study, notes: [...remark, ...study.notes] })
}

function answerOf(study: WhatIf): WhatIfAnswer {
  return {
    lines: comparisonLines(study),
    data: comparisonData(study),
    log: () => decisionLines(study),
    picture(circuitId) {
      const run = study.changed ?? study.asItIs
      const names = run.site.circuits.map(({ id }) => id)
      if (circuitId !== null && !names.includes(circuitId))
        return { refused: `there is no circuit ${circuitId}; there are ${names.join(', ')}` }
      return drawRun(run, circuitId === null ? {} : { circuitId })
    },
  }
}

interface Found {
  readonly source: DaySource
  readonly remark: readonly string[]
}

async function daysAsked(
  { timezone }: SiteConfig,
  { from, to, rushHour }: WhatIfQuestion,
  stateFolder: string | null,
): Promise<Found | Refusal> {
  const first = from === null ? null : midnightOf(from, timezone)
  const last = to === null ? first : midnightOf(to, timezone)
  for (const [day, midnight] of [[from, first] as const, [to, to === null ? 0 : last] as const])
    if (day !== null && midnight === null) return { refused: `${day} is no day; write for example 2026-11-20` }
  if (first !== null && last !== null && last < first)
    return { refused: `--to ${to ?? ''} is before --from ${from ?? ''}` }
  if (rushHour !== null) return rushHourOn(first ?? midnightOf(SOME_MONDAY, timezone) ?? 0, rushHour.cars)
  const instead = (note: string): Found | Refusal => {
    const found = rushHourOn(first ?? midnightOf(SOME_MONDAY, timezone) ?? 0, null)
    return 'refused' in found ? found : { ...found, remark: [note] }
  }
  if (stateFolder === null) return instead(NO_STATE_NOTE)
  if (first === null || last === null || from === null) {
    const recorded = await recordedDays(stateFolder, timezone)
    if (recorded.length === 0) return instead(NOTHING_RECORDED_NOTE)
    return { refused: `--from DAY is missing, or --rush-hour; recorded: ${daysInWords(recorded)}` }
  }
  const until = nextMidnight(last, timezone)
  if ((until - first) / 86_400_000 > MAX_DAYS + 0.5) return { refused: `at most ${MAX_DAYS} days are played at once` }
  const { samples, visits, proofs } = await readLedger(stateFolder, (ledger) => ({
    samples: ledger.siteSamples(first, until + NIGHT_AFTER_MS),
    visits: ledger.visits(first, until - 1),
    proofs: ledger.limitProofs(first - LIMITS_BEFORE_MS, until + NIGHT_AFTER_MS, MAX_PROOFS),
  }))
  const isWithin = (at: number): boolean => at >= first && at < until
  if (!samples.some(({ at }) => isWithin(at)) && !visits.some(({ arrivedAt }) => isWithin(arrivedAt))) {
    const recorded = await recordedDays(stateFolder, timezone)
    if (recorded.length === 0) return instead(NOTHING_RECORDED_NOTE)
    const asked = to === null ? from : `${from} to ${to}`
    return { refused: `nothing is recorded of ${asked}; recorded: ${daysInWords(recorded)}` }
  }
  const remark = proofs.length < MAX_PROOFS ? [] : ['Of the limits from outside only the newest are played.']
  return { source: { kind: 'recorded', from: first, until, samples, visits, limits: recordedLimits(proofs) }, remark }
}

function rushHourOn(midnight: number, cars: number | null): Found | Refusal {
  if (cars !== null && !(Number.isInteger(cars) && cars >= 1 && cars <= MAX_CARS))
    return { refused: `cars: from 1 to ${MAX_CARS}` }
  return { source: { kind: 'rush-hour', midnight, cars }, remark: [] }
}

const MINUTE_MS = 60_000

/** Local days of which something is recorded, in order. From day to day: a year of minutes would not fit beside a bridge on a small machine. */
async function recordedDays(stateFolder: string, timezone: string): Promise<readonly string[]> {
  return readLedger(stateFolder, (ledger) => {
    const days = new Set<string>()
    for (let at = ledger.firstMinuteFrom(0); at !== null;) {
      const day = dayOf(at, timezone)
      days.add(day)
      const next = nextMidnight(midnightOf(day, timezone) ?? at, timezone)
      // some zones have days without a midnight: it goes on all the same
      at = ledger.firstMinuteFrom(Math.max(next, at + MINUTE_MS))
    }
    for (const { arrivedAt } of ledger.visits(0, Number.MAX_SAFE_INTEGER)) days.add(dayOf(arrivedAt, timezone))
    return [...days].toSorted()
  })
}

/** `2026-11-18, 2026-11-20 to 2026-11-22` */
export function daysInWords(days: readonly string[]): string {
  const spans: { first: string; last: string }[] = []
  for (const day of days) {
    const span = spans.at(-1)
    if (span !== undefined && Date.parse(day) - Date.parse(span.last) === 86_400_000) span.last = day
    else spans.push({ first: day, last: day })
  }
  return spans.map(({ first, last }) => (first === last ? first : `${first} to ${last}`)).join(', ')
}
