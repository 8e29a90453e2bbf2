import type { MeterSample, Reading } from '../../model/reading.ts'
import { formatDateTime } from './date-time.ts'
import { decimalText } from './text.ts'

interface SampledValue {
  readonly value: string
  readonly context: string
  readonly measurand: string
  phase?: string
  location?: string
  unit?: string
}

interface MeterValue {
  readonly timestamp: string
  readonly sampledValue: readonly SampledValue[]
}

/** OCPP 1.6 MeterValue (§7.32): samples and readings without a number are left out, never sent as 0. */
export function meterValues(samples: readonly MeterSample[]): MeterValue[] {
  const values: MeterValue[] = []
  for (const sample of samples) {
    const sampledValue: SampledValue[] = []
    for (const reading of sample.readings) {
      const value = decimalText(reading.value)
      if (value !== null) sampledValue.push(sampled(value, reading))
    }
    if (sampledValue.length > 0) values.push({ timestamp: formatDateTime(sample.at), sampledValue })
  }
  return values
}

/** Most of what a station sends are these: built plainly, without copies. */
function sampled(value: string, { context, measurand, phase, location, unit }: Reading): SampledValue {
  const sample: SampledValue = { value, context, measurand }
  if (phase !== null) sample.phase = phase
  if (location !== null) sample.location = location
  // §7.45: UnitOfMeasure has no hertz; a frequency goes without unit.
  if (unit !== 'Hz') sample.unit = unit
  return sample
}
