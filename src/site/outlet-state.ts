/**
 * What is known of one outlet's set-point: ordered, on the wire, confirmed. Pure.
 * A set-point counts as confirmed when the device shows no more than was ordered; until then old and new both count.
 */
import type { SignalValues } from '../model/signal.ts'

export interface OutletState {
  /** The last confirmed set-point in A (0 = paused); null: never known, counts as the maximum. */
  readonly confirmedAmps: number | null
  /** Monotonic ms. */
  readonly confirmedAt: number
  /** What was confirmed before; counts until the car has followed. */
  readonly previousAmps: number
  /** Ordered and not confirmed yet. */
  readonly pending: PendingOrder | null
  /** Since when the device shows clearly less than was confirmed, or null. */
  readonly lowSince: number | null
}

export interface PendingOrder {
  readonly amps: number
  /** The highest of all orders that may still be on their way. */
  readonly highestAmps: number
  readonly sentAt: number
  /** When the device acknowledged the write; null: not yet. */
  readonly acknowledgedAt: number | null
  readonly tries: number
}

/** What the device shows may differ from the order by its own rounding. */
const TOLERANCE_AMPS = 0.5
/** An order that is not confirmed by then is sent again. */
const RESEND_MS = 3000
/** A charging device that shows less than confirmed for so long has lost the order (a reboot, its own fail-safe). */
const LOST_ORDER_MS = 10_000

export const UNKNOWN_OUTLET: OutletState = {
  confirmedAmps: null,
  confirmedAt: 0,
  previousAmps: 0,
  pending: null,
  lowSince: null,
}

/**
 * What the device offers the car by its own account: 0 when disabled; null when it does not tell now.
 * A charger that has an `enabled` signal and does not give it (no vehicle, say) tells nothing: its limit alone may be a preset.
 */
export function shownAmps(values: SignalValues, hasEnabledSignal: boolean): number | null {
  if (values.enabled === false) return 0
  if (values.enabled === null && hasEnabledSignal) return null
  return values.limit
}

/** After a reconnect: what the device offers is unknown until it shows it; what was in force may still flow. */
export function reconnected(state: OutletState): OutletState {
  return { ...UNKNOWN_OUTLET, previousAmps: highestAmps(state) ?? 0 }
}

/** The most that may be in force now; null: unknown. */
export function highestAmps(state: OutletState): number | null {
  if (state.confirmedAmps === null) return state.pending === null ? null : state.pending.highestAmps
  return Math.max(state.confirmedAmps, state.pending?.highestAmps ?? 0)
}

/** Whether `amps` must be sent now: it is new, or an earlier order of the same was not confirmed in time. */
export function mustSend(state: OutletState, amps: number, at: number): boolean {
  if (state.pending === null) return state.confirmedAmps !== amps || lostOrder(state, at)
  if (state.pending.amps !== amps) return true
  return at - state.pending.sentAt >= RESEND_MS
}

function lostOrder(state: OutletState, at: number): boolean {
  return state.lowSince !== null && at - state.lowSince >= LOST_ORDER_MS
}

export function ordered(state: OutletState, amps: number, at: number): OutletState {
  const before = state.pending
  return {
    ...state,
    lowSince: null,
    pending: {
      amps,
      highestAmps: Math.max(amps, before?.highestAmps ?? 0),
      sentAt: at,
      acknowledgedAt: null,
      tries: before?.amps === amps ? before.tries + 1 : 1,
    },
  }
}

/** The device acknowledged the write of `amps`. Without a read-back signal that is the confirmation. */
export function acknowledged(state: OutletState, amps: number, at: number, hasReadBack: boolean): OutletState {
  if (state.pending?.amps !== amps) return state
  if (!hasReadBack) return confirm(state, amps, at)
  return { ...state, pending: { ...state.pending, acknowledgedAt: at } }
}

/** What a poll showed. `takenAt` is when the signal was read; readings older than the last write tell nothing. */
export function observed(state: OutletState, shown: number | null, takenAt: number, charging: boolean): OutletState {
  const { pending } = state
  if (pending !== null) {
    if (pending.acknowledgedAt === null || takenAt <= pending.acknowledgedAt) return state
    return shown === null || shown <= pending.amps + TOLERANCE_AMPS ? confirm(state, pending.amps, takenAt) : state
  }
  if (shown === null) return state
  if (state.confirmedAmps === null || shown > state.confirmedAmps + TOLERANCE_AMPS) {
    // First sight, or somebody else raised it: what the device shows is what counts.
    return { ...state, confirmedAmps: shown, confirmedAt: takenAt, previousAmps: Math.max(state.previousAmps, shown) }
  }
  const low = charging && shown < state.confirmedAmps - TOLERANCE_AMPS
  return { ...state, lowSince: low ? (state.lowSince ?? takenAt) : null }
}

function confirm(state: OutletState, amps: number, at: number): OutletState {
  if (state.confirmedAmps === amps && state.pending?.highestAmps === amps) return { ...state, pending: null }
  return {
    confirmedAmps: amps,
    confirmedAt: at,
    previousAmps: Math.max(state.confirmedAmps ?? amps, state.pending?.highestAmps ?? 0),
    pending: null,
    lowSince: null,
  }
}
