/** Who takes what of a circuit, from a snapshot. Pure. Unknown stays null, never 0. */
import type { CircuitSnapshot, EvseSnapshot, Phase, SiteSnapshot, StationSnapshot } from '../api/types.ts'

export const PHASES: readonly Phase[] = ['L1', 'L2', 'L3']

export interface PhaseLoad {
  readonly phase: Phase
  readonly limitAmps: number
  readonly buildingAmps: number | null
  readonly carsAmps: number | null
  /** All that flows; null when nobody measures it. */
  readonly totalAmps: number | null
}

export function phaseLoad(circuit: CircuitSnapshot, phase: Phase): PhaseLoad {
  const totalAmps = circuit.measuredAmps?.[phase] ?? null
  const buildingAmps = circuit.buildingAmps?.[phase] ?? null
  const carsAmps = totalAmps === null ? null : Math.max(0, totalAmps - Math.max(0, buildingAmps ?? 0))
  return { phase, limitAmps: circuit.limitAmps[phase], buildingAmps, carsAmps, totalAmps }
}

export interface CircuitNode {
  readonly circuit: CircuitSnapshot
  readonly depth: number
}

/** The tree as a list, each circuit followed by those below it. A parent that does not exist or a ring does not hide anything. */
export function circuitTree(circuits: readonly CircuitSnapshot[]): readonly CircuitNode[] {
  const nodes: CircuitNode[] = []
  const seen = new Set<string>()
  const add = (circuit: CircuitSnapshot, depth: number): void => {
    if (seen.has(circuit.id)) return
    seen.add(circuit.id)
    nodes.push({ circuit, depth })
    for (const child of circuits) if (child.parentId === circuit.id) add(child, depth + 1)
  }
  const ids = new Set(circuits.map((circuit) => circuit.id))
  for (const circuit of circuits) if (circuit.parentId === null || !ids.has(circuit.parentId)) add(circuit, 0)
  for (const circuit of circuits) add(circuit, 0)
  return nodes
}

/** A car is there: connected, charging or asking for ventilation (IEC 61851-1 B, C, D). */
export function hasVehicle(evse: EvseSnapshot): boolean {
  return evse.pilot === 'B' || evse.pilot === 'C' || evse.pilot === 'D'
}

export function evsesOf(
  site: SiteSnapshot,
): readonly { readonly station: StationSnapshot; readonly evse: EvseSnapshot }[] {
  return site.stations.flatMap((station) => station.evses.map((evse) => ({ station, evse })))
}

/** Power into all cars in W; null when no charger tells. */
export function carsPowerW(site: SiteSnapshot): number | null {
  const powers = evsesOf(site).flatMap(({ station, evse }) =>
    station.online && evse.powerW !== null ? [evse.powerW] : [],
  )
  return powers.length === 0 ? null : powers.reduce((sum, power) => sum + power, 0)
}

const SCALES = [16, 20, 32, 40, 63, 80, 125, 250, 500]

/** Full width of a charger's bars in A: a usual fuse size, so that the scale does not move with the values. */
export function barScale(amps: readonly (number | null)[]): number {
  const highest = Math.max(0, ...amps.map((value) => value ?? 0))
  return SCALES.find((scale) => scale >= highest) ?? highest
}
