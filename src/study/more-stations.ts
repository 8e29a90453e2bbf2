/** More stations on a site, and cars for them like those that come today. */
import type { Phase, PhaseRotation } from '../model/phase.ts'
import { around, chance } from './chance.ts'
import type { StudyStation, StudyVisit } from './study-site.ts'

/** A car of a new station comes some minutes earlier or later than the one it is like. */
const SHIFT_SPREAD_MS = 15 * 60_000

/** The circuit with most stations; the first by name among equals. Null: the site has none. */
export function busiestCircuit(stations: readonly StudyStation[]): string | null {
  const counts = new Map<string, number>()
  for (const { circuitId } of stations) counts.set(circuitId, (counts.get(circuitId) ?? 0) + 1)
  const ranked = [...counts].toSorted(([one, many], [other, more]) => more - many || (one < other ? -1 : 1))
  return ranked[0]?.[0] ?? null
}

/** `count` stations like those on the circuit, each wired one phase further than the one before, as installers should. */
export function moreStations(
  stations: readonly StudyStation[],
  circuitId: string,
  count: number,
): readonly StudyStation[] {
  const models = stations.filter((station) => station.circuitId === circuitId)
  return Array.from({ length: count }, (_, index): StudyStation[] => {
    const model = models[index % models.length]
    if (model === undefined) return []
    const stationId = freeName(stations, index + 1)
    const turns = models.length + index
    return [{ ...model, stationId, evse: 1, outletId: `${stationId}/1`, rotation: turned(model.rotation, turns) }]
  }).flat()
}

/** For each new station the visits of one of today's, shifted by some minutes; they do not overlap on it. */
export function moreVisits(
  visits: readonly StudyVisit[],
  added: readonly StudyStation[],
  span: { readonly from: number; readonly until: number; readonly seed: string },
): readonly StudyVisit[] {
  const outlets = [...new Set(visits.map(({ outletId }) => outletId))].toSorted()
  return added.flatMap((station) => {
    const next = chance(`${span.seed} visits of ${station.stationId}`)
    const model = outlets[Math.floor(next() * outlets.length)]
    let freeFrom = span.from
    return visits
      .filter(({ outletId }) => outletId === model)
      .toSorted((one, other) => one.arrivesAt - other.arrivesAt)
      .flatMap((visit): readonly StudyVisit[] => {
        const shift = Math.round(around(next, 0, SHIFT_SPREAD_MS) / 1000) * 1000
        const arrivesAt = Math.max(freeFrom, visit.arrivesAt + shift)
        const leavesAt = Math.min(span.until, visit.leavesAt + shift)
        if (leavesAt <= arrivesAt) return []
        freeFrom = leavesAt
        return [
          {
            ...shifted(visit, shift),
            id: `${visit.id} at ${station.stationId}`,
            outletId: station.outletId,
            arrivesAt,
            leavesAt,
          },
        ]
      })
  })
}

function shifted(visit: StudyVisit, byMs: number): StudyVisit {
  const { departsAt, commitment } = visit
  return {
    ...visit,
    departsAt: departsAt === null ? null : departsAt + byMs,
    commitment: commitment === null ? null : { ...commitment, byAt: commitment.byAt + byMs },
  }
}

function turned(rotation: PhaseRotation, turns: number): PhaseRotation {
  return rotation.map((phase) => {
    let result = phase
    for (let turn = 0; turn < turns % 3; turn++) result = NEXT[result]
    return result
  })
}

const NEXT: Readonly<Record<Phase, Phase>> = { L1: 'L2', L2: 'L3', L3: 'L1' }

function freeName(stations: readonly StudyStation[], number: number): string {
  const taken = new Set(stations.map(({ stationId }) => stationId))
  let name = `new-${number}`
  while (taken.has(name)) name = `${name}+`
  return name
}
