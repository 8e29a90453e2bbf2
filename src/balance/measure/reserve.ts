/** What must be held free for an outlet, whatever it does next. */
import type { BalanceSettings } from '../../model/balance-input.ts'
import type { KnownOutlet } from '../known/known-outlet.ts'
import type { PhaseMask } from '../known/loading.ts'
import { sessionIdOf } from '../known/known-session.ts'
import type { Followed, OutletMemory } from '../state.ts'
import {
  EPSILON_AMPS,
  CONFIRM_MARGIN_AMPS,
  NOISE_AMPS,
  OBEY_MARGIN_AMPS,
  OBEY_MARGIN_SHARE,
  PHASE_USED_AMPS,
} from '../timing.ts'

export interface Standing {
  /** The most it may draw on each of its phases now: every set-point that can still be followed, and what is measured. */
  readonly reserveAmps: number
  /** The part of it that stays when nothing is on its way any more: what counts for one that is beyond control. */
  readonly lastingAmps: number
  /** The highest set-point that may be in force. */
  readonly inForceAmps: number
  /** What it is measured to draw above its set-point, more than noise: it obeys, and yet that is not there for others. */
  readonly excessAmps: number
  /** The set-point we would change from; null: never known. */
  readonly heldAmps: number | null
  /** Why no order of ours will lower its reserve; null: it will follow. */
  readonly beyondControl: 'offline' | 'draws-more' | 'does-not-confirm' | null
  /** The time since when the charger has allowed more than was ordered; null: it follows. */
  readonly unfollowedSince: number | null
  readonly disobeysSince: number | null
  /** To be remembered: what was in force and may still be followed. */
  readonly followed: readonly Followed[]
  /** To be remembered: the phases that it was ever seen to measure, and what it was last seen to draw against its set-point. */
  readonly measuredPhases: PhaseMask
  readonly drawnAmps: number
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
  const shown = measuredMask(outlet)
  const isSameCar = outlet.refusal !== 'no-vehicle' && memory?.sessionId === sessionIdOf(outlet)
  const measuredPhases = isSameCar ? memory.measuredPhases | shown : shown
  const used = memory?.session?.car.phases ?? 0
  // A phase of the car that went missing may carry anything: then nothing is proven.
  const needed = isSameCar && used !== 0 ? measuredPhases & used : measuredPhases
  const complete = measured !== null && (needed & ~shown) === 0
  const proof = complete ? measured : null
  const measuredSettled = outlet.measuredAt !== null && outlet.measuredAt >= outlet.confirmedAt + settings.settleMs
  const above = measured !== null && !obeys(measured, inForceAmps)
  const disobeysSince = disobeys(memory, above, measuredSettled, measuredSettled && complete, at)
  const excessAmps = measuredSettled && measured !== null ? Math.max(0, measured - inForceAmps - NOISE_AMPS) : 0
  const drawnAmps = disobeysSince === null ? 0 : (proof ?? Math.max(memory?.drawnAmps ?? 0, measured ?? 0))

  let reserveAmps = Math.max(inForceAmps, measured ?? 0, drawnAmps)
  // Where no vehicle stands the contactor is open (IEC 61851-1, state A): only the next one's set-point counts.
  const seenSince = outlet.measuredAt !== null && outlet.measuredAt >= outlet.confirmedAt
  const empty =
    outlet.online && outlet.refusal === 'no-vehicle' && proof !== null && proof < PHASE_USED_AMPS && seenSince
  if (!empty && !previousIsPast(outlet, measuredPhases !== 0, proof, settled, at))
    reserveAmps = Math.max(reserveAmps, outlet.previousAmps)
  const followed = followedAt(memory, inForceAmps, settings, at)
  if (!empty) reserveAmps = Math.max(reserveAmps, followed[0]?.amps ?? 0)
  const lastingAmps = reserveAmps
  if (!provenSinceStart(outlet, memory, proof, settings, at)) reserveAmps = Math.max(reserveAmps, hardwareAmps)

  if (!outlet.online) {
    const fallen = outlet.fallbackSureAt !== null && at >= outlet.fallbackSureAt
    const { fallbackAmps } = outlet
    const gone = fallen && disobeysSince === null
    return {
      reserveAmps: gone ? fallbackAmps : Math.max(reserveAmps, fallbackAmps),
      lastingAmps: gone ? fallbackAmps : Math.max(lastingAmps, fallbackAmps),
      inForceAmps,
      excessAmps,
      heldAmps,
      beyondControl: 'offline',
      unfollowedSince: memory?.unfollowedSince ?? null,
      disobeysSince,
      followed,
      measuredPhases,
      drawnAmps,
    }
  }
  const unfollowedSince = unfollowed(inForceAmps, memory, at)
  const stuck = unfollowedSince !== null && at - unfollowedSince > settings.settleMs
  const beyondControl = disobeysSince !== null ? 'draws-more' : stuck ? 'does-not-confirm' : null
  return {
    reserveAmps,
    lastingAmps,
    inForceAmps,
    excessAmps,
    heldAmps,
    beyondControl,
    unfollowedSince,
    disobeysSince,
    followed,
    measuredPhases,
    drawnAmps,
  }
}

/** Phases of the site that the charger gives a value for. */
function measuredMask({ measuredAmps }: KnownOutlet): PhaseMask {
  let mask = 0
  for (let phase = 0; phase < 3; phase++) if (measuredAmps[phase] !== null) mask |= 1 << phase
  return mask
}

/** A charger's own meter is seldom better than 5 %. */
function obeys(measuredAmps: number, pilotAmps: number): boolean {
  return measuredAmps <= pilotAmps + Math.max(OBEY_MARGIN_AMPS, pilotAmps * OBEY_MARGIN_SHARE)
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

/**
 * Latched by a measurement that had time to settle, until one shows that the car keeps to its set-point.
 *
 * @param proves the measurement had time to settle, and tells all phases of the car
 */
function disobeys(
  memory: OutletMemory | undefined,
  above: boolean,
  settled: boolean,
  proves: boolean,
  at: number,
): number | null {
  const since = memory?.disobeysSince ?? null
  if (above && settled) return since ?? at
  return since !== null && (above || !proves) ? since : null
}

/** Chargers tell what they measure each minute at least; with some of that missing. */
const PROOF_MS = 5 * 60_000

/**
 * The set-point before the last one counts until the car had its time (IEC 61851-1 A.4: 5 s) and, where the charger measures, until a
 * value taken since shows that it came down. Some tell a value each minute only; one that none comes of, be the last one old or missing,
 * is believed after some minutes.
 */
function previousIsPast(
  outlet: KnownOutlet,
  measures: boolean,
  measured: number | null,
  settled: boolean,
  at: number,
): boolean {
  if (!settled) return false
  const { measuredAt, confirmedAt, confirmedAmps } = outlet
  if (measured !== null && measuredAt !== null && measuredAt >= confirmedAt) return obeys(measured, confirmedAmps ?? 0)
  return !measures || at >= confirmedAt + PROOF_MS
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
  return outlet.measuredAt > memory.firstSeenAt && obeys(measured, outlet.confirmedAmps)
}

/** A charger that comes down step by step is following; one that stays above our last order is not. */
function unfollowed(inForceAmps: number, memory: OutletMemory | undefined, at: number): number | null {
  if (memory === undefined || memory.orderedAmps === null) return null
  if (inForceAmps <= memory.orderedAmps + CONFIRM_MARGIN_AMPS) return null
  const comesDown = inForceAmps < memory.inForceAmps - EPSILON_AMPS
  return comesDown ? at : (memory.unfollowedSince ?? at)
}
