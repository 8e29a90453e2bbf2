import type { MeterSample, Reading } from '../../model/reading.ts'
import { formatDateTime } from './date-time.ts'
import { decimalText } from './text.ts'

interface SampledValue {
  readonly value: string
  readonly context: string
  readonly measurand: string
  readonly phase?: string
  readonly location?: string
  readonly unit?: string
}

interface MeterValue {
  readonly timestamp: string
  readonly sampledValue: readonly SampledValue[]
}

/** OCPP 1.6 MeterValue (§7.32): samples and readings without a number are left out, never sent as 0. */
export function meterValues(samples: readonly MeterSample[]): MeterValue[] {
  return samples.flatMap((sample) => {
    const sampledValue = sample.readings.flatMap(sampledValues)
    return sampledValue.length === 0 ? [] : [{ timestamp: formatDateTime(sample.at), sampledValue }]
  })
}

function sampledValues(reading: Reading): SampledValue[] {
  const value = decimalText(reading.value)
  if (value === null) return []
  return [
    {
      value,
      context: reading.context,
      measurand: reading.measurand,
      ...(reading.phase === null ? {} : { phase: reading.phase }),
      ...(reading.location === null ? {} : { location: reading.location }),
      // §7.45: UnitOfMeasure has no hertz; a frequency goes without unit.
      ...(reading.unit === 'Hz' ? {} : { unit: reading.unit }),
    },
  ]
}
