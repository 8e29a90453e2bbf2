/** A set-point that was decided, with its reason, as it is stored: "why 9 A at six o'clock?" is answered from these. */
import type { Binding, Rank } from './set-point.ts'
import { explainBinding } from './set-point.ts'

export interface Decision {
  /** Wall time, ms. It held until the outlet's next one. */
  readonly at: number
  /** The station as CSMSs know it, and its EVSE. */
  readonly stationId: string
  readonly evse: number
  readonly sessionId: string | null
  readonly amps: number
  readonly binding: Binding
  readonly rank: Rank | null
}

/** One sentence for a person, e.g. `9 A: circuit garage, phase L2: 63 A by its fuse; 3rd of 5 in the queue, paused once`. */
export function explainDecision({ amps, binding, rank }: Decision): string {
  const what = amps === 0 ? 'no current' : `${Number(amps.toFixed(1))} A`
  return `${what}: ${explainBinding(binding)}${rank === null ? '' : `; ${explainRank(rank)}`}`
}

/** As the API and `--json` show one. */
export function shownDecision(decision: Decision): ShownDecision {
  const { at, sessionId, amps, binding, rank } = decision
  return { at: new Date(at).toISOString(), why: explainDecision(decision), amps, sessionId, binding, rank }
}

export interface ShownDecision extends Omit<Decision, 'at' | 'stationId' | 'evse'> {
  /** ISO 8601. */
  readonly at: string
  readonly why: string
}

function explainRank({ position, of, group, needRatio, pauses }: Rank): string {
  const parts = [`${ordinal(position)} of ${of} in the queue`]
  if (group === 'committed') parts.push('its energy is promised')
  if (group === 'priority') parts.push('it has priority')
  if (needRatio !== null) parts.push(`it needs ${Math.round(needRatio * 100)} % of full power to be ready in time`)
  if (pauses > 0) parts.push(pauses === 1 ? 'paused once' : `paused ${pauses} times`)
  return parts.join(', ')
}

/** 1st, 2nd, 3rd, 4th, 11th, 21st */
function ordinal(position: number): string {
  const isTeen = Math.floor(position / 10) % 10 === 1
  return `${position}${(isTeen ? undefined : ['th', 'st', 'nd', 'rd'][position % 10]) ?? 'th'}`
}
