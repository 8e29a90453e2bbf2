/**
 * Who comes before whom. Who charges and has not had its quantum keeps its place, except where a promise would break; then promises and
 * priorities; then those who have had their quantum beside those who wait, as the strategy says; last, who takes nothing.
 */
import type { Strategy } from '../../model/balance-input.ts'
import { compareIds } from '../known/tree.ts'
import type { Candidate } from './candidate.ts'
import { isUnknownBelowUnbalance } from './trial.ts'

export type Tier =
  | 'kept'
  | 'due'
  | 'urgent'
  | 'preferred-on'
  | 'pressing'
  | 'charging'
  | 'preferred'
  | 'trial'
  | 'turn'
  | 'idle'

/** A waiting promise or declared wish that presses so hard takes the place of another car. */
const URGENT_RATIO = 0.9
/** It has pressed, and has nearly full current. */
const STILL_URGENT_RATIO = 0.8
const NEARLY_FULL_SHARE = 0.75
/** Who charges is not passed by one that got only a little less. */
const HYSTERESIS_WH = 1000

export function tierOf(candidate: Candidate): Tier {
  const { running, group, pressure, ownPressure, spent, full } = candidate
  if (full) return 'idle'
  if (running) {
    if (group === 'committed') return 'kept'
    if (spent) return 'turn'
    return group === 'priority' ? 'preferred-on' : 'charging'
  }
  if (group === 'other') return isUnknownBelowUnbalance(candidate) ? 'trial' : 'turn'
  if (group === 'committed')
    return ownPressure >= URGENT_RATIO ? 'due' : pressure >= URGENT_RATIO ? 'urgent' : 'preferred'
  if (group === 'declared') return ownPressure >= URGENT_RATIO ? 'pressing' : 'turn'
  return 'preferred'
}

const TIERS: Readonly<Record<Tier, number>> = {
  kept: 0,
  due: 0,
  urgent: 1,
  'preferred-on': 2,
  pressing: 3,
  charging: 4,
  preferred: 5,
  trial: 6,
  turn: 7,
  idle: 8,
}

export function inOrder(candidates: readonly Candidate[], strategy: Strategy): readonly Candidate[] {
  const keyed = candidates.map((candidate) => ({ candidate, tier: TIERS[tierOf(candidate)] }))
  keyed.sort(
    (a, b) =>
      a.tier - b.tier ||
      within(a.candidate, b.candidate, strategy) ||
      compareIds(a.candidate.outlet.id, b.candidate.outlet.id),
  )
  return keyed.map(({ candidate }) => candidate)
}

const GROUPS: Readonly<Record<Candidate['group'], number>> = { committed: 0, priority: 1, declared: 2, other: 2 }

function within(a: Candidate, b: Candidate, strategy: Strategy): number {
  const byGroup = GROUPS[a.group] - GROUPS[b.group]
  if (byGroup !== 0) return byGroup
  // Of promises that can all be kept the earliest goes first, and so all are kept; one that needs nearly full power cannot wait at all.
  if (a.group === 'committed') return Number(presses(b)) - Number(presses(a)) || dueAt(a) - dueAt(b)
  const byPauses = b.session.pauses - a.session.pauses
  if (a.running && b.running && !a.spent && !b.spent && byPauses !== 0) return byPauses
  if (strategy === 'first-come') return startedAt(a) - startedAt(b)
  if (strategy === 'priority') {
    const byPriority = (b.outlet.session?.priority ?? 1) - (a.outlet.session?.priority ?? 1)
    if (byPriority !== 0) return byPriority
  }
  if (strategy === 'commitments') return byUrgency(a, b) || startedAt(a) - startedAt(b)
  return attained(a) - attained(b) || startedAt(a) - startedAt(b)
}

/** Once it has its current it keeps it for a while: two that press would else take it from each other each minute. */
function presses({ needRatio, standing, capAmps }: Candidate): boolean {
  const hasIt = (standing.heldAmps ?? 0) >= NEARLY_FULL_SHARE * capAmps
  return (needRatio ?? 0) >= (hasIt ? STILL_URGENT_RATIO : URGENT_RATIO)
}

function dueAt({ outlet }: Candidate): number {
  return outlet.session?.commitment?.byAt ?? outlet.session?.departsAt ?? Infinity
}

/** Those that have not charged yet count as one, so that the order has no circle; among them the most urgent goes first. */
function byUrgency(a: Candidate, b: Candidate): number {
  const byAttained = (isNew(a) ? 0 : attained(a)) - (isNew(b) ? 0 : attained(b))
  if (byAttained !== 0) return byAttained
  if (isNew(a) !== isNew(b)) return isNew(a) ? -1 : 1
  return isNew(a) ? (b.needRatio ?? 0) - (a.needRatio ?? 0) : 0
}

/** Has not really charged yet: how urgent it is counts by what it told or by what is usual. */
function isNew({ running, deliveredWh }: Candidate): boolean {
  return !running && deliveredWh < NEW_WH
}

const NEW_WH = 500

function attained({ deliveredWh, running, session }: Candidate): number {
  return deliveredWh - (running ? HYSTERESIS_WH : 0) - session.pauses
}

function startedAt({ outlet, session, memory }: Candidate): number {
  return outlet.session?.startedAt ?? session.waitingSince ?? memory?.firstSeenAt ?? 0
}
