/** The figures of a run that people compare. Pure. */
import type { Circuit } from '../model/circuit.ts'
import { PHASES } from '../model/phase.ts'
import type { Run, VisitOutcome } from './run.ts'

export interface Measures {
  readonly visits: number
  /** Cars that found every place taken. */
  readonly turnedAway: number
  /** At the chargers' meters. */
  readonly energyWh: number
  /** Of what the cars asked for, or could have had alone; null: there was none. */
  readonly energyShare: number | null
  /** Of the energy at the meters, what did not reach a battery; null: no energy. */
  readonly lossShare: number | null
  /** Share of visits that were served as they should: see `isIntact`. Null: no visits. */
  readonly integrity: number | null
  readonly commitments: { readonly met: number; readonly of: number }
  readonly pauses: { readonly perVisit: number | null; readonly most: number }
  readonly gaveUp: number
  /** Of the costs; null: no tariff. */
  readonly currency: string | null
  /** What a kWh in a battery cost; null: no tariff or no energy. */
  readonly costPerKWh: number | null
  /** What the highest quarter of an hour costs in a year; null: the tariff has no demand charge. */
  readonly demandChargePerYear: number | null
  /** Most visits at one time, of those that were served as they should, per kVA of the supply. */
  readonly peakSessionsPerKVA: number | null
  readonly peakSessions: number
  readonly supplyKVA: number
  readonly overSeconds: number
  readonly overWorstAmps: number
  readonly overCircuitId: string | null
  readonly jumpSeconds: number
  readonly buildingOverSeconds: number
  readonly peakKW: number
  readonly carsPeakKW: number
  /** Visits that were put off to a better hour. */
  readonly deferred: number
  /** Minutes from arrival to the first current, of those that got any and were not put off. */
  readonly waitMinutes: {
    readonly median: number | null
    readonly ninetyFifth: number | null
    readonly longest: number | null
  }
  readonly neverServed: number
  readonly setPointsPerStationHour: number
}

/** A visit has got all from this share on: the tolerance of a charger's meter. */
const ALL_SHARE = 0.98
/** The weakest cars give up at the third pause. */
const MAX_PAUSES = 2

/** What a visit should have got: what its driver asked for, but no more than it could have had alone at the charger's full current. */
export function dueWh({ visit, aloneWh }: VisitOutcome): number {
  return Math.min(aloneWh, visit.wantedWh ?? Infinity)
}

/** It got what it should (or the car is full), what was promised came in time, and it was not paused more often than cars bear. */
export function isIntact(outcome: VisitOutcome): boolean {
  const { energyWh, isFull, commitmentMet, pauses, gaveUp } = outcome
  const gotAll = isFull || energyWh >= ALL_SHARE * dueWh(outcome)
  return gotAll && commitmentMet !== false && pauses <= MAX_PAUSES && !gaveUp
}

export function measuresOf(run: Run): Measures {
  const { visits, days, over, site } = run
  const energyWh = sum(visits, (visit) => visit.energyWh)
  const batteryWh = sum(visits, (visit) => visit.batteryWh)
  const due = sum(visits, dueWh)
  const got = sum(visits, (visit) => (visit.isFull ? dueWh(visit) : Math.min(visit.energyWh, dueWh(visit))))
  const promised = visits.filter(({ commitmentMet }) => commitmentMet !== null)
  const peakSessions = mostAtOnce(visits.filter(isIntact))
  const supplyKVA = supplyOf(site.circuits, site.settings.voltage)
  const waits = visits
    .filter((visit) => visit.firstServedAt !== null && !visit.deferred)
    .map((visit) => ((visit.firstServedAt ?? 0) - visit.visit.arrivesAt) / 60_000)
  const demandCharge = site.tariff?.demandChargePerKWYear ?? null
  const hours = (days.until - days.from) / 3_600_000
  return {
    visits: visits.length,
    turnedAway: days.turnedAway,
    energyWh,
    energyShare: due > 0 ? got / due : null,
    lossShare: energyWh > 0 ? 1 - batteryWh / energyWh : null,
    integrity: visits.length > 0 ? visits.filter(isIntact).length / visits.length : null,
    commitments: { met: promised.filter(({ commitmentMet }) => commitmentMet === true).length, of: promised.length },
    pauses: {
      perVisit: visits.length > 0 ? sum(visits, ({ pauses }) => pauses) / visits.length : null,
      most: Math.max(0, ...visits.map(({ pauses }) => pauses)),
    },
    gaveUp: visits.filter(({ gaveUp }) => gaveUp).length,
    currency: site.tariff?.currency ?? null,
    costPerKWh: run.cost === null || batteryWh <= 0 ? null : run.cost / (batteryWh / 1000),
    demandChargePerYear: demandCharge === null ? null : (demandCharge * run.peakWatts) / 1000,
    peakSessions,
    peakSessionsPerKVA: supplyKVA > 0 ? peakSessions / supplyKVA : null,
    supplyKVA,
    overSeconds: over.seconds,
    overWorstAmps: over.worstAmps,
    overCircuitId: over.circuitId,
    jumpSeconds: over.jumpSeconds,
    buildingOverSeconds: over.buildingSeconds,
    peakKW: run.peakWatts / 1000,
    carsPeakKW: run.carsPeakWatts / 1000,
    waitMinutes: { median: quantile(waits, 0.5), ninetyFifth: quantile(waits, 0.95), longest: quantile(waits, 1) },
    deferred: visits.filter(({ deferred }) => deferred).length,
    neverServed: visits.filter(({ firstServedAt }) => firstServedAt === null).length,
    setPointsPerStationHour: site.stations.length > 0 && hours > 0 ? run.setPoints / site.stations.length / hours : 0,
  }
}

/** The smallest value that at least this share of the values does not exceed; null: there are none. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null
}

/** Most visits present at one time. One that leaves makes room for one that comes at the same moment. */
export function mostAtOnce(visits: readonly VisitOutcome[]): number {
  const changes = visits
    .flatMap(({ visit }) => [
      { at: visit.arrivesAt, by: 1 },
      { at: visit.leavesAt, by: -1 },
    ])
    .toSorted((one, other) => one.at - other.at || one.by - other.by)
  let present = 0
  let most = 0
  for (const { by } of changes) {
    present += by
    most = Math.max(most, present)
  }
  return most
}

/** Apparent power of the grid connections' fuses. */
export function supplyOf(circuits: readonly Circuit[], voltage: number): number {
  const roots = circuits.filter(({ parentId }) => parentId === null)
  return sum(roots, ({ limitAmps }) => sum(PHASES, (phase) => limitAmps[phase] * voltage)) / 1000
}

function sum<Item>(items: readonly Item[], valueOf: (item: Item) => number): number {
  return items.reduce((total, item) => total + valueOf(item), 0)
}
