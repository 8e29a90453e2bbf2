/**
 * Keeps each outlet's set-points with their reasons, so that "why 9 A at six o'clock?" can be answered later. Stored is what changed:
 * every other set-point at once; one that creeps with the building's load, and another reason for the same one, not more often than
 * somebody could read it; the phase and the limit inside a reason once a minute; the place in the queue alone, which moves with every car,
 * now and then.
 * It runs in every tick, so it compares and builds nothing until there is something to store.
 */
import type { Allocation, Outlet } from '../../model/balance-input.ts'
import type { Decision } from '../../model/decision.ts'
import type { Binding, Rank } from '../../model/set-point.ts'

export interface Place {
  readonly outletId: string
  readonly stationId: string
  readonly evse: number
}

export interface DecisionLogOptions {
  /** All outlets of the site. */
  readonly places: readonly Place[]
  /** Must not block. */
  readonly store: (decision: Decision) => void
}

/** A current that creeps, and a reason that comes and goes with every tick, are told this often. */
const CREEPING_MS = 10_000
const CREEPING_AMPS = 0.5
const DETAIL_MS = 60_000
const QUEUE_MS = 300_000

interface Known {
  readonly place: Place
  sessionId: string | null
  last: Decision | null
  /** Monotonic ms. */
  storedAt: number
}

export class DecisionLog {
  readonly #store: (decision: Decision) => void
  readonly #outlets = new Map<string, Known>()

  constructor({ places, store }: DecisionLogOptions) {
    this.#store = store
    for (const place of places)
      this.#outlets.set(place.outletId, { place, sessionId: null, last: null, storedAt: -Infinity })
  }

  /** What a tick decided. @param at monotonic ms @param wallAt wall ms */
  observe(allocations: readonly Allocation[], outlets: readonly Outlet[], at: number, wallAt: number): void {
    for (const { id, session } of outlets) {
      const known = this.#outlets.get(id)
      if (known !== undefined) known.sessionId = session?.id ?? null
    }
    for (const allocation of allocations) {
      const known = this.#outlets.get(allocation.outletId)
      if (known === undefined) continue
      if (known.last !== null && at - known.storedAt < patience(known.last, allocation, known.sessionId)) continue
      const { amps, binding, rank } = allocation
      const { stationId, evse } = known.place
      known.last = { at: wallAt, stationId, evse, sessionId: known.sessionId, amps, binding, rank }
      known.storedAt = at
      this.#store(known.last)
    }
  }
}

/** How old the last stored decision must be before this one is stored, ms; Infinity: it says the same. */
function patience(last: Decision, { amps, binding, rank }: Allocation, sessionId: string | null): number {
  if (last.sessionId !== sessionId || (last.amps === 0) !== (amps === 0)) return 0
  if (Math.abs(last.amps - amps) >= CREEPING_AMPS) return 0
  if (last.amps !== amps || !meansTheSame(last.binding, binding)) return CREEPING_MS
  if (!hasSameDetail(last.binding, binding)) return DETAIL_MS
  return isSamePlace(last.rank, rank) ? Infinity : QUEUE_MS
}

/** Kind, circuit and who set the limit. */
function meansTheSame(one: Binding, other: Binding): boolean {
  switch (one.kind) {
    case 'circuit':
    case 'power':
      return other.kind === one.kind && one.circuitId === other.circuitId && one.origin === other.origin
    case 'unbalance':
    case 'turn':
    case 'fail-safe':
    case 'minimum':
      return other.kind === one.kind && one.circuitId === other.circuitId
    case 'wait':
      return other.kind === 'wait' && one.reason === other.reason
    case 'profile':
      return other.kind === 'profile' && one.source === other.source
    case 'hold':
      return other.kind === 'hold' && (one.reason === other.reason || words(one.reason) === words(other.reason))
    case 'car':
    case 'device':
    case 'not-authorised':
    case 'no-vehicle':
    case 'unavailable':
      return one.kind === other.kind
  }
}

/** A reason may count seconds down. */
function words(reason: string): string {
  return reason.replaceAll(/\d+/g, '#')
}

/** What may move without another meaning; the building's share moves all the time and alone is nothing to tell. */
function hasSameDetail(one: Binding, other: Binding): boolean {
  if (one.kind === 'circuit' && other.kind === 'circuit')
    return one.phase === other.phase && Math.abs(one.limitAmps - other.limitAmps) < 1
  if (one.kind === 'power' && other.kind === 'power') return Math.abs(one.limitWatts - other.limitWatts) < 100
  if (one.kind === 'unbalance' && other.kind === 'unbalance') return Math.abs(one.limitAmps - other.limitAmps) < 1
  return true
}

function isSamePlace(one: Rank | null, other: Rank | null): boolean {
  if (one === null || other === null) return one === other
  const { position, of, group, needRatio, pauses } = one
  if (position !== other.position || of !== other.of || group !== other.group || pauses !== other.pauses) return false
  if (needRatio === null || other.needRatio === null) return needRatio === other.needRatio
  // it creeps with every second
  return Math.abs(needRatio - other.needRatio) < 0.1
}
