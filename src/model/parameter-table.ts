/**
 * The parameters of a station controller, one row each: under which key the field knows it, what may stand there, and what it does.
 * docs/ocpp-keys.md is printed from here.
 */
import type { ControllerParameters } from './controller-parameters.ts'
import type { NumberRule } from './number-rule.ts'

export const PARAMETER_NAMES = [
  'usableSharePercent',
  'chargerDeadBandAmps',
  'siteDeadBandAmps',
  'arrivalReserveAmps',
  'reservedArrivals',
] as const satisfies readonly (keyof ControllerParameters)[]
export type ParameterName = (typeof PARAMETER_NAMES)[number]

export interface ParameterRow {
  /** As OCPP key; without regard to case. */
  readonly key: string
  readonly rule: NumberRule
  readonly unit: '%' | 'A' | ''
  /** For a person. */
  readonly meaning: string
}

export const PARAMETER_TABLE: Readonly<Record<ParameterName, ParameterRow>> = {
  usableSharePercent: {
    key: 'percentsupplyuseable',
    rule: { type: 'decimal', min: 1, max: 100 },
    unit: '%',
    meaning: 'Share of the supply’s limit that may be used',
  },
  chargerDeadBandAmps: {
    key: 'tolerancechargecurrent',
    rule: { type: 'decimal', min: 0, max: 100 },
    unit: 'A',
    meaning: 'A charger’s current is not changed by less than this, unless a limit needs it',
  },
  siteDeadBandAmps: {
    key: 'tolerancestationcurrent',
    rule: { type: 'decimal', min: 0, max: 1000 },
    unit: 'A',
    meaning: 'Currents do not rise before this much has become free on the site',
  },
  arrivalReserveAmps: {
    key: 'currentreserve',
    rule: { type: 'decimal', min: 0, max: 500 },
    unit: 'A',
    meaning: 'Kept free on each phase for each car that may arrive',
  },
  reservedArrivals: {
    key: 'numreserve',
    rule: { type: 'integer', min: 0, max: 1000 },
    unit: '',
    meaning: 'For how many arriving cars that is kept free',
  },
}

/** Most current of an outlet: 0 pauses it, nothing takes the maximum away. IEC 61851-1: no current between 0 and 6 A. */
export const OUTLET_MAXIMUM: NumberRule = { type: 'decimal', min: 6, max: 1000, also: ['0', ''] }
/** Most current per phase of a circuit; nothing takes the maximum away. */
export const CIRCUIT_MAXIMUM: NumberRule = { type: 'decimal', min: 0, max: 10_000, also: [''] }

/** In any case. Null: no parameter has this key. */
export function parameterOfKey(key: string): ParameterName | null {
  const plain = key.toLowerCase()
  return PARAMETER_NAMES.find((name) => PARAMETER_TABLE[name].key === plain) ?? null
}
