/**
 * Limits from outside for the site or one circuit: grid operator, energy manager, operator. They only ever lower what the fuses allow.
 *
 * The one order of arbitration: within one source the highest priority holds, among equals the newest; a limit past its `until` is gone.
 * Between sources, fuses and charging profiles nothing outranks anything: the lowest binds, and is named.
 */
import type { PhaseAmps } from './phase.ts'

export const LIMIT_SOURCES = ['dso', 'ems', 'operator'] as const
export type LimitSource = (typeof LIMIT_SOURCES)[number]

export interface SiteLimit {
  /** Chosen by who sends it; the same id replaces. */
  readonly id: string
  readonly source: LimitSource
  readonly circuitId: string
  /** Per phase, for all on the circuit (cars and building); null: none. */
  readonly maxAmps: PhaseAmps | null
  /** For the cars below the circuit together, W; null: none. */
  readonly carsMaxWatts: number | null
  readonly priority: number
  /** In force from, and until (null: until it is taken back); ms of the clock that the caller uses. */
  readonly since: number
  readonly until: number | null
}

/** A limit of a circuit that the balancing core is told: from outside, or from the `demand-target` of the site's own policy. */
export interface CircuitLimit extends Omit<SiteLimit, 'source'> {
  readonly source: LimitSource | 'demand-target'
}

/** What holds at `at`, at most one limit per source, circuit and kind, whatever order they are given in. Pure. */
export function limitsInForce(limits: readonly SiteLimit[], at: number): readonly SiteLimit[] {
  const winners = new Map<string, SiteLimit>()
  for (const limit of limits) {
    if (at < limit.since || (limit.until !== null && at >= limit.until)) continue
    for (const kind of kindsOf(limit)) {
      const key = `${limit.source} ${limit.circuitId} ${kind}`
      const other = winners.get(key)
      if (other === undefined || outranks(limit, other)) winners.set(key, limit)
    }
  }
  return [...new Set(winners.values())].toSorted(byName).map((limit) => ({
    ...limit,
    maxAmps: winners.get(`${limit.source} ${limit.circuitId} amps`) === limit ? limit.maxAmps : null,
    carsMaxWatts: winners.get(`${limit.source} ${limit.circuitId} watts`) === limit ? limit.carsMaxWatts : null,
  }))
}

function kindsOf(limit: SiteLimit): readonly ('amps' | 'watts')[] {
  return [
    ...(limit.maxAmps === null ? [] : (['amps'] as const)),
    ...(limit.carsMaxWatts === null ? [] : (['watts'] as const)),
  ]
}

function outranks(one: SiteLimit, other: SiteLimit): boolean {
  if (one.priority !== other.priority) return one.priority > other.priority
  if (one.since !== other.since) return one.since > other.since
  return one.id < other.id
}

function byName(one: SiteLimit, other: SiteLimit): number {
  if (one.source !== other.source) return one.source < other.source ? -1 : 1
  return one.id < other.id ? -1 : 1
}
