/**
 * Keeps the quarter-hour mean of a metered circuit under a target: turns what the meter has counted so far into a power that the cars may
 * take for the rest, as a limit like any other. Pure.
 *
 * A power and no amperes: the target is about what all phases take together, and a limit per phase would slow cars on a phase that has room.
 * It throttles and never pauses: what the cars that charge need at their minimum stays allowed, for a car that is paused too often gives
 * up. It gives way to promises too: an empty car is worse than a peak. Who has not begun yet waits instead (the policy sees to it).
 */
import type { BalanceInput, Outlet } from '../../model/balance-input.ts'
import type { CircuitLimit } from '../../model/site-limit.ts'
import { isBelow } from '../../model/circuit.ts'
import { allowedForRest, type QuarterHour } from './quarter-hour.ts'

export const DEMAND_TARGET_ID = 'demand-target'

/** So that the limit, and with it the set-points, stand still. */
const STEP_WATTS = 500
const STANDS_MS = 30_000
/** A promise that needs this share of what its car takes is served whatever the peak. */
const TIGHT = 0.5
const PROMISE_MARGIN = 1.25
const HOUR_MS = 3_600_000

export interface DemandSight {
  readonly target: { readonly circuitId: string; readonly watts: number }
  readonly quarter: QuarterHour
  readonly wallAt: number
  readonly input: Pick<BalanceInput, 'at' | 'circuits' | 'outlets' | 'settings'>
}

/** @param before the limit that stood; null: no limit, because the meter is silent. */
export function demandLimit(
  before: CircuitLimit | null,
  { target, quarter, wallAt, input }: DemandSight,
): CircuitLimit | null {
  const allowed = allowedForRest(quarter, target.watts, wallAt)
  if (allowed === null || quarter.watts === null) return null
  const { at, settings } = input
  const below = input.outlets.filter(({ circuitId }) => isBelow(circuitId, target.circuitId, input.circuits))
  const buildingWatts = quarter.watts - below.reduce((sum, outlet) => sum + drawnWatts(outlet, settings.voltage), 0)
  const left = Math.floor((allowed - buildingWatts) / STEP_WATTS) * STEP_WATTS
  const needed = below.reduce((sum, outlet) => sum + neededWatts(outlet, at, settings.voltage), 0)
  const carsMaxWatts = Math.max(0, left, needed)
  // It follows down at once, and up when it has stood for a while.
  const stood = before?.carsMaxWatts ?? null
  if (before !== null && stood !== null && stood >= needed) {
    if (carsMaxWatts === stood) return before
    if (carsMaxWatts > stood && at - before.since < STANDS_MS) return before
  }
  return {
    id: DEMAND_TARGET_ID,
    source: DEMAND_TARGET_ID,
    circuitId: target.circuitId,
    maxAmps: null,
    carsMaxWatts,
    priority: 0,
    since: at,
    until: null,
  }
}

/** What must stay allowed for an outlet: the minimum of a car that charges, and what a promise needs that is getting tight. */
function neededWatts(outlet: Outlet, at: number, voltage: number): number {
  const { session, wanted, rotation, minAmps, maxAmps } = outlet
  if (!wanted || session === null) return 0
  const offered = outlet.pendingAmps ?? outlet.confirmedAmps ?? 0
  const phases = loadedPhases(outlet) ?? rotation.length
  const least = offered >= minAmps ? minAmps * voltage * phases : 0
  if (session.commitment === null) return least
  const leftWh = session.commitment.energyWh - session.energyWh
  if (leftWh <= 0) return least
  const mean = leftWh / Math.max(0.25, (session.commitment.byAt - at) / HOUR_MS)
  const most = maxAmps * voltage * phases
  if (mean < TIGHT * most) return least
  return Math.max(least, minAmps * voltage * phases, Math.min(most, mean * PROMISE_MARGIN))
}

function drawnWatts({ measuredAmps, confirmedAmps, rotation }: Outlet, voltage: number): number {
  if (measuredAmps === null) return (confirmedAmps ?? 0) * voltage * rotation.length
  return measuredAmps.reduce<number>((sum, amps) => sum + (amps ?? 0), 0) * voltage
}

function loadedPhases({ measuredAmps }: Outlet): number | null {
  const loaded = measuredAmps?.filter((amps) => amps !== null && amps > 1).length ?? 0
  return loaded === 0 ? null : loaded
}
