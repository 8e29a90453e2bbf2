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
  /** Set-points before that one, in force until `at` (monotonic ms); a car that has not followed yet may still draw by them. */
  readonly older: readonly { readonly amps: number; readonly at: number }[]
  /** Ordered and not confirmed yet, oldest first. The device takes them in this order; each may have arrived. */
  readonly orders: readonly Order[]
  /** Since when the device shows clearly less than was confirmed, or null. */
  readonly lowSince: number | null
}

export interface Order {
  readonly amps: number
  readonly sentAt: number
  /** When the device acknowledged the write; null: not yet, or the answer was lost. */
  readonly acknowledgedAt: number | null
}

/** What the device shows may differ from the order by its own rounding. */
const TOLERANCE_AMPS = 0.5
/** An order that is not confirmed by then is sent again. */
const RESEND_MS = 3000
/** A device with a car that shows less than confirmed for so long has lost the order (a reboot, its own fail-safe). */
const LOST_ORDER_MS = 10_000
/** More orders than this without a confirmation are folded together. */
const MAX_ORDERS = 8

export const UNKNOWN_OUTLET: OutletState = {
  confirmedAmps: null,
  confirmedAt: 0,
  previousAmps: 0,
  older: [],
  orders: [],
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
  return { ...UNKNOWN_OUTLET, previousAmps: highestAmps(state) ?? 0, older: olderOf(state) }
}

/**
 * The highest set-point before the confirmed one that a car may still follow: two cuts within its time do not make it forget the first.
 * @param followMs until a car has certainly followed
 */
export function followableAmps({ previousAmps, older }: OutletState, now: number, followMs: number): number {
  return Math.max(previousAmps, ...older.map(({ amps, at }) => (now < at + followMs ? amps : 0)))
}

/** The most that may be in force now; null: unknown. */
export function highestAmps(state: OutletState): number | null {
  const onTheirWay = highestOrder(state)
  if (state.confirmedAmps === null) return onTheirWay
  return Math.max(state.confirmedAmps, onTheirWay ?? 0)
}

/** The most of what was ordered and is not confirmed; null: nothing is. */
export function highestOrder(state: OutletState): number | null {
  return state.orders.length === 0 ? null : Math.max(...state.orders.map(({ amps }) => amps))
}

/** Whether `amps` must be sent now: it is new, or an earlier order of the same was not confirmed in time. */
export function mustSend(state: OutletState, amps: number, at: number): boolean {
  const last = state.orders.at(-1)
  if (last === undefined) return state.confirmedAmps !== amps || lostOrder(state, at)
  return last.amps !== amps || at - last.sentAt >= RESEND_MS
}

function lostOrder(state: OutletState, at: number): boolean {
  return state.lowSince !== null && at - state.lowSince >= LOST_ORDER_MS
}

export function ordered(state: OutletState, amps: number, at: number): OutletState {
  return { ...state, lowSince: null, orders: folded([...state.orders, { amps, sentAt: at, acknowledgedAt: null }]) }
}

/** The device acknowledged its newest order, of `amps`. Without a read-back signal that is the confirmation. */
export function acknowledged(state: OutletState, amps: number, at: number, hasReadBack: boolean): OutletState {
  const index = state.orders.findLastIndex((order) => order.amps === amps)
  const order = state.orders[index]
  if (order === undefined) return state
  if (!hasReadBack) return confirm(state, index, at)
  return { ...state, orders: state.orders.with(index, { ...order, acknowledgedAt: at }) }
}

/**
 * What a poll showed. `takenAt` is when the signal was read; readings older than a write tell nothing about it.
 * `tellsLost`: less than confirmed is a lost order now; many devices show 0 while no car charges.
 */
export function observed(state: OutletState, shown: number | null, takenAt: number, tellsLost: boolean): OutletState {
  if (state.orders.length > 0) {
    const index = state.orders.findLastIndex((one) => one.acknowledgedAt !== null && one.acknowledgedAt < takenAt)
    const order = state.orders[index]
    if (order === undefined) return state
    return shown === null || shown <= order.amps + TOLERANCE_AMPS ? confirm(state, index, takenAt) : state
  }
  if (shown === null) return state
  if (state.confirmedAmps === null || shown > state.confirmedAmps + TOLERANCE_AMPS) {
    // First sight, or somebody else raised it: what the device shows is what counts.
    return { ...state, confirmedAmps: shown, confirmedAt: takenAt, previousAmps: Math.max(state.previousAmps, shown) }
  }
  const low = tellsLost && shown < state.confirmedAmps - TOLERANCE_AMPS
  return { ...state, lowSince: low ? (state.lowSince ?? takenAt) : null }
}

/** The order at `index` is in force; those before it are done with, those after it still wait. */
function confirm(state: OutletState, index: number, at: number): OutletState {
  const done = state.orders.slice(0, index + 1)
  const amps = done.at(-1)?.amps ?? 0
  const rest = state.orders.slice(index + 1)
  const before = Math.max(state.confirmedAmps ?? amps, ...done.map((order) => order.amps))
  if (state.confirmedAmps === amps && before === amps) return { ...state, orders: rest }
  return {
    confirmedAmps: amps,
    confirmedAt: at,
    previousAmps: before,
    older: olderOf(state),
    orders: rest,
    lowSince: null,
  }
}

/** With the one that was the set-point before until now. Lower ones of earlier times say nothing more. */
function olderOf({ previousAmps, confirmedAt, older }: OutletState): OutletState['older'] {
  const higher = older.filter(({ amps }) => amps > previousAmps)
  const all = [...higher, { amps: previousAmps, at: confirmedAt }]
  const [first, second, ...rest] = all
  if (all.length <= MAX_ORDERS || first === undefined || second === undefined) return all
  return [{ amps: first.amps, at: second.at }, ...rest]
}

/** Keeps the list short without losing the highest: the oldest two become the higher of them. */
function folded(orders: readonly Order[]): readonly Order[] {
  const [first, second, ...rest] = orders
  if (orders.length <= MAX_ORDERS || first === undefined || second === undefined) return orders
  return [first.amps > second.amps ? { ...first, acknowledgedAt: null } : second, ...rest]
}
