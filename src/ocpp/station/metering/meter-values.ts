/** Readings as OCPP wants them, from one observation. Pure. A value that the device does not give is left out, never 0. */
import type { Measurand, MeterSample, Reading, ReadingContext } from '../../../model/reading.ts'
import type { PerPhase } from '../../../model/signal.ts'
import type { EvseDescription, EvseState } from '../../../model/station.ts'
import type { WantedValue } from './wanted-values.ts'

export interface SampleInput {
  readonly evse: EvseDescription
  readonly state: EvseState
  /** The billing meter; null while it is not believed. */
  readonly meterWh: number | null
  readonly offeredAmps: number | null
  /** Corrected wall time, ms. */
  readonly at: number
}

/** One sample with the measurands asked for, or null when the device gives none of them now. */
export function takeSample(
  input: SampleInput,
  wanted: readonly WantedValue[],
  context: ReadingContext,
): MeterSample | null {
  const readings = wanted.flatMap(({ measurand, phase }) => {
    const all = readingsOf(measurand, input, context)
    return phase === null ? all : all.filter((reading) => reading.phase?.startsWith(phase) === true)
  })
  return readings.length === 0 ? null : { at: input.at, readings }
}

/** A device that is away or whose values are old gives no sample: stale is never fresh. */
export function isFresh(state: EvseState | null): state is EvseState {
  return state !== null && state.online && state.quality === 'good'
}

/** The next moment of the clock-aligned grid after `now` (wall ms; the grid starts at midnight UTC), or null when switched off. */
export function nextAligned(now: number, intervalSeconds: number): number | null {
  if (intervalSeconds <= 0) return null
  const dayMs = 86_400_000
  const midnight = Math.floor(now / dayMs) * dayMs
  const stepMs = intervalSeconds * 1000
  const next = midnight + (Math.floor((now - midnight) / stepMs) + 1) * stepMs
  // An interval that does not divide the day starts anew at midnight.
  return Math.min(next, midnight + dayMs)
}

function readingsOf(measurand: Measurand, input: SampleInput, context: ReadingContext): readonly Reading[] {
  const { state, evse } = input
  switch (measurand) {
    case 'Energy.Active.Import.Register':
      return single(measurand, input.meterWh, 'Wh', context)
    case 'Power.Active.Import': {
      const perPhase = phases(measurand, state.powersW, 'W', context, LINES)
      return [...single(measurand, state.powerW, 'W', context), ...perPhase]
    }
    case 'Current.Import':
      return phases(measurand, state.measuredAmps, 'A', context, LINES)
    case 'Voltage':
      return phases(measurand, state.voltage, 'V', context, LINES_TO_NEUTRAL)
    case 'Current.Offered':
      return single(measurand, input.offeredAmps, 'A', context)
    case 'Power.Offered':
      return single(measurand, offeredW(input.offeredAmps, state.voltage, evse.phases), 'W', context)
    case 'Frequency':
      return single(measurand, state.frequencyHz, 'Hz', context)
    case 'Temperature':
      return single(measurand, state.temperatureC, 'Celsius', context, 'Body')
    case 'SoC':
      return single(measurand, state.socPercent, 'Percent', context, 'EV')
    case 'Energy.Active.Export.Register':
      return []
  }
}

const LINES = ['L1', 'L2', 'L3'] as const
const LINES_TO_NEUTRAL = ['L1-N', 'L2-N', 'L3-N'] as const
const NOMINAL_V = 230

function single(
  measurand: Measurand,
  value: number | null,
  unit: Reading['unit'],
  context: ReadingContext,
  location: Reading['location'] = 'Outlet',
): readonly Reading[] {
  if (value === null || !Number.isFinite(value)) return []
  return [{ measurand, phase: null, unit, value: rounded(value), context, location }]
}

function phases(
  measurand: Measurand,
  values: PerPhase | null,
  unit: Reading['unit'],
  context: ReadingContext,
  names: readonly NonNullable<Reading['phase']>[],
): readonly Reading[] {
  return names.flatMap((phase, index) =>
    single(measurand, values?.[index] ?? null, unit, context).map((reading) => ({ ...reading, phase })),
  )
}

function offeredW(amps: number | null, voltage: PerPhase | null, count: number): number | null {
  if (amps === null) return null
  const known = (voltage ?? []).filter((value) => value !== null && value > 100)
  const total = known.reduce<number>((sum, value) => sum + (value ?? 0), 0)
  const volts = known.length === 0 ? NOMINAL_V : total / known.length
  return Math.round(amps * volts * count)
}

/** Registers carry noise digits of float conversion; three decimals are more than any meter measures. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
