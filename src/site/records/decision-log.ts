/**
 * Keeps each outlet's set-points with their reasons, so that "why 9 A at six o'clock?" can be answered later. Stored is what changed:
 * every other set-point at once; another reason for the same set-point, too, but not more often than somebody could read it; the place
 * in the queue, the phase and the numbers inside a reason once a minute.
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

/** A reason that comes and goes with every tick is told this often. */
const OTHER_REASON_MS = 10_000
const DETAIL_MS = 60_000

interface Known {
  readonly place: Place
  last: Told | null
  /** Monotonic ms. */
  storedAt: number
}

/** What a stored decision said, for the comparison. */
interface Told {
  readonly amps: number
  readonly sessionId: string | null
  readonly meaning: string
  readonly detail: string
}

export class DecisionLog {
  readonly #store: (decision: Decision) => void
  readonly #outlets: ReadonlyMap<string, Known>

  constructor({ places, store }: DecisionLogOptions) {
    this.#store = store
    this.#outlets = new Map(places.map((place) => [place.outletId, { place, last: null, storedAt: -Infinity }]))
  }

  /** What a tick decided. @param at monotonic ms @param wallAt wall ms */
  observe(allocations: readonly Allocation[], outlets: readonly Outlet[], at: number, wallAt: number): void {
    const sessions = new Map(outlets.map(({ id, session }) => [id, session?.id ?? null]))
    for (const { outletId, amps, binding, rank } of allocations) {
      const known = this.#outlets.get(outletId)
      if (known === undefined) continue
      const { stationId, evse } = known.place
      const sessionId = sessions.get(outletId) ?? null
      const told: Told = {
        amps,
        sessionId,
        meaning: meaning(binding),
        detail: `${detail(binding)} ${queuePlace(rank)}`,
      }
      if (known.last !== null && at - known.storedAt < patience(known.last, told)) continue
      known.last = told
      known.storedAt = at
      this.#store({ at: wallAt, stationId, evse, sessionId, amps, binding, rank })
    }
  }
}

/** How old the last stored decision must be before this one is stored, ms; Infinity: it says the same. */
function patience(last: Told, now: Told): number {
  if (last.amps !== now.amps || last.sessionId !== now.sessionId) return 0
  if (last.meaning !== now.meaning) return OTHER_REASON_MS
  return last.detail === now.detail ? Infinity : DETAIL_MS
}

/** Kind, circuit and who set the limit. */
function meaning(binding: Binding): string {
  switch (binding.kind) {
    case 'circuit':
    case 'power':
      return `${binding.kind} ${binding.circuitId} ${binding.origin}`
    case 'unbalance':
    case 'turn':
    case 'fail-safe':
    case 'minimum':
      return `${binding.kind} ${binding.circuitId}`
    case 'wait':
      return `wait ${binding.reason}`
    case 'profile':
      return `profile ${binding.source}`
    case 'hold':
      // a reason may count seconds down
      return `hold ${binding.reason.replaceAll(/\d+/g, '#')}`
    case 'car':
    case 'device':
    case 'not-authorised':
    case 'no-vehicle':
    case 'unavailable':
      return binding.kind
  }
}

/** What may move without another meaning; the building's share moves all the time and alone is nothing to tell. */
function detail(binding: Binding): string {
  switch (binding.kind) {
    case 'circuit':
      return `${binding.phase} ${Math.round(binding.limitAmps)}`
    case 'power':
      return `${Math.round(binding.limitWatts / 100)}`
    case 'unbalance':
      return `${Math.round(binding.limitAmps)}`
    default:
      return ''
  }
}

/** How urgent it is to a tenth: it creeps with every second. */
function queuePlace(rank: Rank | null): string {
  if (rank === null) return ''
  const { position, of, group, needRatio, pauses } = rank
  return `${position} ${of} ${group} ${needRatio === null ? '' : Math.round(needRatio * 10)} ${pauses}`
}
