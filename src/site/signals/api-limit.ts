/** What a call of the API means: a limit that may be put in force, or why not. Pure. */
import type { SignalConfig } from '../../config/site-config.ts'
import type { Circuit } from '../../model/circuit.ts'
import { isBelow } from '../../model/circuit.ts'
import type { SiteLimit } from '../../model/site-limit.ts'
import type { SaidApiLimit, SetLimit } from './limit-operations.ts'
import { isLimitId, termsOf, type ToldLimit } from './told-limit.ts'

/** Set over the API and standing together, of each source: nobody uses up those of another. */
export const MAX_API_LIMITS = 100
const NAMES = { amps: 'amps', kW: 'kW', until: 'until', forSeconds: 'forSeconds' } as const

export interface ApiLimitPlace {
  readonly signals: readonly SignalConfig[]
  readonly circuits: readonly Circuit[]
  /** All limits that stand. */
  readonly standing: readonly Pick<SiteLimit, 'id' | 'source' | 'circuitId'>[]
  /** Signals that the caller may speak for; null: for all that the API may set. */
  readonly mayUse: readonly string[] | null
  /** Wall ms. */
  readonly now: number
}

export function apiLimit(
  id: string,
  said: SaidApiLimit,
  by: string,
  { signals, circuits, standing, mayUse, now }: ApiLimitPlace,
): ToldLimit | Exclude<SetLimit, { readonly outcome: 'set' }> {
  if (!isLimitId(id))
    return invalid('an id has 1 to 64 letters, digits and . _ -, and begins with one of the first two')
  if (isReadBySite(id, signals)) return { outcome: 'taken', reason: `${id} is a contact or topic of the site file` }
  const open = openSignals(signals, mayUse)
  const signal = said.signal === undefined && open.length === 1 ? open[0] : open.find((one) => one.id === said.signal)
  if (signal === undefined)
    return invalid(
      open.length === 0
        ? 'the site file has no signal that the API may set'
        : `\`signal\` is one of ${open.map((one) => one.id).join(', ')}`,
    )
  const circuitId = said.circuit ?? signal.circuitId
  if (!isBelow(circuitId, signal.circuitId, circuits))
    return invalid(`\`circuit\` is ${signal.circuitId} or one below it`)
  const terms = termsOf(said, NAMES, now)
  if (typeof terms === 'string') return invalid(terms)
  const { source, priority, expiresMs } = signal
  const known = standing.find((one) => one.id === id)
  // who happens upon the name of somebody else's limit must not end it
  if (known !== undefined && (known.source !== source || !mayEnd(known, { signals, circuits, mayUse })))
    return { outcome: 'taken', reason: `a limit ${id} of somebody else (${known.source}) stands: choose another id` }
  const own = standing.filter((one) => one.source === source && !isReadBySite(one.id, signals))
  if (own.length >= MAX_API_LIMITS && known === undefined)
    return { outcome: 'too-many', reason: `${MAX_API_LIMITS} limits (${source}) stand already` }
  const forMs = terms.forMs ?? expiresMs
  return { ...terms, id, source, circuitId, priority: said.priority ?? priority, forMs, lapse: 'time', by }
}

/** Whether the caller may take back a limit: one of a signal that it may speak for. */
export function mayEnd(
  { source, circuitId }: Pick<SiteLimit, 'source' | 'circuitId'>,
  { signals, circuits, mayUse }: Pick<ApiLimitPlace, 'signals' | 'circuits' | 'mayUse'>,
): boolean {
  if (mayUse === null) return true
  return openSignals(signals, mayUse).some(
    (signal) => signal.source === source && isBelow(circuitId, signal.circuitId, circuits),
  )
}

function openSignals(signals: readonly SignalConfig[], mayUse: readonly string[] | null): readonly SignalConfig[] {
  return signals.filter(({ id, way }) => way.kind === 'api' && (mayUse === null || mayUse.includes(id)))
}

/** Whether a contact or a topic has this id: the API may not touch its limit. */
export function isReadBySite(id: string, signals: readonly SignalConfig[]): boolean {
  return signals.some((signal) => signal.id === id && signal.way.kind !== 'api')
}

function invalid(reason: string) {
  return { outcome: 'invalid', reason } as const
}
