/** A limit as somebody tells it, before it is one: what may be said, and why not. The same for the API and MQTT. Pure. */
import { parseInstant } from '../../model/instant.ts'
import { everyPhase, type PhaseAmps, PHASES } from '../../model/phase.ts'
import type { LimitSource, SiteLimit } from '../../model/site-limit.ts'

/** A limit to be put in force now. */
export interface ToldLimit {
  readonly id: string
  readonly source: LimitSource
  readonly circuitId: string
  readonly maxAmps: PhaseAmps | null
  readonly carsMaxWatts: number | null
  readonly priority: number
  /** From now, ms; null: until it is taken back. */
  readonly forMs: number | null
  /** How long ago it was received, ms; missing: now. Its reaction counts from there. */
  readonly agoMs?: number
  /** What its end means: a time that was told, or that nothing more was heard. */
  readonly lapse: 'time' | 'silence'
  /** Who told it, in words. */
  readonly by: string
}

export const MAX_AMPS = 10_000
export const MAX_KILOWATTS = 10_000
export const MAX_SECONDS = 31 * 24 * 3600

/** What may be said of a limit's value and end, as it came. */
export interface SaidLimit {
  readonly amps?: unknown
  readonly kW?: unknown
  /** ISO 8601 with its offset from UTC. */
  readonly until?: unknown
  readonly forSeconds?: unknown
}

export type LimitTerms = Pick<ToldLimit, 'maxAmps' | 'carsMaxWatts' | 'forMs'>

/** How the two ways call the same things, for messages. */
export interface LimitNames {
  readonly amps: string
  readonly kW: string
  readonly until: string
  readonly forSeconds: string
}

/** The terms of a limit, or a sentence that says what is wrong. @param now wall ms */
export function termsOf(said: SaidLimit, names: LimitNames, now: number): LimitTerms | string {
  const maxAmps = said.amps === undefined ? null : ampsOf(said.amps)
  if (maxAmps === undefined)
    return `\`${names.amps}\` is a number from 0 to ${MAX_AMPS}, or one for each of L1, L2 and L3`
  if (said.kW !== undefined && !isBetween(said.kW, 0, MAX_KILOWATTS))
    return `\`${names.kW}\` is a number from 0 to ${MAX_KILOWATTS}`
  const carsMaxWatts = said.kW === undefined ? null : Math.round(said.kW * 1000)
  if (maxAmps === null && carsMaxWatts === null) return `it says neither \`${names.amps}\` nor \`${names.kW}\``
  const forMs = durationOf(said, names, now)
  return typeof forMs === 'string' ? forMs : { maxAmps, carsMaxWatts, forMs }
}

/** The id of a limit or what is wrong with it: it is a part of addresses. */
export function isLimitId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)
}

/** Whether two limits say the same, whenever they were told and until whenever. */
export function saysTheSame(one: Pick<SiteLimit, Terms>, other: Pick<SiteLimit, Terms>): boolean {
  return (
    one.source === other.source &&
    one.circuitId === other.circuitId &&
    one.priority === other.priority &&
    one.carsMaxWatts === other.carsMaxWatts &&
    (one.maxAmps === null) === (other.maxAmps === null) &&
    PHASES.every((phase) => one.maxAmps?.[phase] === other.maxAmps?.[phase])
  )
}

type Terms = 'source' | 'circuitId' | 'priority' | 'carsMaxWatts' | 'maxAmps'

function durationOf({ until, forSeconds }: SaidLimit, names: LimitNames, now: number): number | null | string {
  if (until !== undefined && forSeconds !== undefined)
    return `it says both \`${names.until}\` and \`${names.forSeconds}\``
  if (forSeconds !== undefined)
    return isBetween(forSeconds, 1, MAX_SECONDS)
      ? forSeconds * 1000
      : `\`${names.forSeconds}\` is a number of seconds from 1 to ${MAX_SECONDS} (31 days)`
  if (until === undefined) return null
  const at = typeof until === 'string' ? parseInstant(until) : null
  if (at === null)
    return `\`${names.until}\` is a time with its offset from UTC, e.g. 2026-11-22T17:30:00Z or 2026-11-22T18:30:00+01:00`
  if (at <= now) return `\`${names.until}\` is over already: here it is ${new Date(now).toISOString()}`
  return at - now <= MAX_SECONDS * 1000 ? at - now : `\`${names.until}\` is more than 31 days away`
}

/** Undefined: not what a limit can be. */
function ampsOf(said: unknown): PhaseAmps | undefined {
  if (isBetween(said, 0, MAX_AMPS)) return everyPhase(said)
  if (typeof said !== 'object' || said === null || Object.keys(said).length !== PHASES.length) return undefined
  const [L1, L2, L3] = PHASES.map((phase): unknown => Object.entries(said).find(([name]) => name === phase)?.[1])
  if (!isBetween(L1, 0, MAX_AMPS) || !isBetween(L2, 0, MAX_AMPS) || !isBetween(L3, 0, MAX_AMPS)) return undefined
  return { L1, L2, L3 }
}

function isBetween(value: unknown, low: number, high: number): value is number {
  return typeof value === 'number' && value >= low && value <= high
}
