/** Which meters can be believed now, and what they say per circuit. */
import type { BalanceInput, BalanceSettings, MeterCurrent } from '../../model/balance-input.ts'
import { PHASES, everyPhase } from '../../model/phase.ts'
import type { PhaseAmps } from '../../model/phase.ts'
import type { Draw } from './draw.ts'
import type { MeterMemory } from '../state.ts'
import { DISAGREE_AMPS, FROZEN_CHANGE_AMPS, FROZEN_MS } from '../timing.ts'
import { phaseAmpsAt } from '../known/tree.ts'
import type { Tree } from '../known/tree.ts'

/**
 * fresh: may carry increases. ageing: still valid, but nothing rises on it. silent: too old. frozen: answers, but always the same
 * while our own current changed. awaited: not read yet, shortly after a start.
 */
type MeterTrust = 'fresh' | 'ageing' | 'silent' | 'frozen' | 'awaited'

/** The meter of one circuit. `amps` is signed (negative: feeding in) and null when silent or awaited. */
export interface CircuitMeter {
  readonly trust: MeterTrust
  readonly amps: PhaseAmps | null
  /** Of the last value, whatever it was; -Infinity: none. */
  readonly takenAt: number
  /** Sum of the meters below when they show clearly more than this one; the worse counts (F44). */
  readonly contradictedBy: PhaseAmps | null
}

export interface MetersKnown {
  /** As `tree.circuits`; null where a circuit has no meter. */
  readonly ofCircuit: readonly (CircuitMeter | null)[]
  readonly memory: ReadonlyMap<string, MeterMemory>
}

export function judgeMeters(
  input: BalanceInput,
  tree: Tree,
  draw: Draw,
  before: ReadonlyMap<string, MeterMemory>,
  settings: BalanceSettings,
  startedAt: number,
): MetersKnown {
  const values = readings(input)
  const memory = new Map<string, MeterMemory>()
  const judged: (CircuitMeter | null)[] = tree.circuits.map((circuit, place) => {
    if (circuit.meterId === null) return null
    const told = values.get(circuit.meterId)
    const kept = before.get(circuit.meterId)
    const sound = told === undefined ? null : soundAmps(told, input.at)
    // A value that is none is no new value: the last one ages.
    const value = sound !== null && told !== undefined ? { amps: sound, takenAt: told.takenAt } : (kept ?? null)
    if (value === null) {
      const waiting = input.at - startedAt <= settings.meterStaleMs
      return { trust: waiting ? 'awaited' : 'silent', amps: null, takenAt: -Infinity, contradictedBy: null }
    }
    const { amps } = value
    const known =
      memory.get(circuit.meterId) ?? remember(kept, amps, value.takenAt, draw, place, settings.settleMs, input.at)
    memory.set(circuit.meterId, known)
    const age = input.at - value.takenAt
    if (age > settings.meterStaleMs)
      return { trust: 'silent', amps: null, takenAt: value.takenAt, contradictedBy: null }
    if (known.proven) return { trust: 'frozen', amps, takenAt: value.takenAt, contradictedBy: null }
    return {
      trust: age <= settings.meterStaleMs / 2 ? 'fresh' : 'ageing',
      amps,
      takenAt: value.takenAt,
      contradictedBy: null,
    }
  })
  return { ofCircuit: takeTheWorse(judged, tree), memory }
}

/** A meter that appears twice says nothing certain. */
function readings(input: BalanceInput): ReadonlyMap<string, MeterCurrent> {
  const values = new Map<string, MeterCurrent>()
  for (const meter of input.meters) {
    const known = values.get(meter.meterId)
    values.set(meter.meterId, known === undefined ? meter : { ...meter, amps: null })
  }
  return values
}

/** A value with one phase missing, or from the future, is no value. */
function soundAmps(value: MeterCurrent, at: number): PhaseAmps | null {
  const { amps, takenAt } = value
  if (amps === null || !Number.isFinite(takenAt) || takenAt > at) return null
  return PHASES.every((phase) => Number.isFinite(amps[phase])) ? amps : null
}

function remember(
  before: MeterMemory | undefined,
  amps: PhaseAmps,
  takenAt: number,
  draw: Draw,
  place: number,
  settleMs: number,
  at: number,
): MeterMemory {
  const ours = phaseAmpsAt(draw.measuredAmps, place)
  const outlets = draw.measuredOutlets[place] ?? 0
  const same = before !== undefined && PHASES.every((phase) => Object.is(before.amps[phase], amps[phase]))
  const anew = { outlets, range: null, movedAt: null, proven: false }
  if (!same) return { amps, takenAt, sameSince: takenAt, ...anew }
  // An outlet that begins or ceases to be measured changes our sum without any current changing; and what an outlet showed before the
  // meter's last change is of another time.
  const comparable = before.outlets === outlets && (draw.oldestSampleAt[place] ?? Infinity) > before.sameSince
  if (!comparable) return before.proven ? { ...before, takenAt } : { ...before, takenAt, ...anew }
  const range = {
    lowest: combine(before.range?.lowest ?? ours, ours, Math.min),
    highest: combine(before.range?.highest ?? ours, ours, Math.max),
  }
  const moved = PHASES.some((phase) => range.highest[phase] - range.lowest[phase] > FROZEN_CHANGE_AMPS)
  const movedAt = moved ? (before.movedAt ?? at) : null
  // Its next values had time to show what our outlets had shown, and did not.
  const proven = at - before.sameSince >= FROZEN_MS && movedAt !== null && takenAt - movedAt >= settleMs
  return { ...before, takenAt, range, movedAt, proven: before.proven || proven }
}

/** A parent that shows less than the meters below it together is wrong, or they are: the higher value counts. */
function takeTheWorse(judged: readonly (CircuitMeter | null)[], tree: Tree): readonly (CircuitMeter | null)[] {
  const below = new Map<number, PhaseAmps>()
  judged.forEach((meter, place) => {
    if (meter === null || meter.amps === null) return
    const above = tree.circuits[place]?.path.find((other) => other !== place && hasValue(judged[other]))
    if (above !== undefined)
      below.set(
        above,
        combine(below.get(above) ?? everyPhase(0), meter.amps, (a, b) => a + b),
      )
  })
  return judged.map((meter, place) => {
    const sum = below.get(place)
    if (meter === null || meter.amps === null || sum === undefined) return meter
    const { amps } = meter
    if (!PHASES.some((phase) => sum[phase] - amps[phase] > DISAGREE_AMPS)) return meter
    return { ...meter, amps: combine(amps, sum, Math.max), contradictedBy: sum }
  })
}

function hasValue(meter: CircuitMeter | null | undefined): boolean {
  return meter !== null && meter !== undefined && meter.amps !== null
}

function combine(a: PhaseAmps, b: PhaseAmps, how: (a: number, b: number) => number): PhaseAmps {
  return { L1: how(a.L1, b.L1), L2: how(a.L2, b.L2), L3: how(a.L3, b.L3) }
}
