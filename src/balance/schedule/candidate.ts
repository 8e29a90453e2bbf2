/** One session that wants current, with all that decides its turn. */
import type { BalanceSettings, WaitReason } from '../../model/balance-input.ts'
import type { KnownOutlet } from '../known/known-outlet.ts'
import type { Loading } from '../known/loading.ts'
import { floorToStep } from '../known/grid.ts'
import { isFull } from '../measure/car.ts'
import type { Standing } from '../measure/reserve.ts'
import { UNKNOWN_PHASES } from './promises.ts'
import type { Promised } from './promises.ts'
import type { CarMemory, OutletMemory, SessionMemory } from '../state.ts'
import { USUAL_CAR_AMPS } from '../timing.ts'

export interface Candidate {
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
  /** declared: the driver told energy and departure, and both can be met. */
  readonly group: 'committed' | 'priority' | 'declared' | 'other'
  /** Needed energy over what full power gives until it is needed; null: nothing is known. */
  readonly needRatio: number | null
  /** Promised: how hard it presses, with what others were promised on the same fuses. */
  readonly pressure: number
  readonly ownPressure: number
  /** To keep its promise, A; 0: none. */
  readonly requiredAmps: number
  readonly deliveredWh: number
  /** It has had its quantum: another one may have its place. */
  readonly spent: boolean
  /** It can be paused without harm where charging becomes too thin: it was not yet, has had half an hour, and needs little of full power. */
  readonly hasTime: boolean
  readonly full: boolean
  readonly mayWait: WaitReason | null
}

/** Where charging is efficient enough (losses of the on-board charger, measured): A on one phase, and on more. */
const SOFT_MIN_ONE_PHASE_AMPS = 24
const SOFT_MIN_AMPS = 14
/** A promise that asks for less of full power than this is in no danger. */
const COMMITTED_RATIO = 0.15
/** A car has time that needs less than this of full power. */
const EASY_RATIO = 0.85
/** A quantum lasts at least this long. */
const QUANTUM_MS = 30 * 60_000
/** A car that has got more than usual is taken to want this much more. */
const LEAST_WISH_WH = 2000

export function candidateOf(
  parts: Pick<Candidate, 'outlet' | 'standing' | 'memory' | 'session' | 'loading' | 'startable'>,
  promised: Promised | undefined,
  settings: BalanceSettings,
  at: number,
): Candidate {
  const { outlet, standing, memory, session, loading } = parts
  const { car } = session
  const { minAmps, stepAmps } = outlet
  const full = isFull(car, at)
  const { capAmps, topAmps } = appetiteOf(outlet, car, loading.phases)
  const need = needOf(parts, promised, capAmps, settings, at)
  const soft = outlet.softMinAmps ?? (loading.phases === 1 ? SOFT_MIN_ONE_PHASE_AMPS : SOFT_MIN_AMPS)
  const running = (standing.heldAmps === null || standing.heldAmps > 0) && memory?.orderedAmps !== 0
  const servedWh = (outlet.session?.energyWh ?? 0) - session.energyAtServiceWh
  const longServed = session.servedSince !== null && at - session.servedSince >= QUANTUM_MS
  const mayWait = outlet.session?.mayWait ?? null
  return {
    outlet,
    standing,
    memory,
    session,
    loading,
    startable: parts.startable,
    running,
    capAmps: floorToStep(capAmps, stepAmps),
    topAmps: floorToStep(topAmps, stepAmps),
    softMinAmps: Math.min(capAmps, Math.max(minAmps, soft)),
    group: need.group,
    needRatio: need.needRatio,
    pressure: need.pressure,
    ownPressure: need.ownPressure,
    requiredAmps: need.requiredAmps,
    deliveredWh: outlet.session?.energyWh ?? 0,
    spent:
      settings.strategy !== 'first-come' &&
      longServed &&
      quantaOf(session, servedWh, settings.quantumWh, at) >= 1 + session.pauses,
    hasTime:
      settings.strategy !== 'first-come' && longServed && session.pauses === 0 && (need.needRatio ?? 0) < EASY_RATIO,
    full,
    mayWait: mayWait !== null && at < mayWait.until ? mayWait.reason : null,
  }
}

function quantaOf({ servedSince }: SessionMemory, servedWh: number, quantumWh: number, at: number): number {
  const byEnergy = servedWh / Math.max(1, quantumWh)
  // A car that hardly takes anything has its turn, too, and not for ever.
  const byTime = servedSince === null ? 0 : (at - servedSince) / SLOW_QUANTUM_MS
  return Math.max(byEnergy, byTime)
}

const SLOW_QUANTUM_MS = 4 * 3_600_000

/** What a car is given when others want some too, and when there is plenty. */
export function appetiteOf(
  outlet: KnownOutlet,
  car: CarMemory,
  phases: number,
): { readonly capAmps: number; readonly topAmps: number } {
  const { minAmps } = outlet
  const learned = car.capAmps ?? car.ceilingAmps
  const topAmps = Math.min(outlet.capAmps, Math.max(minAmps, learned ?? outlet.capAmps))
  const usual = phases === 1 && outlet.terminals.length === 1 ? outlet.capAmps : USUAL_CAR_AMPS
  if (car.fullSince !== null) return { capAmps: minAmps, topAmps: minAmps }
  return { capAmps: Math.min(topAmps, Math.max(minAmps, learned ?? usual)), topAmps }
}

type Need = Pick<Candidate, 'group' | 'needRatio' | 'pressure' | 'ownPressure' | 'requiredAmps'>

function needOf(
  { outlet, session: { car }, loading }: Pick<Candidate, 'outlet' | 'session' | 'loading'>,
  promised: Promised | undefined,
  capAmps: number,
  settings: BalanceSettings,
  at: number,
): Need {
  const { session } = outlet
  const { strategy } = settings
  if (session === null) return { group: 'other', needRatio: null, pressure: 0, ownPressure: 0, requiredAmps: 0 }
  if (promised !== undefined && promised.firm && promised.kept && promised.pressure >= COMMITTED_RATIO) {
    const { needRatio, pressure, ownPressure } = promised
    return {
      group: 'committed',
      needRatio,
      pressure,
      ownPressure,
      requiredAmps: Math.min(capAmps, needRatio * capAmps * 1.1),
    }
  }
  const preferred = session.priority > 1 && (strategy === 'commitments' || strategy === 'priority')
  if (promised !== undefined) {
    const { needRatio, pressure, ownPressure, kept, firm } = promised
    const group = preferred ? 'priority' : kept && !firm ? 'declared' : 'other'
    return { group, needRatio, pressure, ownPressure, requiredAmps: 0 }
  }
  const phases = car.phases === 0 && outlet.terminals.length === 3 ? UNKNOWN_PHASES : Math.max(1, loading.phases)
  const wanted = Math.max(session.energyWh + LEAST_WISH_WH, session.wantedWh ?? settings.usualWh)
  const departsAt = session.departsAt ?? Math.max(at + 3_600_000, session.startedAt + settings.usualStayMs)
  const hours = Math.max(1 / 60, (departsAt - at) / 3_600_000)
  const needRatio = (wanted - session.energyWh) / settings.voltage / phases / hours / Math.max(1, capAmps)
  return {
    group: preferred ? 'priority' : 'other',
    needRatio,
    pressure: needRatio,
    ownPressure: needRatio,
    requiredAmps: 0,
  }
}
