/** "Why 9 A?": one sentence from stored decisions, with what led to it. Pure. */
import type { Decision } from '../../model/decision.ts'
import { explainDecision } from '../../model/decision.ts'
import type { Binding } from '../../model/set-point.ts'
import type { SiteSample } from '../../model/site-sample.ts'

export interface Why {
  /** `9 A: circuit garage, phase L2: 63 A by its fuse; 3rd in the queue` */
  readonly sentence: string
  readonly decision: Decision
  /** Wall ms: since when this current was ordered for the session, as far back as was looked. */
  readonly ampsSince: number
  /** What the building took in the minute of the question, on the circuit that bound it; null: not known. */
  readonly building: SiteSample | null
  /** The changes before, newest first: what it was before each change of 1 A and more, or of the reason's kind. */
  readonly before: readonly Decision[]
}

/** Decisions that are looked at for one answer. */
export const HISTORY = 100
const SHOWN_BEFORE = 5
const CHANGE_AMPS = 1
const MINUTE_MS = 60_000

/**
 * @param history the outlet's newest decisions up to the moment that is asked for, oldest first
 * @param samples of that moment's minute
 */
export function whyFrom(history: readonly Decision[], samples: readonly SiteSample[]): Why | null {
  const decision = history.at(-1)
  if (decision === undefined) return null
  const isOther = ({ amps, sessionId }: Decision): boolean => amps !== decision.amps || sessionId !== decision.sessionId
  const last = history.findLastIndex(isOther)
  const circuitId = circuitOf(decision.binding)
  return {
    sentence: explainDecision(decision),
    decision,
    ampsSince: history[last + 1]?.at ?? decision.at,
    building: samples.find((sample) => sample.circuitId === circuitId) ?? null,
    before: changesBefore(history).slice(0, SHOWN_BEFORE),
  }
}

/** Newest first. */
function changesBefore(history: readonly Decision[]): readonly Decision[] {
  const changes: Decision[] = []
  let after = history.at(-1)
  for (const decision of history.toReversed()) {
    if (after === undefined || !isChange(decision, after)) continue
    changes.push(decision)
    after = decision
  }
  return changes
}

function isChange(before: Decision, after: Decision): boolean {
  return (
    before.binding.kind !== after.binding.kind ||
    before.sessionId !== after.sessionId ||
    (before.amps === 0) !== (after.amps === 0) ||
    Math.abs(before.amps - after.amps) >= CHANGE_AMPS
  )
}

/** The span of the minute around a moment: from (inclusive), to (exclusive). */
export function minuteAround(at: number): readonly [number, number] {
  const from = Math.floor(at / MINUTE_MS) * MINUTE_MS
  return [from, from + MINUTE_MS]
}

function circuitOf(binding: Binding): string | null {
  return 'circuitId' in binding ? binding.circuitId : null
}
