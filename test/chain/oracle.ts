/**
 * The judge of the fuses. It knows the truth of the simulated world and nothing of the bridge.
 *
 * A circuit above its limit is a fault of ours when a car that could have been stopped (its charger answers and obeys, and the bridge lives)
 * has gone on drawing for longer than the way of an order takes. That way: meter poll 1 s, bus 1 s, KEBA's gap of 5 s between writes,
 * read-back, the car's own 5 s (IEC 61851-1 A.4).
 */
import { PHASES } from '../../src/model/phase.ts'
import type { Clock } from '../../src/model/clock.ts'
import type { CarPark } from './car-park.ts'
import { FAIL_SAFE, GARAGE_AMPS, HOUSE_AMPS } from './car-park.ts'

const ORDER_MS = 15_000
/** A silent meter is believed this long (F42). */
const SILENCE_MS = 10_000
/** A frozen one needs longer to be found out (F43). */
const FROZEN_MS = 75_000
/** A charger that does not obey is found out after the time that cars are given to settle; then the others make room. */
const DISOBEDIENCE_MS = 16_000
const EPSILON_AMPS = 0.05
const SAFE_MARGIN_MS = 1000

export class Oracle {
  readonly faults: string[] = []
  /** Most amps that ever flowed to cars, and how long the circuits were full: a test without load proves nothing. */
  mostAmps = 0
  busyMs = 0
  bridgeLives = false
  readonly #park: CarPark
  readonly #clock: Clock
  readonly #overSince = new Map<string, number>()
  #bridgeDiedAt: number | null = null
  /** Until when (monotonic ms) what happened a while ago may still be felt. */
  #blindUntil = { silent: 0, frozen: 0 }
  #disobeyedUntil = 0
  #returnedUntil = 0
  readonly #fallen = new Set<string>()
  #last: number

  constructor(park: CarPark, clock: Clock) {
    this.#park = park
    this.#clock = clock
    this.#last = clock.monotonic()
    park.onStep = () => this.#look()
  }

  bridgeIs(alive: boolean): void {
    this.bridgeLives = alive
    this.#bridgeDiedAt = alive ? null : this.#clock.monotonic()
    this.#overSince.clear()
  }

  #look(): void {
    const now = this.#clock.monotonic()
    const truth = this.#park.truth()
    this.mostAmps = Math.max(this.mostAmps, ...truth.garage)
    if (truth.garage.some((amps) => amps > GARAGE_AMPS - 2) || truth.house.some((amps) => amps > HOUSE_AMPS - 2))
      this.busyMs += now - this.#last
    this.#last = now
    this.#noteExcuses(now)
    if (this.#bridgeDiedAt !== null) {
      this.#judgeFailSafe(now, this.#bridgeDiedAt)
      return
    }
    const disobeyed = now < this.#disobeyedUntil ? DISOBEDIENCE_MS : 0
    const blind = now < this.#blindUntil.frozen ? FROZEN_MS : now < this.#blindUntil.silent ? SILENCE_MS : 0
    const house = ORDER_MS + blind + disobeyed
    // No building and no meter here: more than the limit is never ordered, not even for a moment. But a box that had fallen back behind a
    // dead wire takes its old set-point up again as soon as it is asked anything.
    const returned = now < this.#returnedUntil ? ORDER_MS : 0
    const garage = disobeyed > 0 ? ORDER_MS + disobeyed : returned
    PHASES.forEach((phase, index) => {
      this.#judge('house', phase, truth.house[index] ?? 0, HOUSE_AMPS, this.#canStop(phase), house, now)
      this.#judge('garage', phase, truth.garage[index] ?? 0, GARAGE_AMPS, this.#canStop(phase), garage, now)
    })
  }

  /** Whether a car draws there whose charger answers and obeys. */
  #canStop(phase: 'L1' | 'L2' | 'L3'): boolean {
    return this.#park.boxes.some((box) => box.fault === null && box.draws(phase) > 0)
  }

  #judge(
    circuit: string,
    phase: string,
    amps: number,
    limit: number,
    stoppable: boolean,
    grace: number,
    now: number,
  ): void {
    const key = `${circuit} ${phase}`
    if (amps <= limit + EPSILON_AMPS || !stoppable) {
      this.#overSince.delete(key)
      return
    }
    const since = this.#overSince.get(key) ?? now
    this.#overSince.set(key, since)
    if (now - since < grace) return
    const cars = this.#park.boxes.map(
      (box) =>
        `${box.id} ${box.draws('L1')}/${box.draws('L2')}/${box.draws('L3')}${box.fault === null ? '' : ` ${box.fault}`}`,
    )
    this.faults.push(
      `${(now / 1000).toFixed(1)} s: ${key} ${amps.toFixed(1)} A of ${limit} A for ${((now - since) / 1000).toFixed(1)} s (grace ${grace / 1000} s); building ${this.#park.building.join('/')}; meter ${this.#park.meterFault ?? 'good'}; ${cars.join(', ')}`,
    )
    this.#overSince.set(key, Number.POSITIVE_INFINITY)
  }

  #noteExcuses(now: number): void {
    const { meterFault, boxes } = this.#park
    if (meterFault === 'silent') this.#blindUntil.silent = now + SILENCE_MS + ORDER_MS
    if (meterFault === 'frozen') this.#blindUntil.frozen = now + FROZEN_MS + ORDER_MS
    if (boxes.some(({ fault }) => fault === 'refuses' || fault === 'ignores'))
      this.#disobeyedUntil = now + DISOBEDIENCE_MS + ORDER_MS
    for (const { id, fault, charger } of boxes) {
      if (fault === 'silent' && charger.tripped) this.#fallen.add(id)
      if (fault !== 'silent' && this.#fallen.delete(id)) this.#returnedUntil = now + 2 * ORDER_MS
    }
  }

  /** Nobody speaks: each charger takes its fail-safe current by itself, in its own time. */
  #judgeFailSafe(now: number, diedAt: number): void {
    if (now - diedAt < FAIL_SAFE.afterSeconds * 1000 + SAFE_MARGIN_MS) return
    for (const box of this.#park.boxes) {
      if (box.charger.offeredAmps <= FAIL_SAFE.amps) continue
      this.faults.push(
        `${box.id} offers ${box.charger.offeredAmps} A ${((now - diedAt) / 1000).toFixed(1)} s after the bridge died`,
      )
    }
  }
}
