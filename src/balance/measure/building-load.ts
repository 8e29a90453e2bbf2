/**
 * What the building takes on a metered circuit: the meter less what our outlets draw. The meter is about a second old, a charger's own
 * values 2 to 10 s, so the plain difference is wrong whenever a car changes. Two rules keep the estimate from being too low:
 * what no car can have caused is building load at once; and the estimate moves within what cars may have caused only after each
 * charger below was measured again. Increases use the highest estimate of the last half minute.
 */
import type { BalanceSettings } from '../../model/balance-input.ts'
import { PHASES, everyPhase } from '../../model/phase.ts'
import type { Phase, PhaseAmps } from '../../model/phase.ts'
import type { Draw } from './draw.ts'
import type { CircuitMemory, Peak } from '../state.ts'
import { NOISE_AMPS, PEAK_STRETCH_MS, PEAK_WINDOW_MS, START_STRETCH_MS, START_WINDOW_MS } from '../timing.ts'
import { phaseAmpsAt } from '../known/tree.ts'

export interface BuildingLoad {
  readonly amps: PhaseAmps
  /** What shares must leave free for it. */
  readonly peakAmps: PhaseAmps
  /** The most that it may be now, while cars are on their way to another set-point: what the gate reckons with. */
  readonly mostAmps: PhaseAmps
  /** What starts must leave free for it. */
  readonly longPeakAmps: PhaseAmps
  /** What it took at least through some stretch of the last minutes: a short peak is not yet scarcity. */
  readonly calmAmps: PhaseAmps
  readonly memory: CircuitMemory
}

export function buildingLoad(
  meterAmps: PhaseAmps,
  meterTakenAt: number,
  limitAmps: readonly number[],
  draw: Draw,
  place: number,
  before: CircuitMemory | undefined,
  settings: BalanceSettings,
  at: number,
): BuildingLoad {
  const least = phaseAmpsAt(draw.leastAmps, place)
  const most = phaseAmpsAt(draw.mostAmps, place)
  const possible = phaseAmpsAt(draw.reservedAmps, place)
  const seen = phaseAmpsAt(draw.seenAmps, place)
  const measured = phaseAmpsAt(draw.measuredAmps, place)
  const oldest = draw.oldestSampleAt[place] ?? Infinity
  const allMeasured = (draw.unmeasuredOutlets[place] ?? 0) === 0
  const watchedSince = before?.watchedSince ?? at
  const measuredSince = (since: number): boolean => oldest > since && meterTakenAt > since
  const estimate = everyPhase(0) as Record<Phase, number>
  const contradictedSince = everyPhase(NaN) as Record<Phase, number>
  const overSince = everyPhase(NaN) as Record<Phase, number>

  for (const [index, phase] of PHASES.entries()) {
    const highest = Math.max(0, meterAmps[phase] - least[phase])
    if (before === undefined || !before.trusted) {
      // Nothing to compare with yet: what cannot be the cars in force. Nothing rises on it, and nobody is cut for want of measurements.
      estimate[phase] = Math.max(0, meterAmps[phase] - seen[phase])
      continue
    }
    const lowest = Math.max(0, meterAmps[phase] - most[phase])
    const certain = Math.max(0, meterAmps[phase] - possible[phase])
    const nearest = clamp(before.buildingAmps[phase], lowest, highest)
    let amps = clamp(before.buildingAmps[phase], certain, Math.max(certain, meterAmps[phase], highest))
    if (Math.abs(nearest - amps) > 0) {
      const since = before.contradictedSince[phase]
      const first = Number.isNaN(since) ? at : since
      if (Math.abs(nearest - amps) <= NOISE_AMPS && nearest > amps) amps = nearest
      else if (measuredSince(first) || (nearest > amps && at - first >= settings.settleMs))
        amps = Math.max(nearest, certain)
      else contradictedSince[phase] = first
    }
    // Over the limit there is no time to find out who it was.
    const excess = meterAmps[phase] - (limitAmps[index] ?? 0)
    if (excess > 0) {
      amps = Math.max(amps, meterAmps[phase] - seen[phase])
      // And if it lasts, an outlet that we cannot measure draws less than we reserve for it: the excess is the building's.
      const since = before.overSince[phase]
      if (Number.isNaN(since)) overSince[phase] = at
      else if (at - since < settings.settleMs) overSince[phase] = since
      else {
        amps = Math.max(amps, Math.min(amps + excess, meterAmps[phase] - measured[phase]))
        overSince[phase] = at
      }
    }
    estimate[phase] = amps
  }

  const trusted =
    (before?.trusted ?? false) ||
    (before !== undefined && ((allMeasured && measuredSince(watchedSince)) || at - watchedSince >= settings.settleMs))
  const peaks = addPeak(before?.peaks ?? [], estimate, at, PEAK_WINDOW_MS, PEAK_STRETCH_MS)
  const longPeaks = addPeak(before?.longPeaks ?? [], estimate, at, START_WINDOW_MS, START_STRETCH_MS)
  const peakAmps = everyPhase(0) as Record<Phase, number>
  const longPeakAmps = everyPhase(0) as Record<Phase, number>
  const mostAmps = everyPhase(0) as Record<Phase, number>
  const calmAmps = everyPhase(0) as Record<Phase, number>
  for (const phase of PHASES) {
    peakAmps[phase] = highestOf(peaks, phase, estimate[phase])
    longPeakAmps[phase] = highestOf(longPeaks, phase, peakAmps[phase])
    calmAmps[phase] = longPeaks.reduce((lowest, { amps }) => Math.min(lowest, amps[phase]), Infinity)
    mostAmps[phase] = Math.max(peakAmps[phase], meterAmps[phase] - least[phase])
  }
  return {
    amps: estimate,
    peakAmps,
    longPeakAmps,
    calmAmps,
    mostAmps,
    memory: { buildingAmps: estimate, peaks, longPeaks, contradictedSince, overSince, watchedSince, trusted },
  }
}

function highestOf(peaks: readonly Peak[], phase: Phase, atLeast: number): number {
  let highest = atLeast
  for (const { amps } of peaks) if (amps[phase] > highest) highest = amps[phase]
  return highest
}

/** Keeps one maximum per stretch, long enough to cover the window. */
function addPeak(
  peaks: readonly Peak[],
  amps: PhaseAmps,
  at: number,
  windowMs: number,
  stretchMs: number,
): readonly Peak[] {
  const kept = peaks.filter((peak) => at - peak.from < windowMs + stretchMs)
  const last = kept.at(-1)
  if (last === undefined || at - last.from >= stretchMs) return [...kept, { from: at, amps }]
  const higher = {
    L1: Math.max(last.amps.L1, amps.L1),
    L2: Math.max(last.amps.L2, amps.L2),
    L3: Math.max(last.amps.L3, amps.L3),
  }
  return [...kept.slice(0, -1), { from: last.from, amps: higher }]
}

function clamp(value: number, lowest: number, highest: number): number {
  return Math.min(Math.max(value, lowest), Math.max(lowest, highest))
}
