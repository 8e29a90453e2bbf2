/** What a picture needs of a run: minute by minute who drew how much, and what the building took. */
import type { Binding } from '../model/set-point.ts'
import { PHASES } from '../model/phase.ts'
import type { Charger } from './charger.ts'
import { stationName, type StudyDays, type StudySite } from './study-site.ts'
import type { Wiring } from './wiring.ts'

/**
 * away: no car. charging: current flows. waiting: it wants current and gets none. deferred: the same, for a better hour. done: it takes
 * no more, or has a timer of its own.
 */
export type Presence = 'away' | 'waiting' | 'deferred' | 'charging' | 'done'

export interface StationCourse {
  readonly name: string
  readonly circuitId: string
  /** Mean current of each minute on each site phase L1 L2 L3. */
  readonly amps: readonly [Float32Array, Float32Array, Float32Array]
  readonly presence: readonly Presence[]
}

export interface CircuitCourse {
  readonly circuitId: string
  /** What is not ours, mean of each minute per phase. */
  readonly buildingAmps: readonly [Float32Array, Float32Array, Float32Array]
  /** How often this circuit was what bound a set-point. */
  readonly bound: number
}

export interface Course {
  readonly from: number
  readonly minutes: number
  readonly stations: readonly StationCourse[]
  readonly circuits: readonly CircuitCourse[]
}

const MINUTE_MS = 60_000

export class CourseRecorder {
  readonly #from: number
  readonly #minutes: number
  readonly #stations: readonly (StationCourse & { readonly presence: Presence[] })[]
  readonly #circuits: readonly Omit<CircuitCourse, 'bound'>[]
  readonly #bound = new Map<string, number>()
  readonly #deferred = new Set<string>()

  constructor(site: StudySite, days: StudyDays) {
    this.#from = days.from
    this.#minutes = Math.max(1, Math.ceil((days.until - days.from) / MINUTE_MS))
    this.#stations = site.stations.map((station) => ({
      name: stationName(station),
      circuitId: station.circuitId,
      amps: this.#phases(),
      presence: Array.from({ length: this.#minutes }, (): Presence => 'away'),
    }))
    this.#circuits = site.circuits.map(({ id }) => ({ circuitId: id, buildingAmps: this.#phases() }))
  }

  /** One second. */
  note(at: number, chargers: readonly Charger[], wiring: Wiring): void {
    const minute = Math.floor((at - this.#from) / MINUTE_MS)
    for (const [index, charger] of chargers.entries()) {
      const course = this.#stations[index]
      if (course === undefined) continue
      for (let terminal = 0; terminal < charger.drawingPhases && charger.amps > 0; terminal++) {
        const phase = PHASES.indexOf(charger.station.rotation[terminal] ?? 'L1')
        add(course.amps[phase], minute, charger.amps / 60)
      }
      course.presence[minute] = later(
        course.presence[minute],
        presenceOf(charger, at, this.#deferred.has(charger.station.outletId)),
      )
    }
    for (const { circuitId, buildingAmps } of this.#circuits)
      for (let phase = 0; phase < 3; phase++) {
        const building = wiring.loadAmps(circuitId, phase) - wiring.carsAmps(circuitId, phase)
        if (building !== 0) add(buildingAmps[phase], minute, building / 60)
      }
  }

  /** What was decided of a charger, each time. */
  noteBinding({ visit, station }: Charger, binding: Binding): void {
    if (visit !== null && binding.kind === 'wait') this.#deferred.add(station.outletId)
    else this.#deferred.delete(station.outletId)
    if (visit === null || !('circuitId' in binding)) return
    this.#bound.set(binding.circuitId, (this.#bound.get(binding.circuitId) ?? 0) + 1)
  }

  end(): Course {
    return {
      from: this.#from,
      minutes: this.#minutes,
      stations: this.#stations,
      circuits: this.#circuits.map((course) => ({ ...course, bound: this.#bound.get(course.circuitId) ?? 0 })),
    }
  }

  #phases(): [Float32Array, Float32Array, Float32Array] {
    return [new Float32Array(this.#minutes), new Float32Array(this.#minutes), new Float32Array(this.#minutes)]
  }
}

function add(series: Float32Array | undefined, minute: number, amps: number): void {
  if (series !== undefined) series[minute] = (series[minute] ?? 0) + amps
}

function presenceOf({ visit, car, amps }: Charger, at: number, isDeferred: boolean): Presence {
  if (visit === null || car === null) return 'away'
  if (amps > 0) return 'charging'
  if (car.isFull || car.gaveUp || car.sleeps(at)) return 'done'
  return isDeferred ? 'deferred' : 'waiting'
}

/** A minute in which current flowed is one of charging. */
function later(before: Presence | undefined, now: Presence): Presence {
  return before === 'charging' ? before : now
}
