/** What an operator sees and sets of the station controller while the site runs. Stations and EVSEs as CSMSs know them. */
import type { ControllerParameters } from '../../model/controller-parameters.ts'
import type { ParameterName } from '../../model/parameter-table.ts'
import type { ParametersSnapshot } from '../snapshot.ts'
import type { OutletPlace } from './parameter-place.ts'

/** What people and programs may do with the parameters. `by`: who it is, in a person's words, for the log. */
export interface ParameterOperations {
  /** All or none; null: as the site file has it. Resolves with what could not be. */
  setParameters(values: Readonly<Partial<Record<ParameterName, number | null>>>, by: string): Promise<readonly Wrong[]>
  /** Null: no maximum. */
  setOutletMaximum(
    stationId: string,
    evse: number,
    amps: number | null,
    by: string,
  ): Promise<readonly Wrong[] | 'unknown-station' | 'unknown-evse'>
  /** Null: no maximum. */
  setCircuitMaximum(circuitId: string, amps: number | null, by: string): Promise<readonly Wrong[] | 'unknown-circuit'>
}

/** Why a value was not taken. */
export interface Wrong {
  /** Null: a maximum. */
  readonly name: ParameterName | null
  readonly expected: string
}

export function parametersSnapshot(
  { outletMaxAmps, circuitMaxAmps, ...single }: ControllerParameters,
  controllerId: string | null = null,
  outlets: readonly OutletPlace[] = [],
): ParametersSnapshot {
  return {
    controllerId,
    ...single,
    outletMaxima: outlets.flatMap(({ outletId, stationId, evse }) => {
      const amps = outletMaxAmps.get(outletId)
      return amps === undefined ? [] : [{ stationId, evse, amps }]
    }),
    circuitMaxima: [...circuitMaxAmps].map(([circuitId, amps]) => ({ circuitId, amps })),
  }
}
