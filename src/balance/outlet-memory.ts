/** What is remembered of an outlet until the next tick: whose turn it is, what was ordered, and what was learned of its car. */
import type { BalanceSettings } from '../model/balance-input.ts'
import type { Binding } from '../model/set-point.ts'
import type { KnownOutlet } from './known/known-outlet.ts'
import { UNKNOWN_CAR } from './measure/car.ts'
import type { Standing } from './measure/reserve.ts'
import type { BalanceState, CarMemory, OutletMemory, SessionMemory } from './state.ts'

export interface Decided {
  readonly outlet: KnownOutlet
  readonly standing: Standing
  readonly memory: OutletMemory | undefined
  readonly session: SessionMemory | null
  readonly amps: number
  readonly binding: Binding
}

/** What tells this car from the next one at the outlet; null: there is none to remember. */
export function sessionIdOf(outlet: KnownOutlet): string | null {
  return outlet.session?.id ?? (outlet.wanted ? outlet.id : null)
}

/** What is known of the session before this tick. */
export function sessionMemoryOf(
  outlet: KnownOutlet,
  memory: OutletMemory | undefined,
  { restored }: BalanceState,
  at: number,
): SessionMemory | null {
  const id = sessionIdOf(outlet)
  if (id === null) return null
  if (memory !== undefined && memory.session !== null && memory.sessionId === id) return memory.session
  const before = restored.get(id)
  return (
    before ?? {
      pauses: 0,
      servedSince: null,
      waitingSince: at,
      energyAtServiceWh: outlet.session?.energyWh ?? 0,
      car: UNKNOWN_CAR,
    }
  )
}

/** @param car as learned in this tick */
export function nextMemory(
  decided: Decided,
  car: CarMemory | null,
  settings: BalanceSettings,
  at: number,
): OutletMemory {
  const { outlet, standing, memory, amps } = decided
  const before = memory?.orderedAmps ?? standing.heldAmps ?? 0
  const common = {
    firstSeenAt: memory?.firstSeenAt ?? at,
    unfollowedSince: standing.unfollowedSince,
    disobeysSince: standing.disobeysSince,
    inForceAmps: standing.inForceAmps,
    followed: standing.followed,
    sessionId: sessionIdOf(outlet),
  }
  if (!outlet.online) {
    // Nothing is sent, and its turn goes on: it may be charging at its fallback.
    const { raisedAt = null, changedAt = null, restUntil = 0 } = memory ?? {}
    return { ...common, orderedAmps: null, raisedAt, changedAt, restUntil, session: decided.session }
  }
  const turn = { orderedAmps: amps, raisedAt: amps > before ? at : (memory?.raisedAt ?? null) }
  const changedAt = amps === before ? (memory?.changedAt ?? null) : at
  const { session } = decided
  if (session === null || car === null) return { ...common, ...turn, changedAt, restUntil: 0, session: null }
  if (!outlet.wanted) {
    return {
      ...common,
      ...turn,
      changedAt,
      restUntil: 0,
      session: { ...session, servedSince: null, waitingSince: null, car },
    }
  }
  const wasOn = (standing.heldAmps ?? 0) > 0 && memory?.orderedAmps !== 0
  const byOthers = decided.binding.kind === 'profile' || decided.binding.kind === 'device'
  const paused = amps === 0 && wasOn
  // A pause ordered by a profile ends when the profile says so; one that we ordered is followed by a rest.
  const restUntil = paused && !byOthers ? at + settings.restMs : (memory?.restUntil ?? 0)
  const started = amps > 0 && session.servedSince === null
  return {
    ...common,
    ...turn,
    changedAt,
    restUntil,
    session: {
      // Only a car that was charging notices.
      pauses: session.pauses + (paused && !byOthers && car.charged && car.fullSince === null ? 1 : 0),
      servedSince: amps > 0 ? (session.servedSince ?? at) : null,
      waitingSince: amps > 0 || byOthers ? null : (session.waitingSince ?? at),
      energyAtServiceWh: started ? (outlet.session?.energyWh ?? 0) : session.energyAtServiceWh,
      car,
    },
  }
}
