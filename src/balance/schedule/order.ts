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
const URGENT_RATIO = 0.88
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
  return candidates
    .map(keyOf)
    .toSorted(
      (a, b) => a.tier - b.tier || within(a, b, strategy) || compareIds(a.candidate.outlet.id, b.candidate.outlet.id),
    )
    .map(({ candidate }) => candidate)
}

/** All that its place depends on, reckoned once: a sort compares each with many. */
interface Key {
  readonly candidate: Candidate
  readonly tier: number
  readonly group: number
  readonly isCommitted: boolean
  readonly presses: boolean
  readonly dueAt: number
  /** It charges and has not had its quantum. */
  readonly inTurn: boolean
  readonly pauses: number
  readonly priority: number
  /** Has not really charged yet: how urgent it is counts by what it told or by what is usual. */
  readonly isNew: boolean
  readonly needRatio: number
  readonly attainedWh: number
  readonly startedAt: number
}

const GROUPS: Readonly<Record<Candidate['group'], number>> = { committed: 0, priority: 1, declared: 2, other: 2 }

const NEW_WH = 500

function keyOf(candidate: Candidate): Key {
  const { outlet, session, memory, group, running, spent, deliveredWh } = candidate
  const told = outlet.session
  const isCommitted = group === 'committed'
  return {
    candidate,
    tier: TIERS[tierOf(candidate)],
    group: GROUPS[group],
    isCommitted,
    presses: isCommitted && presses(candidate),
    dueAt: told?.commitment?.byAt ?? told?.departsAt ?? Infinity,
    inTurn: running && !spent,
    pauses: session.pauses,
    priority: told?.priority ?? 1,
    isNew: !running && deliveredWh < NEW_WH,
    needRatio: candidate.needRatio ?? 0,
    attainedWh: deliveredWh - (running ? HYSTERESIS_WH : 0) - session.pauses,
    startedAt: told?.startedAt ?? session.waitingSince ?? memory?.firstSeenAt ?? 0,
  }
}

function within(a: Key, b: Key, strategy: Strategy): number {
  if (a.group !== b.group) return a.group - b.group
  // Of promises that can all be kept the earliest goes first, and so all are kept; one that needs nearly full power cannot wait at all.
  if (a.isCommitted) return Number(b.presses) - Number(a.presses) || before(a.dueAt, b.dueAt)
  if (a.inTurn && b.inTurn && a.pauses !== b.pauses) return b.pauses - a.pauses
  const byStart = before(a.startedAt, b.startedAt)
  if (strategy === 'first-come') return byStart
  if (strategy === 'priority' && a.priority !== b.priority) return b.priority - a.priority
  if (strategy === 'commitments') return byUrgency(a, b) || byStart
  return a.attainedWh - b.attainedWh || byStart
}

/** Once it has its current it keeps it for a while: two that press would else take it from each other each minute. */
function presses({ needRatio, standing, capAmps }: Candidate): boolean {
  const hasIt = (standing.heldAmps ?? 0) >= NEARLY_FULL_SHARE * capAmps
  return (needRatio ?? 0) >= (hasIt ? STILL_URGENT_RATIO : URGENT_RATIO)
}

/** Those that have not charged yet count as one, so that the order has no circle; among them the most urgent goes first. */
function byUrgency(a: Key, b: Key): number {
  if (a.isNew && b.isNew) return b.needRatio - a.needRatio
  const byAttained = (a.isNew ? 0 : a.attainedWh) - (b.isNew ? 0 : b.attainedWh)
  if (byAttained !== 0) return byAttained
  return Number(b.isNew) - Number(a.isNew)
}

/** Times that may be infinite. */
function before(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}
