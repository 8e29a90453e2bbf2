/**
 * Who comes before whom. Who charges and has not had its quantum keeps its place, except where a promise would break; then promises and
 * priorities; then those who have had their quantum beside those who wait, as the strategy says; last, who takes nothing.
 */
import type { Strategy } from '../../model/balance-input.ts'
import { compareIds } from '../known/tree.ts'
import type { Candidate } from './candidate.ts'

export type Tier = 'kept' | 'urgent' | 'charging' | 'preferred' | 'turn' | 'idle'

/** A waiting promise that asks for this much of full power takes the place of another car. */
const URGENT_RATIO = 0.75
/** Who charges is not passed by one that got only a little less. */
const HYSTERESIS_WH = 1000

export function tierOf({ running, group, needRatio, spent, full }: Candidate): Tier {
  if (full) return 'idle'
  if (running) return group === 'committed' ? 'kept' : spent ? 'turn' : 'charging'
  if (group === 'committed') return (needRatio ?? 0) >= URGENT_RATIO ? 'urgent' : 'preferred'
  return group === 'priority' ? 'preferred' : 'turn'
}

const TIERS: Readonly<Record<Tier, number>> = { kept: 0, urgent: 1, charging: 2, preferred: 3, turn: 4, idle: 5 }

export function inOrder(candidates: readonly Candidate[], strategy: Strategy): readonly Candidate[] {
  const tiers = new Map(candidates.map((one) => [one, TIERS[tierOf(one)]]))
  return candidates.toSorted(
    (a, b) => (tiers.get(a) ?? 0) - (tiers.get(b) ?? 0) || within(a, b, strategy) || compareIds(a.outlet.id, b.outlet.id),
  )
}

const GROUPS: Readonly<Record<Candidate['group'], number>> = { committed: 0, priority: 1, other: 2 }

function within(a: Candidate, b: Candidate, strategy: Strategy): number {
  const byGroup = GROUPS[a.group] - GROUPS[b.group]
  if (byGroup !== 0) return byGroup
  if (a.group === 'committed') return (b.needRatio ?? 0) - (a.needRatio ?? 0)
  const byPauses = b.session.pauses - a.session.pauses
  if (a.running && b.running && !a.spent && !b.spent && byPauses !== 0) return byPauses
  if (strategy === 'first-come') return startedAt(a) - startedAt(b)
  if (strategy === 'priority') {
    const byPriority = (b.outlet.session?.priority ?? 1) - (a.outlet.session?.priority ?? 1)
    if (byPriority !== 0) return byPriority
  }
  return attained(a) - attained(b) || startedAt(a) - startedAt(b)
}

function attained({ deliveredWh, running, session }: Candidate): number {
  return deliveredWh - (running ? HYSTERESIS_WH : 0) - session.pauses * 1
}

function startedAt({ outlet, session, memory }: Candidate): number {
  return outlet.session?.startedAt ?? session.waitingSince ?? memory?.firstSeenAt ?? 0
}
