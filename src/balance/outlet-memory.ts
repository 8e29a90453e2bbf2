/** What is remembered of an outlet until the next tick: whose turn it is, what was ordered, and what was learned of its car. */
import type { BalanceSettings } from '../model/balance-input.ts'
import type { Binding } from '../model/set-point.ts'
import type { KnownOutlet } from './known/known-outlet.ts'
import { sessionIdOf } from './known/known-session.ts'
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

/**
 * The memory of the last tick itself where nothing has changed: most outlets stand still from second to second.
 *
 * @param car as learned in this tick
 */
export function nextMemory(
  decided: Decided,
  car: CarMemory | null,
  settings: BalanceSettings,
  at: number,
): OutletMemory {
  const { outlet, standing, memory, amps } = decided
  const { online } = outlet
  const before = memory?.orderedAmps ?? standing.heldAmps ?? 0
  // Nothing is sent to one that is silent, and its turn goes on: it may be charging at its fallback.
  const orderedAmps = online ? amps : null
  const raisedAt = online && amps > before ? at : (memory?.raisedAt ?? null)
  const changedAt = online && amps !== before ? at : (memory?.changedAt ?? null)
  const restUntil = restUntilOf(decided, settings, at)
  const session = online ? nextSession(decided, car, at) : decided.session
  const sessionId = sessionIdOf(outlet)
  const { unfollowedSince, disobeysSince, inForceAmps, followed, measuredPhases, drawnAmps } = standing
  if (
    memory !== undefined &&
    memory.session === session &&
    memory.orderedAmps === orderedAmps &&
    memory.inForceAmps === inForceAmps &&
    memory.followed === followed &&
    memory.raisedAt === raisedAt &&
    memory.changedAt === changedAt &&
    memory.restUntil === restUntil &&
    memory.unfollowedSince === unfollowedSince &&
    memory.disobeysSince === disobeysSince &&
    memory.measuredPhases === measuredPhases &&
    memory.drawnAmps === drawnAmps &&
    memory.sessionId === sessionId
  )
    return memory
  return {
    firstSeenAt: memory?.firstSeenAt ?? at,
    orderedAmps,
    raisedAt,
    changedAt,
    restUntil,
    unfollowedSince,
    disobeysSince,
    inForceAmps,
    followed,
    measuredPhases,
    drawnAmps,
    session,
    sessionId,
  }
}

/** A pause ordered by a profile ends when the profile says so; one that we ordered is followed by a rest. */
function restUntilOf(decided: Decided, settings: BalanceSettings, at: number): number {
  const { outlet, memory, session } = decided
  if (outlet.online && (session === null || !outlet.wanted)) return 0
  const rests = outlet.online && isPaused(decided) && !isHeldByOthers(decided)
  return rests ? at + settings.restMs : (memory?.restUntil ?? 0)
}

function isPaused({ standing, memory, amps }: Decided): boolean {
  return amps === 0 && (standing.heldAmps ?? 0) > 0 && memory?.orderedAmps !== 0
}

/** By a profile, or by the device's own range. */
function isHeldByOthers({ binding }: Decided): boolean {
  return binding.kind === 'profile' || binding.kind === 'device'
}

const UNSEEN_MS = 60_000

function nextSession(decided: Decided, car: CarMemory | null, at: number): SessionMemory | null {
  const { outlet, session, amps } = decided
  if (session === null || car === null) return null
  const serves = outlet.wanted && amps > 0
  const waits = outlet.wanted && amps <= 0 && !isHeldByOthers(decided)
  // Only a car that was charging notices a pause; where nothing is measured it is taken to have, after a while.
  const unseen = outlet.highestAmps === null && session.servedSince !== null && at - session.servedSince >= UNSEEN_MS
  const disturbed = waits && (car.charged || unseen) && car.fullSince === null && isPaused(decided)
  const started = serves && session.servedSince === null
  const pauses = session.pauses + (disturbed ? 1 : 0)
  const servedSince = serves ? (session.servedSince ?? at) : null
  const waitingSince = waits ? (session.waitingSince ?? at) : null
  const energyAtServiceWh = started ? (outlet.session?.energyWh ?? 0) : session.energyAtServiceWh
  const isSame =
    session.car === car &&
    session.servedSince === servedSince &&
    session.waitingSince === waitingSince &&
    session.pauses === pauses &&
    session.energyAtServiceWh === energyAtServiceWh
  return isSame ? session : { pauses, servedSince, waitingSince, energyAtServiceWh, car }
}
