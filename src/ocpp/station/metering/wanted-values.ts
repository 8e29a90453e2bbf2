/** Which values a list such as `Voltage,Current.Import.L1` asks for (OCPP 1.6 §9.1.17: a measurand may name a phase). Pure. */
import type { Measurand } from '../../../model/reading.ts'
import { SAMPLED_MEASURANDS } from '../settings-table.ts'

export interface WantedValue {
  readonly measurand: Measurand
  /** Null: all that there are. */
  readonly phase: 'L1' | 'L2' | 'L3' | null
}

/** Measurands that a charger gives for each phase. */
const PER_PHASE: readonly Measurand[] = ['Current.Import', 'Power.Active.Import', 'Voltage']
/** Most stations have one of a few lists. */
const MAX_KNOWN = 100
const known = new Map<string, readonly WantedValue[]>()

/** Null: not a value that an EVSE can give. */
export function wantedValue(entry: string): WantedValue | null {
  const whole = SAMPLED_MEASURANDS.find((measurand) => measurand === entry)
  if (whole !== undefined) return { measurand: whole, phase: null }
  const match = /^(.+)\.(L[123])(-N)?$/.exec(entry)
  const measurand = PER_PHASE.find((one) => one === match?.[1])
  const phase = match?.[2]
  if (measurand === undefined || (phase !== 'L1' && phase !== 'L2' && phase !== 'L3')) return null
  // A voltage is one to neutral, whether it says so or not; nothing else is.
  if (match?.[3] !== undefined && measurand !== 'Voltage') return null
  return { measurand, phase }
}

/** Of a list that has been checked, in its order. */
export function wantedValues(list: string): readonly WantedValue[] {
  const before = known.get(list)
  if (before !== undefined) return before
  const wanted = list.split(',').flatMap((entry) => wantedValue(entry) ?? [])
  // What is asked for as a whole need not be asked for by phase again.
  const whole = new Set(wanted.filter(({ phase }) => phase === null).map(({ measurand }) => measurand))
  const values = wanted.filter(({ measurand, phase }) => phase === null || !whole.has(measurand))
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(list, values)
  return values
}
