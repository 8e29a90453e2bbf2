/** What the cars of a circuit take, and what flows on it: for the proof that a limit is kept. Pure; times are monotonic ms. */
import type { BalanceInput, Outlet } from '../../model/balance-input.ts'
import { type PhaseAmps, PHASES } from '../../model/phase.ts'

export interface CircuitDraw {
  readonly carsWatts: number
  /** By the circuit's meter; without one the cars. Null: the meter is silent. */
  readonly amps: PhaseAmps | null
}

/** A measured current that is older tells nothing of now. */
const FRESH_MS = 30_000

/** Watts are amperes times the site's voltage, as the balancing core counts. */
export function circuitDraw(input: BalanceInput, circuitId: string): CircuitDraw {
  return drawOf(input, circuitId, outletsBelow(input, circuitId))
}

/** The same with the outlets of the circuit at hand. */
export function drawOf(
  { at, circuits, meters, settings }: BalanceInput,
  circuitId: string,
  outlets: readonly Outlet[],
): CircuitDraw {
  const sum = { L1: 0, L2: 0, L3: 0 }
  for (const outlet of outlets)
    for (const [terminal, amps] of drawnAmps(outlet, at).entries()) {
      const phase = outlet.rotation[terminal]
      if (phase !== undefined) sum[phase] += amps
    }
  const carsWatts = PHASES.reduce((watts, phase) => watts + sum[phase] * settings.voltage, 0)
  const meterId = circuits.find(({ id }) => id === circuitId)?.meterId ?? null
  if (meterId === null) return { carsWatts, amps: sum }
  const meter = meters.find((one) => one.meterId === meterId)
  const isFresh = meter !== undefined && at - meter.takenAt <= settings.meterStaleMs
  return { carsWatts, amps: isFresh ? meter.amps : null }
}

export function outletsBelow({ outlets, circuits }: BalanceInput, circuitId: string): readonly Outlet[] {
  const below = new Set([circuitId])
  // a circuit may stand before its parent
  for (let size = 0; size !== below.size;) {
    size = below.size
    for (const { id, parentId } of circuits) if (parentId !== null && below.has(parentId)) below.add(id)
  }
  return outlets.filter((outlet) => below.has(outlet.circuitId))
}

/** Per terminal. Where it is not measured, the most that may be drawn: what is not known is never nothing. */
function drawnAmps(outlet: Outlet, at: number): readonly number[] {
  const { rotation, online, measuredAmps, measuredAt } = outlet
  const measured = online && measuredAmps !== null && at - measuredAt <= FRESH_MS ? measuredAmps : []
  const most = mostAmps(outlet)
  return rotation.map((_, terminal) => measured[terminal] ?? most)
}

function mostAmps({ online, fallbackAmps, confirmedAmps, pendingAmps, previousAmps, maxAmps }: Outlet): number {
  const ordered = Math.max(confirmedAmps ?? maxAmps, pendingAmps ?? 0)
  return online ? ordered : Math.max(ordered, fallbackAmps, previousAmps)
}
