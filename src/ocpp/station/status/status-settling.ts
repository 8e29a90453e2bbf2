/** Holds back a status that may be gone again in a moment (MinimumStatusDuration, OCPP 1.6 §4.9). Pure. */
import type { ConnectorStatus } from '../../../model/csms.ts'
import type { StatusView } from './status-rules.ts'

export interface Settling {
  /** What was last reported; null before the first. */
  readonly shown: StatusView | null
  readonly waiting: { readonly view: StatusView; readonly since: number } | null
}

export const UNSETTLED: Settling = { shown: null, waiting: null }

export interface SettlingStep {
  readonly settling: Settling
  /** To be reported now, or null. */
  readonly report: StatusView | null
  /** When to look again (monotonic ms), or null. */
  readonly dueAt: number | null
}

/**
 * The maker's own minimum (§4.9 adds the setting to it): a session passes through "suspended" while the first set-point is on its way
 * (control tick, order, read-back), and while a car ramps up, for which it has 5 s (IEC 61851-1 A.4). That is nobody's news.
 */
const SETTLES_MS: Readonly<Partial<Record<ConnectorStatus, number>>> = {
  'suspended-ev': 6_000,
  'suspended-evse': 3_000,
}
/** From a start to its first current. */
const FIRST_CURRENT_MS = 6_000

export function settleStatus(settling: Settling, view: StatusView, at: number, minimumMs: number): SettlingStep {
  if (settling.shown !== null && sameView(settling.shown, view))
    return { settling: { ...settling, waiting: null }, report: null, dueAt: null }
  const since = settling.waiting !== null && sameView(settling.waiting.view, view) ? settling.waiting.since : at
  const holdMs = settling.shown === null ? 0 : minimumMs + settlesMs(settling.shown.status, view.status)
  if (at - since >= holdMs) return { settling: { shown: view, waiting: null }, report: view, dueAt: null }
  return { settling: { ...settling, waiting: { view, since } }, report: null, dueAt: since + holdMs }
}

function settlesMs(from: ConnectorStatus, to: ConnectorStatus): number {
  return from === 'preparing' && to === 'suspended-evse' ? FIRST_CURRENT_MS : (SETTLES_MS[to] ?? 0)
}

function sameView(one: StatusView, other: StatusView): boolean {
  return (
    one.status === other.status &&
    one.info === other.info &&
    one.fault?.code === other.fault?.code &&
    one.fault?.kind === other.fault?.kind
  )
}
