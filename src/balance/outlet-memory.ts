/** What is remembered of an outlet until the next tick: whose turn it is, and what was ordered. */
import type { BalanceSettings } from '../model/balance-input.ts'
import type { Binding } from '../model/set-point.ts'
import type { KnownOutlet } from './known-outlet.ts'
import type { Standing } from './reserve.ts'
import type { OutletMemory } from './state.ts'

export interface Decided {
  readonly outlet: KnownOutlet
  readonly standing: Standing
  readonly memory: OutletMemory | undefined
  readonly amps: number
  readonly binding: Binding
}

export function nextMemory(decided: Decided, settings: BalanceSettings, at: number): OutletMemory {
  const { outlet, standing, memory, amps } = decided
  const common = {
    firstSeenAt: memory?.firstSeenAt ?? at,
    unfollowedSince: standing.unfollowedSince,
    inForceAmps: standing.inForceAmps,
  }
  if (!outlet.online) {
    // Nothing is sent, and its turn goes on: it may be charging at its fallback.
    const kept = { orderedAmps: null, raisedAt: null, servedSince: null, waitingSince: null, restUntil: 0, ...memory }
    return { ...kept, ...common, orderedAmps: null }
  }
  const before = memory?.orderedAmps ?? standing.heldAmps ?? 0
  const raisedAt = amps > before ? at : (memory?.raisedAt ?? null)
  if (!outlet.wanted) {
    return { ...common, orderedAmps: amps, raisedAt, servedSince: null, waitingSince: null, restUntil: 0 }
  }
  const running = (standing.heldAmps ?? 0) > 0 && amps > 0
  const byOthers = decided.binding.kind === 'profile' || decided.binding.kind === 'device'
  // A pause ordered by a profile ends when the profile says so; one that a circuit forced is followed by a rest.
  const pausedByUs = amps === 0 && (standing.heldAmps ?? 0) > 0 && !byOthers
  return {
    ...common,
    orderedAmps: amps,
    raisedAt,
    servedSince: running ? (memory?.servedSince ?? at) : null,
    waitingSince: running || (amps === 0 && byOthers) ? null : (memory?.waitingSince ?? at),
    restUntil: pausedByUs ? at + settings.restMs : (memory?.restUntil ?? 0),
  }
}
