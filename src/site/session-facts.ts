/** What the balancing core is told of a session. Pure. */
import type { ChargingSession } from '../model/balance-input.ts'
import type { Transaction } from '../model/transaction.ts'
import type { Wish } from './wish.ts'

/** When a session began by the monotonic clock: found once, so that a wall clock that is set changes nothing. */
export interface SessionStart {
  readonly id: string
  /** Monotonic ms; may lie before the bridge's start. */
  readonly startedAt: number
}

/** A session that seems to run longer was stamped by a clock that was not set. */
const LONGEST_SESSION_MS = 31 * 86_400_000

/**
 * @param known what was found of the outlet's session so far
 * @param wallAt the station's time now, ms; @param at the same moment, monotonic ms
 */
export function sessionStart(
  known: SessionStart | null,
  { id, startedAt }: Pick<Transaction, 'id' | 'startedAt'>,
  wallAt: number,
  at: number,
): SessionStart {
  if (known?.id === id) return known
  const age = Math.min(Math.max(0, wallAt - startedAt), LONGEST_SESSION_MS)
  return { id, startedAt: at - age }
}

export interface SessionSight {
  readonly start: SessionStart
  readonly startWh: number
  /** Billing meter now, Wh. */
  readonly meterWh: number
  readonly wish: Wish | null
  /** Of the charger, by the site file. */
  readonly priority: number
  /** The station's time now, ms; and the same moment, monotonic ms. */
  readonly wallAt: number
  readonly at: number
}

/** Departures are wall times and follow a clock that is corrected; one that has passed stays, for it may have been wrong. */
export function sessionFacts({ start, startWh, meterWh, wish, priority, wallAt, at }: SessionSight): ChargingSession {
  const wantedWh = wish?.energyWh ?? null
  const departsAt = wish === null || wish.departsAt === null ? null : at + (wish.departsAt - wallAt)
  const isPromise = wish?.promised === true && wantedWh !== null && departsAt !== null
  return {
    id: start.id,
    startedAt: start.startedAt,
    energyWh: Math.max(0, meterWh - startWh),
    wantedWh,
    departsAt,
    commitment: isPromise ? { energyWh: wantedWh, byAt: departsAt } : null,
    priority: wish?.priority ?? priority,
    mayWait: null,
  }
}
