/** The true currents of the wiring, second by second, and whether a fuse or a power limit is exceeded. */
import type { Circuit } from '../model/circuit.ts'
import { PHASES } from '../model/phase.ts'
import type { Building } from './building.ts'
import type { Charger } from './charger.ts'
import type { StudyStation } from './study-site.ts'

export interface OverLimit {
  /** Seconds in which cars took more than the limit left, beyond what a jump of the building explains. */
  readonly seconds: number
  /** Highest excess then, A on one phase (or the power's equivalent). */
  readonly worstAmps: number
  readonly circuitId: string | null
  /** Seconds in which the building had just jumped and the cars were still on their way down. No fuse notices those. */
  readonly jumpSeconds: number
  /** Seconds in which the building alone took more than the limit. */
  readonly buildingSeconds: number
}

/** A meter, a decision, a command and a car take this long together; a building that jumps is answered within it. */
const REACTION_SECONDS = 20
/** Meters and cars are not more exact than this. */
const METERED_TOLERANCE = 0.02
const CARS_TOLERANCE_AMPS = 0.5

interface Branch {
  readonly circuit: Circuit
  readonly parent: number
  readonly limits: readonly number[]
  readonly hasBuilding: boolean
  /** Building load of the last seconds, three phases each. */
  readonly recent: Float64Array
}

export class Wiring {
  readonly #branches: readonly Branch[]
  readonly #paths: ReadonlyMap<string, readonly number[]>
  readonly #building: Building
  readonly #voltage: number
  /** Three phases per circuit. */
  readonly #cars: Float64Array
  readonly #load: Float64Array
  readonly #scratch = new Float64Array(3)
  #second = 0
  #over = { seconds: 0, worstAmps: 0, circuitId: null as string | null, jumpSeconds: 0, buildingSeconds: 0 }

  constructor(circuits: readonly Circuit[], stations: readonly StudyStation[], building: Building, voltage: number) {
    const place = new Map(circuits.map(({ id }, index) => [id, index]))
    this.#branches = circuits.map((circuit) => ({
      circuit,
      parent: circuit.parentId === null ? -1 : (place.get(circuit.parentId) ?? -1),
      limits: PHASES.map((phase) => circuit.limitAmps[phase]),
      hasBuilding: seesMeter(circuits, circuit),
      recent: new Float64Array(REACTION_SECONDS * 3),
    }))
    this.#paths = new Map(
      stations.map(({ outletId, circuitId }) => [outletId, this.#pathFrom(place.get(circuitId) ?? -1)]),
    )
    this.#building = building
    this.#voltage = voltage
    this.#cars = new Float64Array(circuits.length * 3)
    this.#load = new Float64Array(circuits.length * 3)
  }

  /** One second: adds everything up and judges it. `counts`: false while the study warms up. */
  step(at: number, chargers: readonly Charger[], counts: boolean): void {
    this.#cars.fill(0)
    for (const charger of chargers) {
      if (charger.amps === 0) continue
      const { rotation, outletId } = charger.station
      const phases = charger.drawingPhases
      for (const branch of this.#paths.get(outletId) ?? [])
        for (let terminal = 0; terminal < phases; terminal++) {
          const slot = branch * 3 + PHASES.indexOf(rotation[terminal] ?? 'L1')
          this.#cars[slot] = (this.#cars[slot] ?? 0) + charger.amps
        }
    }
    let worst = 0
    let jumped = false
    let buildingAlone = false
    for (const [index, branch] of this.#branches.entries()) {
      if (branch.hasBuilding) this.#building.loadAt(branch.circuit.id, at, this.#scratch)
      else this.#scratch.fill(0)
      for (let phase = 0; phase < 3; phase++) {
        const slot = index * 3 + phase
        const building = this.#scratch[phase] ?? 0
        const cars = this.#cars[slot] ?? 0
        this.#load[slot] = building + cars
        const limit = branch.limits[phase] ?? 0
        branch.recent[(this.#second % REACTION_SECONDS) * 3 + phase] = building
        if (building > limit) buildingAlone = true
        const allowed = branch.hasBuilding ? limit * (1 + METERED_TOLERANCE) : limit + CARS_TOLERANCE_AMPS
        const excess = Math.min(building + cars - allowed, cars)
        if (excess <= 0) continue
        if (excess <= building - this.#lowest(branch, phase)) jumped = true
        else if (excess > worst) {
          worst = excess
          this.#noteWorst(excess, branch.circuit.id, counts)
        }
      }
      const power = this.#powerExcessAmps(index, branch.circuit)
      if (power > worst) {
        worst = power
        this.#noteWorst(power, branch.circuit.id, counts)
      }
    }
    this.#second += 1
    if (!counts) return
    if (worst > 0) this.#over.seconds += 1
    else if (jumped) this.#over.jumpSeconds += 1
    if (buildingAlone) this.#over.buildingSeconds += 1
  }

  get over(): OverLimit {
    return { ...this.#over }
  }

  /** Everything on the circuit per phase, A. */
  loadAmps(circuitId: string, phase: number): number {
    return this.#load[this.#slot(circuitId, phase)] ?? 0
  }

  carsAmps(circuitId: string, phase: number): number {
    return this.#cars[this.#slot(circuitId, phase)] ?? 0
  }

  #slot(circuitId: string, phase: number): number {
    return this.#branches.findIndex(({ circuit }) => circuit.id === circuitId) * 3 + phase
  }

  #noteWorst(amps: number, circuitId: string, counts: boolean): void {
    if (!counts || amps <= this.#over.worstAmps) return
    this.#over.worstAmps = amps
    this.#over.circuitId = circuitId
  }

  #powerExcessAmps(index: number, { carsMaxWatts }: Circuit): number {
    if (carsMaxWatts === null) return 0
    let amps = 0
    for (let phase = 0; phase < 3; phase++) amps += this.#cars[index * 3 + phase] ?? 0
    return amps - (carsMaxWatts * (1 + METERED_TOLERANCE)) / this.#voltage
  }

  #lowest({ recent }: Branch, phase: number): number {
    const known = Math.min(this.#second + 1, REACTION_SECONDS)
    let lowest = Infinity
    for (let index = 0; index < known; index++) lowest = Math.min(lowest, recent[index * 3 + phase] ?? 0)
    return lowest
  }

  #pathFrom(place: number): readonly number[] {
    const path: number[] = []
    for (let next = place; next >= 0; next = this.#branches[next]?.parent ?? -1) path.push(next)
    return path
  }
}

function seesMeter(circuits: readonly Circuit[], circuit: Circuit): boolean {
  return (
    circuit.meterId !== null || circuits.some((child) => child.parentId === circuit.id && seesMeter(circuits, child))
  )
}
