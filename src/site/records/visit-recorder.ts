/** One record per visit of a car, from what the outlets show: a day of them can be played again on another site. */
import type { Allocation, ChargingSession, Outlet } from '../../model/balance-input.ts'
import type { VisitRecord } from '../../model/site-sample.ts'
import type { Place } from './decision-log.ts'

export interface VisitRecorderOptions {
  /** All outlets of the site. */
  readonly places: readonly Place[]
  /** Must not block; the same session replaces. */
  readonly store: (visit: VisitRecord) => void
}

/** A connector that shows no vehicle for a moment was read badly. */
const ABSENT_MS = 10_000
/** More than this is a current that flows. */
const FLOWS_AMPS = 1
/** A phase counts when it was seen so often: a value of the moment when a car starts tells nothing. */
const SIGHTS = 3
/** Offered current and none taken for so long: it is full. */
const FULL_MS = 5 * 60_000
/** A visit that goes on is stored again when something of it has changed, */
const CHANGED_EVERY_MS = 60_000
/** and for its energy alone. */
const ENERGY_EVERY_MS = 15 * 60_000

type Wishes = Pick<VisitRecord, 'wantedWh' | 'departsAt' | 'commitment' | 'priority'>

/** A visit that goes on. Times are wall ms where nothing else is said. */
interface Visit {
  readonly arrivedAt: number
  /** Of its first session; null: nobody was authorised yet. */
  sessionId: string | null
  /** Of its sessions that are over. */
  doneWh: number
  session: ChargingSession | null
  /** Wall time less monotonic time when that session was seen last, ms. */
  offsetMs: number
  full: boolean
  /** How often 1, 2 and 3 phases were seen to flow. */
  readonly sights: [number, number, number]
  phases: 1 | 2 | 3 | null
  highestAmps: number | null
  /** Of an earlier run, until a session tells its own. */
  wishes: Wishes
  pauses: number
  /** Monotonic ms: since when it takes nothing of what it is offered; null: it does. */
  idleSince: number | null
  /** Since when no vehicle is seen; null: it is. */
  goneSince: number | null
  /** Monotonic ms. */
  storedAt: number
  lookedAt: number
  stored: VisitRecord | null
}

interface Known {
  readonly place: Place
  visit: Visit | null
  /** From an earlier run: perhaps the car is still there. */
  resumed: VisitRecord | null
  orderedAmps: number
  /** By the tick that is looked at. */
  nextAmps: number
  /** Monotonic ms of the last measurement that was looked at. */
  measuredAt: number
}

const NO_WISHES: Wishes = { wantedWh: null, departsAt: null, commitment: null, priority: 1 }

export class VisitRecorder {
  readonly #store: (visit: VisitRecord) => void
  readonly #outlets: ReadonlyMap<string, Known>

  constructor({ places, store }: VisitRecorderOptions) {
    this.#store = store
    this.#outlets = new Map(places.map((place) => [place.outletId, noVisit(place)]))
  }

  /** Visits that had not ended when an earlier run did. */
  resume(visits: readonly VisitRecord[]): void {
    for (const visit of visits) {
      const isPlace = ({ place }: Known): boolean => place.stationId === visit.stationId && place.evse === visit.evse
      const known = [...this.#outlets.values()].find(isPlace)
      if (known === undefined) this.#store({ ...visit, leftAt: visit.arrivedAt })
      else {
        // two that are open are one whose end was never seen
        if (known.resumed !== null) this.#store({ ...known.resumed, leftAt: visit.arrivedAt })
        known.resumed = visit
      }
    }
  }

  /** What a tick was told and decided. @param at monotonic ms @param wallAt wall ms */
  observe(outlets: readonly Outlet[], allocations: readonly Allocation[], at: number, wallAt: number): void {
    for (const { outletId, amps } of allocations) {
      const known = this.#outlets.get(outletId)
      if (known !== undefined) known.nextAmps = amps
    }
    for (const outlet of outlets) {
      const known = this.#outlets.get(outlet.id)
      // of a charger that is silent nothing is known
      if (known === undefined || !outlet.online) continue
      this.#see(known, outlet, known.nextAmps, at, wallAt)
    }
  }

  #see(known: Known, outlet: Outlet, orderedAmps: number, at: number, wallAt: number): void {
    if (outlet.refusal === 'no-vehicle') this.#noVehicle(known, outlet, wallAt)
    // out of service: it may stand there or not
    else if (outlet.refusal !== 'unavailable' || known.visit !== null) {
      const visit = (known.visit ??= this.#begin(known, outlet, at, wallAt))
      visit.goneSince = null
      if (outlet.session !== null) takeSession(visit, outlet.session, wallAt - at)
      if (outlet.measuredAt > known.measuredAt) look(visit, outlet, at)
      // the car wants current and we take it away
      if (outlet.wanted && known.orderedAmps > 0 && orderedAmps === 0) visit.pauses += 1
      this.#storeWhenDue(known.place, visit, outlet.circuitId, at)
    }
    known.measuredAt = Math.max(known.measuredAt, outlet.measuredAt)
    known.orderedAmps = outlet.wanted ? orderedAmps : 0
  }

  #begin(known: Known, { session }: Outlet, at: number, wallAt: number): Visit {
    const { resumed } = known
    known.resumed = null
    if (resumed !== null && (session === null || session.id === resumed.sessionId)) return goesOn(resumed, session)
    if (resumed !== null) this.#store({ ...resumed, leftAt: beganAt(session, at, wallAt) })
    return newVisit(beganAt(session, at, wallAt))
  }

  #noVehicle(known: Known, { circuitId }: Outlet, wallAt: number): void {
    const { visit, resumed } = known
    if (visit === null) {
      if (resumed !== null) this.#store({ ...resumed, leftAt: wallAt })
      known.resumed = null
      return
    }
    visit.goneSince ??= wallAt
    // a clock that was set back must not keep it for ever
    if (Math.abs(wallAt - visit.goneSince) < ABSENT_MS) return
    this.#store(recordOf(known.place, visit, circuitId, visit.goneSince))
    known.visit = null
  }

  #storeWhenDue(place: Place, visit: Visit, circuitId: string, at: number): void {
    const age = at - visit.storedAt
    if (visit.sessionId === null || age < CHANGED_EVERY_MS) return
    // looked at once a minute, whether it is stored or not
    if (age < ENERGY_EVERY_MS && at - visit.lookedAt < CHANGED_EVERY_MS) return
    visit.lookedAt = at
    const record = recordOf(place, visit, circuitId, null)
    if (age < ENERGY_EVERY_MS && visit.stored !== null && tellsTheSame(visit.stored, record)) return
    visit.storedAt = at
    visit.stored = record
    this.#store(record)
  }
}

/** But for its energy and highest current, which creep. */
function tellsTheSame(one: VisitRecord, other: VisitRecord): boolean {
  return (
    one.full === other.full &&
    one.phases === other.phases &&
    one.wantedWh === other.wantedWh &&
    one.departsAt === other.departsAt &&
    one.commitment?.energyWh === other.commitment?.energyWh &&
    one.commitment?.byAt === other.commitment?.byAt &&
    one.priority === other.priority &&
    one.pauses === other.pauses
  )
}

function noVisit(place: Place): Known {
  return { place, visit: null, resumed: null, orderedAmps: 0, nextAmps: 0, measuredAt: 0 }
}

/** The bridge may have been started after the car: its session tells more. Wall ms. */
function beganAt(session: ChargingSession | null, at: number, wallAt: number): number {
  return session === null ? wallAt : Math.round(Math.min(wallAt, wallAt + session.startedAt - at))
}

function newVisit(arrivedAt: number): Visit {
  return {
    arrivedAt,
    sessionId: null,
    doneWh: 0,
    session: null,
    offsetMs: 0,
    full: false,
    sights: [0, 0, 0],
    phases: null,
    highestAmps: null,
    wishes: NO_WISHES,
    pauses: 0,
    idleSince: null,
    goneSince: null,
    storedAt: -Infinity,
    lookedAt: -Infinity,
    stored: null,
  }
}

function goesOn(record: VisitRecord, session: ChargingSession | null): Visit {
  const { arrivedAt, sessionId, energyWh, full, phases, highestAmps, pauses } = record
  const { wantedWh, departsAt, commitment, priority } = record
  return {
    ...newVisit(arrivedAt),
    sessionId,
    // a session that goes on tells all its energy itself
    doneWh: session === null ? energyWh : 0,
    full,
    phases,
    highestAmps,
    wishes: { wantedWh, departsAt, commitment, priority },
    pauses,
  }
}

function takeSession(visit: Visit, session: ChargingSession, offsetMs: number): void {
  if (visit.session !== null && visit.session.id !== session.id) visit.doneWh += visit.session.energyWh
  visit.sessionId ??= session.id
  visit.session = session
  visit.offsetMs = offsetMs
}

function wishesOf({ session, offsetMs, wishes }: Visit): Wishes {
  if (session === null) return wishes
  const { wantedWh, departsAt, commitment, priority } = session
  // to the second: two clocks never agree to the millisecond
  const wallOf = (monotonicMs: number): number => Math.round((monotonicMs + offsetMs) / 1000) * 1000
  return {
    wantedWh,
    departsAt: departsAt === null ? null : wallOf(departsAt),
    commitment: commitment === null ? null : { energyWh: commitment.energyWh, byAt: wallOf(commitment.byAt) },
    priority,
  }
}

function look(visit: Visit, { measuredAmps, confirmedAmps, minAmps }: Outlet, at: number): void {
  let [highest, flowing] = [-Infinity, 0]
  for (const amps of measuredAmps ?? []) {
    if (amps === null) continue
    highest = Math.max(highest, amps)
    if (amps >= FLOWS_AMPS) flowing += 1
  }
  if (highest === -Infinity) return
  if (flowing > 0) {
    if (highest > (visit.highestAmps ?? 0)) visit.highestAmps = highest
    visit.full = false
    visit.idleSince = null
    notePhases(visit, flowing)
    return
  }
  const offered = (confirmedAmps ?? 0) >= minAmps
  if (!offered) visit.idleSince = null
  else visit.idleSince ??= at
  // a car that never took any waits for its own hour
  if (visit.idleSince !== null && visit.highestAmps !== null && at - visit.idleSince >= FULL_MS) visit.full = true
}

function notePhases(visit: Visit, count: number): void {
  if (count !== 1 && count !== 2 && count !== 3) return
  const place = count === 1 ? 0 : count === 2 ? 1 : 2
  visit.sights[place] += 1
  if (visit.sights[place] >= SIGHTS && count > (visit.phases ?? 0)) visit.phases = count
}

function recordOf(
  { outletId, stationId, evse }: Place,
  visit: Visit,
  circuitId: string,
  leftAt: number | null,
): VisitRecord {
  const { arrivedAt, doneWh, session, full, phases, highestAmps, pauses } = visit
  return {
    // of a car that nobody authorised
    sessionId: visit.sessionId ?? `${outletId} ${new Date(arrivedAt).toISOString()}`,
    stationId,
    evse,
    circuitId,
    arrivedAt,
    leftAt,
    energyWh: Math.round(doneWh + (session?.energyWh ?? 0)),
    full,
    phases,
    highestAmps: highestAmps === null ? null : Number(highestAmps.toFixed(1)),
    ...wishesOf(visit),
    pauses,
  }
}
