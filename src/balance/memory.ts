/**
 * What must survive a restart of ours: each session's turns, pauses and what was learned of its car. Small, and different only when
 * something of that has changed. Set-points are not in it: chargers tell theirs, and nothing rises before it was measured.
 */
import { UNKNOWN_CAR } from './measure/car.ts'
import type { BalanceState, SessionMemory } from './state.ts'
import { initialBalanceState } from './state.ts'

export interface RememberedSession {
  readonly id: string
  readonly pauses: number
  /** Ms before `at`; null: it did not charge. */
  readonly servedForMs: number | null
  readonly waitedForMs: number | null
  readonly energyAtServiceWh: number
  readonly phases: number
  readonly ceilingAmps: number | null
  readonly capAmps: number | null
}

export interface BalanceMemory {
  readonly sessions: readonly RememberedSession[]
}

/** Times become ages in steps of ten minutes, so that the text changes only when something does. */
export function memoryOf({ outlets, at }: BalanceState): BalanceMemory {
  const sessions: RememberedSession[] = []
  for (const { sessionId, session } of outlets.values()) {
    if (sessionId === null || session === null) continue
    const { pauses, servedSince, waitingSince, energyAtServiceWh, car } = session
    sessions.push({
      id: sessionId,
      pauses,
      servedForMs: age(servedSince, at),
      waitedForMs: age(waitingSince, at),
      energyAtServiceWh,
      phases: car.phases,
      ceilingAmps: car.ceilingAmps,
      capAmps: car.capAmps,
    })
  }
  return { sessions }
}

const AGE_STEP_MS = 10 * 60_000
const MAX_SESSIONS = 10_000

function age(since: number | null, at: number): number | null {
  return since === null ? null : Math.floor(Math.max(0, at - since) / AGE_STEP_MS) * AGE_STEP_MS
}

/** From what was stored, `at` being now. What is no memory of ours is as none: nothing unsafe depends on it. */
export function restoredState(memory: unknown, at: number): BalanceState {
  const list = isRecord(memory) && Array.isArray(memory['sessions']) ? memory['sessions'].slice(0, MAX_SESSIONS) : []
  const restored = new Map<string, SessionMemory>()
  for (const one of list) {
    if (!isRecord(one) || typeof one['id'] !== 'string') continue
    const since = (value: unknown): number | null => (isAmount(value) ? at - value : null)
    restored.set(one['id'], {
      pauses: isAmount(one['pauses']) ? one['pauses'] : 0,
      servedSince: since(one['servedForMs']),
      waitingSince: since(one['waitedForMs']) ?? at,
      energyAtServiceWh: isAmount(one['energyAtServiceWh']) ? one['energyAtServiceWh'] : 0,
      car: {
        ...UNKNOWN_CAR,
        phases: isAmount(one['phases']) && Number.isInteger(one['phases']) && one['phases'] <= 7 ? one['phases'] : 0,
        ceilingAmps: isAmount(one['ceilingAmps']) ? one['ceilingAmps'] : null,
        ceilingAt: at,
        capAmps: isAmount(one['capAmps']) ? one['capAmps'] : null,
        capAt: at,
      },
    })
  }
  return { ...initialBalanceState, restored }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
