/** One session that wants current, with all that decides its turn. */
import type { BalanceSettings, WaitReason } from '../../model/balance-input.ts'
import type { KnownOutlet } from '../known/known-outlet.ts'
import type { Loading } from '../known/loading.ts'
import { floorToStep } from '../known/grid.ts'
import { isFull } from '../measure/car.ts'
import type { Standing } from '../measure/reserve.ts'
import type { OutletMemory, SessionMemory } from '../state.ts'
import { USUAL_CAR_AMPS } from '../timing.ts'

export interface Candidate {
  readonly index: number
  readonly outlet: KnownOutlet
  readonly standing: Standing
  readonly memory: OutletMemory | undefined
  readonly session: SessionMemory
  readonly loading: Loading
  /** It charges now (or may, as far as we know). */
  readonly running: boolean
  /** A waiting one that may start now. */
  readonly startable: boolean
  /** What it is given when others want some too, and when there is plenty. On the grid. */
  readonly capAmps: number
  readonly topAmps: number
  /** Below this charging is wasteful: rather fewer cars charge. */
  readonly softMinAmps: number
  readonly group: 'committed' | 'priority' | 'other'
  /** Needed energy over what full power gives until it is needed; null: nothing is known. */
  readonly needRatio: number | null
  /** To keep its promise, A; 0: none. */
  readonly requiredAmps: number
  readonly deliveredWh: number
  /** It has had its quantum: another one may have its place. */
  readonly spent: boolean
  readonly full: boolean
  readonly mayWait: WaitReason | null
}

/** Where charging is efficient enough (losses of the on-board charger, measured): A on one phase, and on more. */
const SOFT_MIN_ONE_PHASE_AMPS = 16
const SOFT_MIN_AMPS = 12
/** A promise that asks for less of full power than this is in no danger. */
const COMMITTED_RATIO = 0.15
/** A declared departure that asks for more of full power than this is as good as a promise. */
const PRESSING_RATIO = 0.8
/** A quantum lasts at least this long. */
const QUANTUM_MS = 30 * 60_000
/** Of a car whose phases are not known yet: between one and three. */
const UNKNOWN_PHASES = 1.7

export function candidateOf(
  parts: Pick<Candidate, 'index' | 'outlet' | 'standing' | 'memory' | 'session' | 'loading' | 'startable'>,
  settings: BalanceSettings,
  at: number,
): Candidate {
  const { outlet, standing, memory, session, loading } = parts
  const { car } = session
  const { minAmps, stepAmps } = outlet
  const full = isFull(car, at)
  const topAmps = Math.min(outlet.capAmps, Math.max(minAmps, car.capAmps ?? car.ceilingAmps ?? outlet.capAmps))
  const usual = loading.phases === 1 && outlet.terminals.length === 1 ? outlet.capAmps : USUAL_CAR_AMPS
  const capAmps =
    car.fullSince !== null ? minAmps : Math.min(topAmps, car.capAmps ?? car.ceilingAmps ?? Math.max(usual, minAmps))
  const need = needOf(parts, capAmps, settings, at)
  const soft = outlet.softMinAmps ?? (loading.phases === 1 ? SOFT_MIN_ONE_PHASE_AMPS : SOFT_MIN_AMPS)
  const running = (standing.heldAmps === null || standing.heldAmps > 0) && memory?.orderedAmps !== 0
  const servedWh = (outlet.session?.energyWh ?? 0) - session.energyAtServiceWh
  const longServed = session.servedSince !== null && at - session.servedSince >= QUANTUM_MS
  const mayWait = outlet.session?.mayWait ?? null
  return {
    ...parts,
    running,
    capAmps: floorToStep(capAmps, stepAmps),
    topAmps: car.fullSince !== null ? minAmps : floorToStep(topAmps, stepAmps),
    softMinAmps: Math.min(capAmps, Math.max(minAmps, soft)),
    ...need,
    deliveredWh: outlet.session?.energyWh ?? 0,
    spent:
      settings.strategy !== 'first-come' &&
      longServed &&
      quantaOf(session, servedWh, at) >= (1 + session.pauses),
    full,
    mayWait: mayWait !== null && at < mayWait.until ? mayWait.reason : null,
  }

  function quantaOf({ servedSince }: SessionMemory, wh: number, now: number): number {
    const byEnergy = wh / Math.max(1, settings.quantumWh)
    // A car that hardly takes anything has its turn, too, and not for ever.
    const byTime = servedSince === null ? 0 : (now - servedSince) / SLOW_QUANTUM_MS
    return Math.max(byEnergy, byTime)
  }
}

const SLOW_QUANTUM_MS = 4 * 3_600_000

type Need = Pick<Candidate, 'group' | 'needRatio' | 'requiredAmps'>

function needOf(
  { outlet, session: { car }, loading }: Pick<Candidate, 'outlet' | 'session' | 'loading'>,
  capAmps: number,
  settings: BalanceSettings,
  at: number,
): Need {
  const { session } = outlet
  const other: Need = { group: 'other', needRatio: null, requiredAmps: 0 }
  if (session === null) return other
  const phases = car.phases === 0 && outlet.terminals.length === 3 ? UNKNOWN_PHASES : loading.phases
  const wattsPerAmp = Math.max(1, phases) * settings.voltage
  const ratio = (wh: number, untilAt: number): number => {
    const hours = Math.max(1 / 60, (untilAt - at) / 3_600_000)
    return wh / hours / (wattsPerAmp * Math.max(1, capAmps))
  }
  const { commitment, strategy } = { ...session, strategy: settings.strategy }
  if (strategy === 'commitments' && commitment !== null && at < commitment.byAt) {
    const wh = commitment.energyWh - session.energyWh
    if (wh > 0) {
      const needRatio = ratio(wh, commitment.byAt)
      const requiredAmps = Math.min(capAmps, needRatio * capAmps * 1.1)
      // What cannot be kept any more is not kept at the cost of others.
      if (needRatio >= COMMITTED_RATIO && needRatio <= LOST_RATIO) return { group: 'committed', needRatio, requiredAmps }
      return { group: session.priority > 1 ? 'priority' : 'other', needRatio, requiredAmps: 0 }
    }
  }
  const wanted = session.wantedWh ?? Math.max(session.energyWh + 2000, settings.usualWh)
  const declared = session.wantedWh !== null && session.departsAt !== null && at < session.departsAt
  const departsAt = session.departsAt ?? Math.max(at + 3_600_000, session.startedAt + settings.usualStayMs)
  const needRatio = ratio(Math.max(0, wanted - session.energyWh), Math.max(departsAt, at + 60_000))
  const preferred =
    (session.priority > 1 && (strategy === 'commitments' || strategy === 'priority')) ||
    (strategy === 'commitments' && declared && needRatio > PRESSING_RATIO && needRatio <= LOST_RATIO)
  return { group: preferred ? 'priority' : 'other', needRatio, requiredAmps: 0 }
}

const LOST_RATIO = 1.15
