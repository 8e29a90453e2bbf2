/** What of a station controller can be changed: one of its parameters, or the most current of an outlet or a circuit. Pure. */
import type { NumberRule } from '../../model/number-rule.ts'
import { CIRCUIT_MAXIMUM, OUTLET_MAXIMUM, PARAMETER_TABLE, type ParameterName } from '../../model/parameter-table.ts'

export type ParameterPlace =
  | { readonly kind: 'parameter'; readonly name: ParameterName }
  /** An outlet by the balancing core's name for it; the CSMS knows it as an EVSE of a station. */
  | { readonly kind: 'outlet'; readonly outletId: string; readonly stationId: string; readonly evse: number }
  | { readonly kind: 'circuit'; readonly circuitId: string }

export type OutletPlace = Extract<ParameterPlace, { readonly kind: 'outlet' }>

/** Its row in the ledger. An outlet's stays with its charger, whatever station that belongs to. */
export function rowOf(place: ParameterPlace): string {
  switch (place.kind) {
    case 'parameter':
      return PARAMETER_TABLE[place.name].key
    case 'outlet':
      return `maxcurrent/${place.outletId}`
    case 'circuit':
      return `maxcircuitcurrent/${place.circuitId}`
  }
}

export function ruleOf(place: ParameterPlace): NumberRule {
  switch (place.kind) {
    case 'parameter':
      return PARAMETER_TABLE[place.name].rule
    case 'outlet':
      return OUTLET_MAXIMUM
    case 'circuit':
      return CIRCUIT_MAXIMUM
  }
}

/** For a person. */
export function nameOf(place: ParameterPlace): string {
  switch (place.kind) {
    case 'parameter':
      return PARAMETER_TABLE[place.name].key
    case 'outlet':
      return `the maximum current of ${place.stationId}, connector ${place.evse},`
    case 'circuit':
      return `the maximum current of circuit ${place.circuitId}`
  }
}

export function unitOf(place: ParameterPlace): string {
  return place.kind === 'parameter' ? PARAMETER_TABLE[place.name].unit : 'A'
}
