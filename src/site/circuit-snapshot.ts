/** Circuits as the page shows them. Pure. */
import type { CircuitLoad } from '../model/balance-input.ts'
import type { Circuit } from '../model/circuit.ts'
import { isBelow } from '../model/circuit.ts'
import type { PhaseAmps } from '../model/phase.ts'
import { everyPhase } from '../model/phase.ts'
import type { CircuitSnapshot, StationSnapshot } from './snapshot.ts'

/** @param meterAmps the last current of a meter, or null; undefined: there is no such meter */
export function circuitSnapshots(
  circuits: readonly Circuit[],
  loads: readonly CircuitLoad[],
  stations: readonly StationSnapshot[],
  meterAmps: (meterId: string) => PhaseAmps | null | undefined,
): readonly CircuitSnapshot[] {
  return circuits.map((circuit) => {
    const { id, parentId, limitAmps, meterId } = circuit
    const load = loads.find((one) => one.circuitId === id)
    const metered = meterId === null ? undefined : meterAmps(meterId)
    return {
      id,
      parentId,
      limitAmps,
      meterId,
      measuredAmps: metered === undefined ? drawnBelow(id, circuits, stations) : metered,
      buildingAmps: load?.buildingAmps ?? null,
      reservedAmps: load?.reservedAmps ?? everyPhase(0),
      availableAmps: load?.availableAmps ?? everyPhase(0),
      failSafe: load?.failSafe ?? false,
    }
  })
}

/** What the chargers below draw by their own account; null when one of them does not tell. */
function drawnBelow(id: string, circuits: readonly Circuit[], stations: readonly StationSnapshot[]): PhaseAmps | null {
  const sum = { L1: 0, L2: 0, L3: 0 }
  for (const { circuitId, rotation, evses } of stations) {
    if (!isBelow(circuitId, id, circuits)) continue
    for (const { phasesAmps } of evses) {
      for (const phase of rotation) {
        const amps = phasesAmps[phase]
        if (amps === undefined) return null
        sum[phase] += amps
      }
    }
  }
  return sum
}
