/** Recorded visits as cars that can come again. */
import type { VisitRecord } from '../model/site-sample.ts'
import { batteryWh, type CarModel, character } from './car.ts'
import { chance } from './chance.ts'
import type { StudyStation, StudyVisit } from './study-site.ts'

export interface RecordedVisits {
  readonly visits: readonly StudyVisit[]
  /** Stations that visits were at and the site file no longer has. */
  readonly strangers: readonly string[]
  /** Cars that left before they were full and did not say what they wanted. */
  readonly unsatisfied: number
  /** Visits whose end nobody saw, for their station was out of the site file by then: they have no length. */
  readonly endless: number
}

/** No battery of a car lacks more. */
const MAX_NEED_WH = 100_000
const TAPER_WH = 2500
const TAPER_SHARE = 0.25

/**
 * @param records visits that were here between `from` and `until`
 * @param seed what cars do that nobody has recorded (dead time, patience) comes from it and the session's id: the same car in every run
 */
export function recordedVisits(
  records: readonly VisitRecord[],
  stations: readonly StudyStation[],
  span: { readonly from: number; readonly until: number; readonly voltage: number; readonly seed: string },
): RecordedVisits {
  const known = new Map(stations.map((station) => [`${station.stationId}/${station.evse}`, station]))
  const strangers = new Set<string>()
  const visits: StudyVisit[] = []
  let unsatisfied = 0
  let endless = 0
  for (const record of records) {
    const station = known.get(`${record.stationId}/${record.evse}`)
    const arrivesAt = Math.max(record.arrivedAt, span.from)
    const leavesAt = Math.min(record.leftAt ?? span.until, span.until)
    if (station === undefined) {
      strangers.add(record.stationId)
      continue
    }
    if (record.leftAt === record.arrivedAt) endless += 1
    if (!(leavesAt > arrivesAt)) continue
    if (!record.full && record.wantedWh === null) unsatisfied += 1
    visits.push(visitOf(record, station, { ...span, arrivesAt, leavesAt }))
  }
  return { visits, strangers: [...strangers].toSorted(), unsatisfied, endless }
}

function visitOf(
  record: VisitRecord,
  station: StudyStation,
  span: {
    readonly arrivesAt: number
    readonly leavesAt: number
    readonly voltage: number
    readonly seed: string
    readonly until: number
  },
): StudyVisit {
  const { arrivesAt, leavesAt } = span
  const terminals = station.rotation.length >= 3 ? 3 : 1
  const phases = record.phases ?? terminals
  const maxAmps = Math.max(station.minAmps, record.highestAmps ?? station.maxAmps)
  const watts = phases * maxAmps * span.voltage
  // Of a stay that began before or ends after the days that are played, its part of the energy.
  const whole = Math.max(1, (record.leftAt ?? span.until) - record.arrivedAt)
  const part = Math.min(1, (leavesAt - arrivesAt) / whole)
  const acWh = wishOf(record, (watts * whole) / 3_600_000) * part
  const needWh = Math.max(1, batteryWh(acWh, watts))
  return {
    id: record.sessionId,
    outletId: station.outletId,
    arrivesAt,
    leavesAt,
    car: {
      ...character(chance(`${span.seed} car ${record.sessionId}`)),
      phases,
      maxAmps,
      needWh,
      taperWh: taperOf(needWh),
      timerAt: null,
    },
    wantedWh: record.wantedWh === null ? null : record.wantedWh * part,
    departsAt: record.departsAt,
    commitment: partOf(record.commitment, part, leavesAt),
    priority: record.priority,
  }
}

/** Of what was promised, the part of the stay that is played; nothing where its time comes after that. */
function partOf(commitment: VisitRecord['commitment'], part: number, leavesAt: number): VisitRecord['commitment'] {
  if (commitment === null || part === 1) return commitment
  return commitment.byAt > leavesAt ? null : { ...commitment, energyWh: commitment.energyWh * part }
}

/** Cars that came on the days are followed until they leave, at most so long after. */
const LONGEST_AFTER_MS = 86_400_000

/** The end of what is played: a day's cars are not judged at midnight, when most still stand there. */
export function endOfStays(records: readonly VisitRecord[], until: number): number {
  const last = Math.max(until, ...records.map(({ leftAt }) => leftAt ?? until))
  return Math.min(last, until + LONGEST_AFTER_MS)
}

/** What the car would have taken (Wh AC). One that left before it was full would have taken more: as much as it could in its time. */
function wishOf({ full, energyWh, wantedWh }: VisitRecord, couldWh: number): number {
  if (full) return energyWh
  return Math.min(MAX_NEED_WH, Math.max(energyWh, wantedWh ?? couldWh))
}

/** The last part, in which a car takes less and less. */
export function taperOf(needWh: number): CarModel['taperWh'] {
  return Math.min(TAPER_WH, TAPER_SHARE * needWh)
}
