/** A metered value as OCPP knows it (SampledValue), neutral. */
export const MEASURANDS = [
  'Current.Import',
  'Current.Offered',
  'Energy.Active.Import.Register',
  'Energy.Active.Export.Register',
  'Frequency',
  'Power.Active.Import',
  'Power.Offered',
  'SoC',
  'Temperature',
  'Voltage',
] as const
export type Measurand = (typeof MEASURANDS)[number]

export type ReadingContext = 'Sample.Periodic' | 'Sample.Clock' | 'Transaction.Begin' | 'Transaction.End' | 'Trigger'

export interface Reading {
  readonly measurand: Measurand
  /** Absent when the value is of the whole device. */
  readonly phase: 'L1' | 'L2' | 'L3' | 'L1-N' | 'L2-N' | 'L3-N' | null
  readonly unit: 'A' | 'Wh' | 'W' | 'V' | 'Hz' | 'Celsius' | 'Percent'
  readonly value: number
  readonly context: ReadingContext
  /** Where the value was taken: at the cable to the car, at the inlet, in the car, ... */
  readonly location: 'Outlet' | 'Inlet' | 'Body' | 'EV' | 'Cable' | null
}

/** Readings that share one time stamp (OCPP MeterValue). `at` is wall time in ms. */
export interface MeterSample {
  readonly at: number
  readonly readings: readonly Reading[]
}
