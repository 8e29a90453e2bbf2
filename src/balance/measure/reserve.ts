/** What must be held free for an outlet, whatever it does next. */
import type { BalanceSettings } from '../../model/balance-input.ts'
import type { KnownOutlet } from '../known/known-outlet.ts'
import type { Followed, OutletMemory } from '../state.ts'
import { sampleLife } from './draw.ts'
import { EPSILON_AMPS, OBEY_MARGIN_AMPS, PHASE_USED_AMPS } from '../timing.ts'

export interface Standing {
  /** The most it may draw on each of its phases now: every set-point that can still be followed, and what is measured. */
  readonly reserveAmps: number
  /** The part of it that stays when nothing is on its way any more: what counts for one that is beyond control. */
  readonly lastingAmps: number
  /** The highest set-point that may be in force. */
  readonly inForceAmps: number
  /** The set-point we would change from; null: never known. */
  readonly heldAmps: number | null
  /** Why no order of ours will lower its reserve; null: it will follow. */
  readonly beyondControl: 'offline' | 'draws-more' | 'does-not-confirm' | null
  /** The time since when the charger has allowed more than was ordered; null: it follows. */
  readonly unfollowedSince: number | null
  readonly disobeysSince: number | null
  /** To be remembered: what was in force and may still be followed. */
  readonly followed: readonly Followed[]
}

export function standing(
  outlet: KnownOutlet,
  memory: OutletMemory | undefined,
  settings: BalanceSettings,
  at: number,
): Standing {
  const { confirmedAmps, pendingAmps, hardwareAmps, highestAmps: measured } = outlet
  const confirmedMost = confirmedAmps ?? hardwareAmps
  const inForceAmps = Math.max(confirmedMost, pendingAmps ?? 0)
  const heldAmps = confirmedAmps === null ? null : (pendingAmps ?? confirmedAmps)
  const settled = at >= outlet.confirmedAt + settings.settleMs
  const measuredSettled = outlet.measuredAt !== null && outlet.measuredAt >= outlet.confirmedAt + settings.settleMs
  const above = measured !== null && measured > inForceAmps + OBEY_MARGIN_AMPS
  const disobeysSince = disobeys(memory, above, measuredSettled, at)

  let reserveAmps = Math.max(inForceAmps, measured ?? 0)
  // Where no vehicle stands the contactor is open (IEC 61851-1, state A): only the next one's set-point counts.
  const seenSince = outlet.measuredAt !== null && outlet.measuredAt >= outlet.confirmedAt
  const empty =
    outlet.online && outlet.refusal === 'no-vehicle' && measured !== null && measured < PHASE_USED_AMPS && seenSince
  if (!empty && !previousIsPast(outlet, memory, measured, settled, settings, at))
    reserveAmps = Math.max(reserveAmps, outlet.previousAmps)
  const followed = followedAt(memory, inForceAmps, settings, at)
  if (!empty) reserveAmps = Math.max(reserveAmps, followed[0]?.amps ?? 0)
  const lastingAmps = reserveAmps
  if (!provenSinceStart(outlet, memory, measured, settings, at)) reserveAmps = Math.max(reserveAmps, hardwareAmps)

  if (!outlet.online) {
    const fallen = outlet.fallbackSureAt !== null && at >= outlet.fallbackSureAt
    const { fallbackAmps } = outlet
    const gone = fallen && disobeysSince === null
    return {
      reserveAmps: gone ? fallbackAmps : Math.max(reserveAmps, fallbackAmps),
      lastingAmps: gone ? fallbackAmps : Math.max(lastingAmps, fallbackAmps),
      inForceAmps,
      heldAmps,
      beyondControl: 'offline',
      unfollowedSince: memory?.unfollowedSince ?? null,
      disobeysSince,
      followed,
    }
  }
  const unfollowedSince = unfollowed(inForceAmps, memory, at)
  const stuck = unfollowedSince !== null && at - unfollowedSince > settings.settleMs
  const beyondControl = disobeysSince !== null ? 'draws-more' : stuck ? 'does-not-confirm' : null
  return { reserveAmps, lastingAmps, inForceAmps, heldAmps, beyondControl, unfollowedSince, disobeysSince, followed }
}

/** What was in force until some moment since the last tick may be followed for the settle time from now. Highest first. */
function followedAt(
  memory: OutletMemory | undefined,
  inForceAmps: number,
  settings: BalanceSettings,
  at: number,
): readonly Followed[] {
  if (memory === undefined) return NOTHING_FOLLOWED
  const { followed: before, inForceAmps: last } = memory
  if (before.length === 0 && last <= inForceAmps) return NOTHING_FOLLOWED
  const counts = ({ amps, until }: Followed): boolean => until > at && amps > inForceAmps
  const still = before.every(counts) ? before : before.filter(counts)
  if (last <= inForceAmps) return still
  return [...still.filter(({ amps }) => amps > last), { amps: last, until: at + settings.settleMs }]
}

const NOTHING_FOLLOWED: readonly Followed[] = []

/** Latched until a measurement that had time to settle shows that the car keeps to its set-point. */
function disobeys(memory: OutletMemory | undefined, above: boolean, settled: boolean, at: number): number | null {
  const since = memory?.disobeysSince ?? null
  if (above && settled) return since ?? at
  return since !== null && (above || !settled) ? since : null
}

/**
 * The set-point before the last one counts until the car had its time (IEC 61851-1 A.4: 5 s) and, where the charger measures, until a
 * value taken since shows that it came down. A value that goes missing proves no more than an old one; both are waited for equally long.
 */
function previousIsPast(
  outlet: KnownOutlet,
  memory: OutletMemory | undefined,
  measured: number | null,
  settled: boolean,
  settings: BalanceSettings,
  at: number,
): boolean {
  if (!settled) return false
  const { measuredAt, confirmedAt, confirmedAmps } = outlet
  if (measured !== null && measuredAt !== null && measuredAt >= confirmedAt)
    return measured <= (confirmedAmps ?? 0) + OBEY_MARGIN_AMPS
  const measures = measuredAt !== null || (memory?.session?.car.seenAt ?? -Infinity) > -Infinity
  return !measures || at >= confirmedAt + sampleLife(settings)
}

/**
 * After a restart of ours (or for a new charger) what was ordered before is not known: the hardware's maximum counts until a value
 * taken since shows that the car keeps to the set-point in force or, where nothing is measured, until it had time to.
 */
function provenSinceStart(
  outlet: KnownOutlet,
  memory: OutletMemory | undefined,
  measured: number | null,
  settings: BalanceSettings,
  at: number,
): boolean {
  if (memory === undefined) return false
  if (at >= memory.firstSeenAt + settings.settleMs) return true
  if (measured === null || outlet.measuredAt === null || outlet.confirmedAmps === null) return false
  return outlet.measuredAt > memory.firstSeenAt && measured <= outlet.confirmedAmps + OBEY_MARGIN_AMPS
}

/** A charger that comes down step by step is following; one that stays above our last order is not. */
function unfollowed(inForceAmps: number, memory: OutletMemory | undefined, at: number): number | null {
  if (memory === undefined || memory.orderedAmps === null) return null
  if (inForceAmps <= memory.orderedAmps + EPSILON_AMPS) return null
  const comesDown = inForceAmps < memory.inForceAmps - EPSILON_AMPS
  return comesDown ? at : (memory.unfollowedSince ?? at)
}
