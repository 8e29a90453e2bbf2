/**
 * The judge of a scenario: it knows the true currents every 10 ms and nothing of the bridge.
 *
 * A circuit may be above its limit for as long as the devices need, and by no more than what came without the bridge: the rise of the
 * building within the reaction time, or the old limit within it. What was allowed to the cars beyond that is a fault of ours, however short.
 */
import { type Phase, PHASES } from '../../../src/model/phase.ts'
import type { ManualClock } from '../../peers/manual-clock.ts'
import type { Load } from './building.ts'
import { VOLTAGE } from './car.ts'
import { type CircuitId, GRAIN_MS, type Yard } from './yard.ts'

/**
 * From a load that is switched on to the current that has followed: the meter shows it (0.2 s), is polled (1 s), the order waits for the gap
 * that the box demands between two writes (KEBA: 5 s), is written and read back (0.5 s), reaches the pilot (0.2 s), the car follows (5 s).
 */
const REACTION_MS = 12_000
/** Cars below it are not measured finer by anybody. */
const TOLERANCE_AMPS = 0.3
/** A meter is believed for so long (`meterStaleMs`), then cuts go out, then the cars follow. */
const SILENCE_MS = 10_000

export interface Limits {
  /** Per circuit; what a grid operator or energy manager asks for counts like a fuse. */
  readonly amps: ReadonlyMap<CircuitId, number>
  /** For all cars together. */
  readonly carsWatts: number | null
}

export interface Over {
  readonly circuit: string
  readonly phase: Phase
  readonly atSecond: number
  readonly amps: number
  readonly limitAmps: number
  /** Beyond what is allowed. */
  readonly excessAmps: number
}

interface Dated<Value> {
  /** Since when a load holds; when a limit was replaced. */
  readonly at: number
  readonly value: Value
}

export class Judge {
  /** The worst moment of each circuit and phase that has one. */
  readonly faults = new Map<string, Over>()
  /** Worst true current over a limit, allowed or not. */
  worstOverAmps = 0
  /** The same on circuits that feed cars only. */
  worstOverOfCarsAmps = 0
  overAmpSeconds = 0
  /** Most that the cars may have drawn at once above a fuse of theirs, had each taken what it was offered. */
  worstOfferOverAmps = 0
  worstUnbalanceAmps = 0
  /** For how long a charger has given more than it was ordered, and one has fallen back: faults that nobody feels prove nothing. */
  disobeyedMs = 0
  fellBackMs = 0
  /** How long a circuit was filled to 80 %: fuses that nobody loads prove nothing. */
  busyMs = 0
  readonly #yard: Yard
  readonly #clock: ManualClock
  readonly #reactionMs: number
  #limits: Limits
  readonly #oldLimits: Dated<Limits>[] = []
  readonly #loads: Dated<Load>[] = []
  #silentSince: number | null = null
  #deadSince: number | null = null
  #blindUntil = Number.NEGATIVE_INFINITY
  #blindMs = 0
  #unbalancedMs = 0

  /** @param corrections how many of them are needed one after the other: two where a charger must first be found not to obey */
  constructor(yard: Yard, clock: ManualClock, corrections = 1) {
    this.#yard = yard
    this.#clock = clock
    this.#reactionMs = corrections * REACTION_MS
    this.#limits = { amps: new Map(), carsWatts: null }
  }

  set limits(limits: Limits) {
    this.#oldLimits.push({ at: this.#clock.monotonic(), value: this.#limits })
    this.#limits = limits
  }

  /** Without a meter only the fail-safe counts: the building above it is nobody's fault. */
  meterIsSilent(silent: boolean): void {
    const now = this.#clock.monotonic()
    if (!silent && this.#silentSince !== null) this.#blind(now, now - this.#silentSince)
    this.#silentSince = silent ? now : null
  }

  bridgeIs(alive: boolean): void {
    const now = this.#clock.monotonic()
    if (alive && this.#deadSince !== null) this.#blind(now, now - this.#deadSince)
    this.#deadSince = alive ? null : now
  }

  look(): void {
    const now = this.#clock.monotonic()
    if (this.#loads.at(-1)?.value !== this.#yard.building) this.#loads.push({ at: now, value: this.#yard.building })
    // The load that held at the beginning of the time of grace counts, a limit that was replaced before does not.
    while ((this.#loads[1]?.at ?? Infinity) <= now - this.#graceMs(now, true)) this.#loads.shift()
    while ((this.#oldLimits[0]?.at ?? Infinity) <= now - this.#graceMs(now, false)) this.#oldLimits.shift()
    let busy = false
    for (const { id, limitAmps } of this.#yard.circuits) {
      const cars = this.#yard.carsDraw(id)
      const offers = id === 'house' ? null : this.#yard.carsMayDraw(id)
      const limit = Math.min(limitAmps, this.#limits.amps.get(id) ?? Infinity)
      for (const [index, phase] of PHASES.entries()) {
        const building = id === 'house' ? (this.#yard.building[index] ?? 0) : 0
        const amps = cars[phase] + building
        busy ||= amps > 0.8 * limit
        if (offers !== null) this.worstOfferOverAmps = Math.max(this.worstOfferOverAmps, offers[phase] - limitAmps)
        const over = amps - limit
        if (over <= 0) continue
        this.worstOverAmps = Math.max(this.worstOverAmps, over)
        if (id !== 'house') this.worstOverOfCarsAmps = Math.max(this.worstOverOfCarsAmps, over)
        this.overAmpSeconds += (over * GRAIN_MS) / 1000
        const rise = id === 'house' ? building - this.#leastBuilding(index) : 0
        const before = this.#limitBefore(id, limitAmps)
        // Never more than what could have been shed.
        const excess = Math.min(
          amps - Math.max(limit, before) - rise - TOLERANCE_AMPS,
          cars[phase] - this.#held(id, phase),
        )
        if (excess > 0)
          this.#fault({ circuit: id, phase, atSecond: now / 1000, amps, limitAmps: limit, excessAmps: excess })
      }
    }
    if (busy) this.busyMs += GRAIN_MS
    if (this.#yard.bays.some((bay) => bay.disobeys && (bay.car?.drawnAmps ?? 0) > 0)) this.disobeyedMs += GRAIN_MS
    if (this.#yard.bays.some((bay) => bay.fellBack && (bay.car?.drawnAmps ?? 0) > 0)) this.fellBackMs += GRAIN_MS
    this.#lookAtFailSafe(now)
    this.#lookAtWatts(now)
    this.#lookAtUnbalance(now)
  }

  #lookAtFailSafe(now: number): void {
    if (this.#silentSince === null || now - this.#silentSince < SILENCE_MS + this.#reactionMs) return
    const cars = this.#yard.carsDraw('house')
    const { failSafeAmps } = this.#yard.plan
    for (const phase of PHASES) {
      const excessAmps = cars[phase] - failSafeAmps - TOLERANCE_AMPS
      if (excessAmps > 0)
        this.#fault({
          circuit: 'fail-safe',
          phase,
          atSecond: now / 1000,
          amps: cars[phase],
          limitAmps: failSafeAmps,
          excessAmps,
        })
    }
  }

  #lookAtWatts(now: number): void {
    const before = Math.max(0, ...this.#oldLimits.map(({ value }) => value.carsWatts ?? Infinity))
    const watts = Math.max(this.#limits.carsWatts ?? Infinity, before)
    const cars = this.#yard.carsDraw('feeder')
    const amps = PHASES.reduce((sum, phase) => sum + cars[phase], 0)
    const excessAmps = amps - watts / VOLTAGE - TOLERANCE_AMPS
    if (excessAmps > 0)
      this.#fault({ circuit: 'power', phase: 'L1', atSecond: now / 1000, amps, limitAmps: watts / VOLTAGE, excessAmps })
  }

  /** No loop of software holds it at each moment: the sum of set-points does, once the cars have followed. */
  #lookAtUnbalance(now: number): void {
    const { unbalanceAmps } = this.#yard.plan
    if (unbalanceAmps === null) return
    const cars = PHASES.map((phase) => this.#yard.carsDraw('feeder')[phase])
    const amps = Math.max(...cars) - Math.min(...cars)
    this.worstUnbalanceAmps = Math.max(this.worstUnbalanceAmps, amps)
    const excessAmps = amps - unbalanceAmps - TOLERANCE_AMPS
    this.#unbalancedMs = excessAmps > 0 ? this.#unbalancedMs + GRAIN_MS : 0
    if (this.#unbalancedMs > this.#reactionMs)
      this.#fault({
        circuit: 'unbalance',
        phase: 'L1',
        atSecond: now / 1000,
        amps,
        limitAmps: unbalanceAmps,
        excessAmps,
      })
  }

  #fault(over: Over): void {
    const key = `${over.circuit} ${over.phase}`
    if ((this.faults.get(key)?.excessAmps ?? 0) < over.excessAmps) this.faults.set(key, over)
  }

  /** What a charger gives against its order. */
  #held(id: CircuitId, phase: Phase): number {
    let held = 0
    for (const bay of this.#yard.below(id)) if (bay.disobeys) held += bay.draws(phase)
    return held
  }

  #leastBuilding(phase: number): number {
    return Math.min(...this.#loads.map(({ value }) => value[phase] ?? 0))
  }

  #limitBefore(id: CircuitId, fuseAmps: number): number {
    return Math.max(0, ...this.#oldLimits.map(({ value }) => Math.min(fuseAmps, value.amps.get(id) ?? Infinity)))
  }

  /** A bridge that is dead reacts when it is back, one whose meter is silent sees the building when it speaks again. */
  #graceMs(now: number, ofBuilding: boolean): number {
    const since = ofBuilding ? (this.#silentSince ?? this.#deadSince) : this.#deadSince
    if (since !== null) return this.#reactionMs + now - since
    return now < this.#blindUntil ? this.#reactionMs + this.#blindMs : this.#reactionMs
  }

  #blind(now: number, ms: number): void {
    this.#blindUntil = now + this.#reactionMs
    this.#blindMs = ms + this.#reactionMs
  }
}
