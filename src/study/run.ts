/**
 * Plays days of a site: physics every second, and the balancing core that runs real sites every tick. Nothing in here decides anything
 * about current: that is `allocate` alone.
 */
import { setImmediate as breathe } from 'node:timers/promises'
import { allocate, initialBalanceState } from '../balance/allocate.ts'
import type { Allocation, BalanceInput, MeterCurrent } from '../model/balance-input.ts'
import type { Decision } from '../model/decision.ts'
import { PHASES } from '../model/phase.ts'
import { limitsInForce } from '../model/site-limit.ts'
import { aloneWh, type CarModel } from './car.ts'
import { chance, type Chance } from './chance.ts'
import { Charger } from './charger.ts'
import type { StudyDays, StudySite, StudyVisit } from './study-site.ts'
import { type Course, CourseRecorder } from './course.ts'
import { type OverLimit, Wiring } from './wiring.ts'

/** What became of a visit. Energies at the charger's meter unless they say battery. */
export interface VisitOutcome {
  readonly visit: StudyVisit
  readonly energyWh: number
  readonly batteryWh: number
  /** What it would have got alone with all its charger can give. */
  readonly aloneWh: number
  readonly isFull: boolean
  readonly pauses: number
  readonly gaveUp: boolean
  /** First current; null: it never got any. */
  readonly firstServedAt: number | null
  /** It was put off to a better hour (tariff, peak, plan). */
  readonly deferred: boolean
  /** Null: nothing was promised. */
  readonly commitmentMet: boolean | null
}

export interface Run {
  readonly site: StudySite
  readonly days: StudyDays
  readonly visits: readonly VisitOutcome[]
  readonly over: OverLimit
  /** Highest mean power of a quarter of an hour: everything on the site, and the cars alone. */
  readonly peakWatts: number
  readonly carsPeakWatts: number
  /** What the cars' energy cost; null: no tariff, or hours without a price. */
  readonly cost: number | null
  readonly setPoints: number
  readonly decisions: readonly Decision[]
  readonly course: Course
}

export interface RunOptions {
  readonly tickMs: number
  readonly seed: string
  /** Ends the run early with the signal's reason. */
  readonly signal?: AbortSignal
}

/** The core knows nothing at its start; it gets to know the site before the first car counts. */
const WARM_UP_MS = 300_000
const STEP_MS = 1000
const QUARTER_MS = 900_000
/** The grid meter's value is as old as this, and moves in its last digit. */
const METER_AGE_MS = 1000
const METER_NOISE_AMPS = 0.1
/** A commitment is kept from this share on: a meter's tolerance. */
const KEPT_SHARE = 0.99

/** What one visit has been through so far. */
interface Stay {
  readonly visit: StudyVisit
  firstServedAt: number | null
  deferred: boolean
  /** Energy at the time of its commitment. */
  promisedWh: number | null
}

export async function play(site: StudySite, days: StudyDays, options: RunOptions): Promise<Run> {
  const player = new Player(site, days, options)
  for (let at = days.from - WARM_UP_MS; at < days.until; at += STEP_MS) {
    player.step(at)
    if (at % 600_000 === 0) {
      options.signal?.throwIfAborted()
      await breathe()
    }
  }
  return player.end()
}

class Player {
  readonly #site: StudySite
  readonly #days: StudyDays
  readonly #tickMs: number
  readonly #next: Chance
  readonly #chargers: readonly Charger[]
  readonly #byOutlet: ReadonlyMap<string, Charger>
  readonly #wiring: Wiring
  readonly #policy: (input: BalanceInput) => BalanceInput
  readonly #course: CourseRecorder
  readonly #arrivals: readonly StudyVisit[]
  readonly #roots: readonly string[]
  readonly #stays = new Map<string, Stay>()
  readonly #outcomes: VisitOutcome[] = []
  readonly #decisions: Decision[] = []
  /** What each outlet's newest decision said: amps and session. */
  readonly #told = new Map<string, string>()
  #state = initialBalanceState
  #meters: readonly MeterCurrent[] = []
  #arrived = 0
  #setPoints = 0
  #cost: number | null
  #quarter = { siteWh: 0, carsWh: 0 }
  #peakWatts = 0
  #carsPeakWatts = 0

  constructor(site: StudySite, days: StudyDays, { tickMs, seed }: RunOptions) {
    const { voltage, settleMs: followMs } = site.settings
    const at = days.from - WARM_UP_MS
    this.#site = site
    this.#days = days
    this.#tickMs = tickMs
    this.#next = chance(`${seed} meters`)
    this.#chargers = site.stations.map(
      (station) => new Charger(station, { at, voltage, followMs, next: chance(`${seed} charger ${station.outletId}`) }),
    )
    this.#byOutlet = new Map(this.#chargers.map((charger) => [charger.station.outletId, charger]))
    const { circuits, stations } = site
    const { building, limits } = days
    this.#wiring = new Wiring({ circuits, stations, building, limits, voltage, tickMs })
    this.#policy = site.policy()
    this.#course = new CourseRecorder(site, days)
    this.#arrivals = days.visits.toSorted(
      (one, other) => one.arrivesAt - other.arrivesAt || (one.id < other.id ? -1 : 1),
    )
    this.#roots = site.circuits.filter(({ parentId }) => parentId === null).map(({ id }) => id)
    this.#cost = site.tariff === null ? null : 0
  }

  step(at: number): void {
    const counts = at >= this.#days.from
    this.#comeAndGo(at)
    for (const charger of this.#chargers) charger.step(at)
    this.#wiring.step(at, this.#chargers, counts)
    if (counts) this.#account(at)
    if (at % this.#tickMs === 0) this.#tick(at)
    this.#measure(at)
  }

  end(): Run {
    for (const charger of this.#chargers) this.#depart(charger, this.#days.until)
    this.#closeQuarter()
    return {
      site: this.#site,
      days: this.#days,
      visits: this.#outcomes,
      over: this.#wiring.over,
      peakWatts: this.#peakWatts,
      carsPeakWatts: this.#carsPeakWatts,
      cost: this.#cost,
      setPoints: this.#setPoints,
      decisions: this.#decisions,
      course: this.#course.end(),
    }
  }

  #comeAndGo(at: number): void {
    for (const charger of this.#chargers)
      if (charger.visit !== null && at >= charger.visit.leavesAt) this.#depart(charger, at)
    for (;;) {
      const visit = this.#arrivals[this.#arrived]
      if (visit === undefined || visit.arrivesAt > at) return
      this.#arrived += 1
      const charger = this.#byOutlet.get(visit.outletId)
      if (charger === undefined || visit.leavesAt <= at) continue
      // Two visits that overlap by a recorder's delay: the first has left.
      this.#depart(charger, at)
      charger.arrive(visit)
      this.#stays.set(visit.outletId, { visit, firstServedAt: null, deferred: false, promisedWh: null })
    }
  }

  #depart(charger: Charger, at: number): void {
    const { visit, car } = charger
    const stay = this.#stays.get(charger.station.outletId)
    if (visit === null || car === null || stay === undefined) return
    const { commitment } = visit
    const keptWh = stay.promisedWh ?? car.acWh
    this.#outcomes.push({
      visit,
      energyWh: car.acWh,
      batteryWh: car.batteryWh,
      aloneWh: aloneWh(
        asCharged(visit.car, charger),
        charger.station.maxAmps,
        this.#site.settings.voltage,
        visit.arrivesAt,
        at,
      ),
      isFull: car.isFull,
      pauses: car.pauses,
      gaveUp: car.gaveUp,
      firstServedAt: stay.firstServedAt,
      deferred: stay.deferred,
      commitmentMet: commitment === null ? null : car.isFull || keptWh >= KEPT_SHARE * commitment.energyWh,
    })
    this.#stays.delete(charger.station.outletId)
    charger.leave()
  }

  #account(at: number): void {
    const { voltage } = this.#site.settings
    let carsWatts = 0
    for (const charger of this.#chargers) {
      const { car, amps } = charger
      if (car === null) continue
      carsWatts += amps * charger.drawingPhases * voltage
      const stay = this.#stays.get(charger.station.outletId)
      if (stay === undefined) continue
      if (amps > 0) stay.firstServedAt ??= at
      const byAt = stay.visit.commitment?.byAt ?? Infinity
      if (at >= byAt) stay.promisedWh ??= car.acWh
    }
    let siteWatts = 0
    for (const root of this.#roots)
      for (let phase = 0; phase < 3; phase++) siteWatts += this.#wiring.loadAmps(root, phase) * voltage
    if (this.#cost !== null && carsWatts > 0) {
      const price = this.#site.tariff?.priceAt(at) ?? null
      this.#cost = price === null ? null : this.#cost + (price * carsWatts) / 3_600_000
    }
    this.#quarter.siteWh += siteWatts / 3600
    this.#quarter.carsWh += carsWatts / 3600
    if ((at + STEP_MS) % QUARTER_MS === 0) this.#closeQuarter()
    this.#course.note(at, this.#chargers, this.#wiring)
  }

  #closeQuarter(): void {
    this.#peakWatts = Math.max(this.#peakWatts, this.#quarter.siteWh * 4)
    this.#carsPeakWatts = Math.max(this.#carsPeakWatts, this.#quarter.carsWh * 4)
    this.#quarter = { siteWh: 0, carsWh: 0 }
  }

  /** What the meters show is read before the next decision, so it is old by then. */
  #measure(at: number): void {
    if ((at + METER_AGE_MS) % this.#tickMs !== 0) return
    this.#meters = this.#site.circuits.flatMap(({ id, meterId }) => {
      if (meterId === null) return []
      const [L1 = 0, L2 = 0, L3 = 0] = PHASES.map((_, phase) =>
        Math.max(0, this.#wiring.loadAmps(id, phase) + METER_NOISE_AMPS * (this.#next() - 0.5)),
      )
      return [{ meterId, amps: { L1, L2, L3 }, takenAt: at }]
    })
  }

  #tick(at: number): void {
    const { circuits, parameters, settings } = this.#site
    const input = this.#policy({
      at,
      circuits,
      outlets: this.#chargers.map((charger) => charger.outlet(at)),
      meters: this.#meters,
      limits: this.#days.limits.length === 0 ? [] : limitsInForce(this.#days.limits, at),
      parameters,
      settings,
    })
    const { allocations, state } = allocate(input, this.#state)
    this.#state = state
    // Decreases go on the wire first, as on the site.
    const change = ({ outletId, amps }: Allocation): number => amps - (this.#byOutlet.get(outletId)?.offeredAmps ?? 0)
    for (const allocation of allocations.toSorted((one, other) => change(one) - change(other)))
      this.#apply(allocation, at)
  }

  #apply({ outletId, amps, binding, rank }: Allocation, at: number): void {
    const charger = this.#byOutlet.get(outletId)
    if (charger === undefined) return
    this.#course.noteBinding(charger, binding)
    const stay = this.#stays.get(outletId)
    if (stay !== undefined && binding.kind === 'wait') stay.deferred = true
    if (charger.send(amps, at)) this.#setPoints += at < this.#days.from ? 0 : 1
    const { visit, station } = charger
    const told = `${amps} ${visit?.id ?? ''}`
    if (this.#told.get(outletId) === told) return
    this.#told.set(outletId, told)
    if (visit === null) return
    const { stationId, evse } = station
    this.#decisions.push({ at, stationId, evse, sessionId: visit.id, amps, binding, rank })
  }
}

function asCharged(car: CarModel, charger: Charger): CarModel {
  const phases = charger.drawingPhases
  return { ...car, phases: phases === 3 ? 3 : phases === 2 ? 2 : 1 }
}
