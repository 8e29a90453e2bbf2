/** What section 14a guarantees to the chargers of a circuit, counted from those that are there. Pure. */
import type { Outlet } from '../../model/balance-input.ts'
import type { Circuit } from '../../model/circuit.ts'
import { guaranteedWatts, isControllable } from '../../model/section-14a.ts'
import { isBelow } from '../../model/circuit.ts'

/** W; null: no outlet on the circuit or below it takes more than 4.2 kW. @param voltage phase to neutral */
export function controllableWatts(
  outlets: readonly Pick<Outlet, 'circuitId' | 'maxAmps' | 'rotation'>[],
  circuits: readonly Circuit[],
  circuitId: string,
  voltage: number,
): number | null {
  const counted = outlets.filter(
    (outlet) =>
      isBelow(outlet.circuitId, circuitId, circuits) && isControllable(outlet.maxAmps, outlet.rotation.length, voltage),
  )
  return guaranteedWatts(counted.length)
}
