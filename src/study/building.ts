/**
 * The building's load second by second, from what was remembered of each minute: mostly a little below the mean, and for some seconds the
 * highest, as when a compressor starts. Mean and highest come out as they were recorded.
 */
import type { Circuit } from '../model/circuit.ts'
import { PHASES, type PhaseAmps } from '../model/phase.ts'
import type { SiteSample } from '../model/site-sample.ts'
import { chance } from './chance.ts'

export interface Building {
  /** Load of a circuit (its own and all below that is not ours) per phase L1 L2 L3 at a time; written into `amps`. */
  loadAt(circuitId: string, at: number, amps: Float64Array): void
  /** Minutes of metered circuits of which nothing is recorded; the minute before counts. */
  readonly missingMinutes: number
}

interface Minute {
  /** Per phase: most of the time, and during the peak. */
  readonly low: readonly number[]
  readonly high: readonly number[]
}

const MINUTE_MS = 60_000
const PEAK_SECONDS = 10

/** @param samples any order; those of circuits without a meter are left out */
export function buildingOf(
  circuits: readonly Circuit[],
  samples: readonly SiteSample[],
  from: number,
  until: number,
): Building {
  const first = Math.floor(from / MINUTE_MS)
  const count = Math.max(1, Math.ceil(until / MINUTE_MS) - first)
  const metered = circuits.filter(({ meterId }) => meterId !== null)
  const series = new Map(metered.map(({ id }) => [id, filled(minutesOf(samples, id), first, count)]))
  const peakFrom = Array.from({ length: count }, (_, index) => peakStart(first + index))
  const seen = sightOf(circuits, new Set(series.keys()))
  return {
    missingMinutes: [...series.values()].reduce((sum, { missing }) => sum + missing, 0),
    loadAt(circuitId, at, amps) {
      amps.fill(0)
      const index = Math.min(count - 1, Math.max(0, Math.floor(at / MINUTE_MS) - first))
      const second = Math.floor((at % MINUTE_MS) / 1000) - (peakFrom[index] ?? 0)
      const inPeak = second >= 0 && second < PEAK_SECONDS
      for (const id of seen.get(circuitId) ?? []) {
        const minute = series.get(id)?.minutes[index]
        if (minute === undefined) continue
        const level = inPeak ? minute.high : minute.low
        for (let phase = 0; phase < 3; phase++) amps[phase] = (amps[phase] ?? 0) + (level[phase] ?? 0)
      }
    },
  }
}

/** Which meters tell the load of a circuit: its own, else those nearest below it. */
function sightOf(circuits: readonly Circuit[], metered: ReadonlySet<string>): ReadonlyMap<string, readonly string[]> {
  const below = (id: string): readonly string[] =>
    metered.has(id) ? [id] : circuits.filter(({ parentId }) => parentId === id).flatMap((child) => below(child.id))
  return new Map(circuits.map(({ id }) => [id, below(id)]))
}

function minutesOf(samples: readonly SiteSample[], circuitId: string): ReadonlyMap<number, Minute> {
  const own = samples.filter((sample) => sample.circuitId === circuitId)
  return new Map(own.map((sample) => [Math.floor(sample.at / MINUTE_MS), minuteOf(sample)]))
}

function minuteOf({ meanAmps, highestAmps }: SiteSample): Minute {
  const high = PHASES.map((phase) => sound(highestAmps, phase))
  // The rest of the minute makes up for the peak, so that the mean stays what it was; a load is never negative.
  const low = PHASES.map((phase, index) =>
    Math.max(0, (60 * sound(meanAmps, phase) - PEAK_SECONDS * (high[index] ?? 0)) / (60 - PEAK_SECONDS)),
  )
  return { low, high }
}

function sound(amps: PhaseAmps, phase: (typeof PHASES)[number]): number {
  return Number.isFinite(amps[phase]) ? Math.max(0, amps[phase]) : 0
}

/** Minutes that are not there are as the one before them; those before the first, as the first. */
function filled(
  known: ReadonlyMap<number, Minute>,
  first: number,
  count: number,
): { readonly minutes: readonly Minute[]; readonly missing: number } {
  const minutes: Minute[] = []
  let missing = 0
  let last = [...known].toSorted(([one], [other]) => one - other)[0]?.[1] ?? { low: [0, 0, 0], high: [0, 0, 0] }
  for (let index = 0; index < count; index++) {
    const minute = known.get(first + index)
    if (minute === undefined) missing += 1
    last = minute ?? last
    minutes.push(last)
  }
  return { minutes, missing }
}

/** The same on all circuits: what jumps below jumps above. */
function peakStart(minute: number): number {
  return Math.floor(chance(`minute ${minute}`)() * (60 - PEAK_SECONDS))
}
