/** The true currents of the wiring, second by second, and whether a fuse or a power limit is exceeded. */
import type { Circuit } from '../model/circuit.ts'
import { PHASES } from '../model/phase.ts'
import { limitsInForce, type SiteLimit } from '../model/site-limit.ts'
import type { Building } from './building.ts'
import type { Charger } from './charger.ts'
import type { StudyStation } from './study-site.ts'

export interface OverLimit {
  /**
   * Seconds in which cars took more than a limit left: a fuse, the cars' power, or a limit from outside. Not those in which a jump of the
   * building, or a limit that has only just come, explains it.
   */
  readonly seconds: number
  /** Highest excess then, A on one phase (or the power's equivalent). */
  readonly worstAmps: number
  readonly circuitId: string | null
  /** Seconds in which those explain it: the cars were still on their way down. No fuse notices those. */
  readonly jumpSeconds: number
  /** Seconds in which the building alone took more than the limit. */
  readonly buildingSeconds: number
}

/** Beside the wait for the next decision, a meter, a command and a car take this long together. */
const REACTION_SECONDS = 15
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

/** What one second shows. */
interface Found {
  worstAmps: number
  circuitId: string | null
  jumped: boolean
  buildingAlone: boolean
}

export interface WiringOptions {
  readonly circuits: readonly Circuit[]
  readonly stations: readonly StudyStation[]
  readonly building: Building
  readonly limits: readonly SiteLimit[]
  readonly voltage: number
  /** How often the core decides. */
  readonly tickMs: number
}

export class Wiring {
  readonly #branches: readonly Branch[]
  readonly #paths: ReadonlyMap<string, readonly number[]>
  readonly #building: Building
  readonly #voltage: number
  /** Within it a jump is answered. */
  readonly #reactionSeconds: number
  readonly #outside: readonly SiteLimit[]
  /** Three phases per circuit. */
  readonly #cars: Float64Array
  readonly #load: Float64Array
  readonly #scratch = new Float64Array(3)
  #second = 0
  #over = { seconds: 0, worstAmps: 0, circuitId: null as string | null, jumpSeconds: 0, buildingSeconds: 0 }

  constructor({ circuits, stations, building, limits, voltage, tickMs }: WiringOptions) {
    this.#reactionSeconds = REACTION_SECONDS + Math.ceil(tickMs / 1000)
    this.#outside = limits
    const place = new Map(circuits.map(({ id }, index) => [id, index]))
    this.#branches = circuits.map((circuit) => ({
      circuit,
      parent: circuit.parentId === null ? -1 : (place.get(circuit.parentId) ?? -1),
      limits: PHASES.map((phase) => circuit.limitAmps[phase]),
      hasBuilding: seesMeter(circuits, circuit),
      recent: new Float64Array(this.#reactionSeconds * 3),
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
    this.#addCars(chargers)
    // A limit that has only just come is not held yet.
    const held = this.#outside.length === 0 ? [] : this.#heldAt(at)
    const found: Found = { worstAmps: 0, circuitId: null, jumped: false, buildingAlone: false }
    for (const [index, branch] of this.#branches.entries()) {
      if (branch.hasBuilding) this.#building.loadAt(branch.circuit.id, at, this.#scratch)
      else this.#scratch.fill(0)
      const own = held.filter(({ circuitId }) => circuitId === branch.circuit.id)
      for (let phase = 0; phase < 3; phase++) this.#judgePhase(index, branch, phase, own, found)
      this.#judgePower(index, branch, own, found)
    }
    this.#second += 1
    if (!counts) return
    if (found.worstAmps > 0) this.#over.seconds += 1
    else if (found.jumped) this.#over.jumpSeconds += 1
    if (found.buildingAlone) this.#over.buildingSeconds += 1
    if (found.worstAmps <= this.#over.worstAmps) return
    this.#over.worstAmps = found.worstAmps
    this.#over.circuitId = found.circuitId
  }

  #addCars(chargers: readonly Charger[]): void {
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
  }

  #heldAt(at: number): readonly SiteLimit[] {
    return limitsInForce(this.#outside, at).filter(({ since }) => at - since >= this.#reactionSeconds * 1000)
  }

  #judgePhase(index: number, branch: Branch, phase: number, held: readonly SiteLimit[], found: Found): void {
    const slot = index * 3 + phase
    const building = this.#scratch[phase] ?? 0
    const cars = this.#cars[slot] ?? 0
    this.#load[slot] = building + cars
    branch.recent[(this.#second % this.#reactionSeconds) * 3 + phase] = building
    const fuse = branch.limits[phase] ?? 0
    if (building > fuse) found.buildingAlone = true
    const limit = held.reduce((least, { maxAmps }) => Math.min(least, maxAmps?.[PHASES[phase] ?? 'L1'] ?? least), fuse)
    const allowed = branch.hasBuilding ? limit * (1 + METERED_TOLERANCE) : limit + CARS_TOLERANCE_AMPS
    const excess = Math.min(building + cars - allowed, cars)
    if (excess <= 0) return
    if (excess <= building - this.#lowest(branch, phase)) found.jumped = true
    else noteWorst(found, excess, branch)
  }

  #judgePower(index: number, branch: Branch, held: readonly SiteLimit[], found: Found): void {
    const watts = held.reduce(
      (least, { carsMaxWatts }) => Math.min(least, carsMaxWatts ?? least),
      branch.circuit.carsMaxWatts ?? Infinity,
    )
    if (watts === Infinity) return
    let amps = 0
    for (let phase = 0; phase < 3; phase++) amps += this.#cars[index * 3 + phase] ?? 0
    noteWorst(found, amps - (watts * (1 + METERED_TOLERANCE)) / this.#voltage, branch)
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

  #lowest({ recent }: Branch, phase: number): number {
    const known = Math.min(this.#second + 1, this.#reactionSeconds)
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

function noteWorst(found: Found, amps: number, { circuit }: Branch): void {
  if (amps <= found.worstAmps) return
  found.worstAmps = amps
  found.circuitId = circuit.id
}

function seesMeter(circuits: readonly Circuit[], circuit: Circuit): boolean {
  return (
    circuit.meterId !== null || circuits.some((child) => child.parentId === circuit.id && seesMeter(circuits, child))
  )
}
