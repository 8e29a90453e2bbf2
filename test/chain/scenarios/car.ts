/** A car at a pilot: it follows late, climbs slowly, sleeps for a while before it begins, and takes what it takes. */

export interface CarPlan {
  readonly phases: 1 | 2 | 3
  readonly maxAmps: number
  readonly wantedWh: number
  /** Dead time until a changed pilot is followed, ms; IEC 61851-1 A.4 allows 5 s. */
  readonly lagMs: number
  readonly rampAmpsPerSecond: number
  /** From the first offered current to the contactor, and after a pause. */
  readonly wakeMs: number
  readonly resumeMs: number
}

export const VOLTAGE = 230
/** Below it nothing flows (IEC 61851-1 A.4). */
const LEAST_AMPS = 6

export class Car {
  readonly plan: CarPlan
  /** How often it was interrupted. */
  pauses = 0
  gotWh = 0
  #drawnAmps = 0
  #charging = false
  #begun = false
  #wakesAt: number | null = null
  /** Pilots that it does not see yet, oldest first; the first is the one that it sees. */
  #pilots: { readonly seenAt: number; readonly amps: number }[] = []

  constructor(plan: CarPlan) {
    this.plan = plan
  }

  get drawnAmps(): number {
    return this.#drawnAmps
  }

  /** The most that it may draw by any pilot that it follows now or has not followed yet. */
  get mayDrawAmps(): number {
    return Math.min(this.plan.maxAmps, Math.max(0, ...this.#pilots.map(({ amps }) => amps)))
  }

  get charging(): boolean {
    return this.#charging
  }

  get full(): boolean {
    return this.gotWh >= this.plan.wantedWh
  }

  /** @param pilotAmps what is offered now, 0: nothing */
  step(now: number, passedMs: number, pilotAmps: number): void {
    const { phases, maxAmps, lagMs, rampAmpsPerSecond, wakeMs, resumeMs } = this.plan
    if (this.#pilots.at(-1)?.amps !== pilotAmps) this.#pilots.push({ seenAt: now + lagMs, amps: pilotAmps })
    while (this.#pilots.length > 1 && (this.#pilots[1]?.seenAt ?? Infinity) <= now) this.#pilots.shift()
    const [first] = this.#pilots
    const seen = first !== undefined && first.seenAt <= now ? first.amps : 0
    this.gotWh += (this.#drawnAmps * phases * VOLTAGE * passedMs) / 3_600_000
    if (this.full) return this.#stop()
    if (seen < LEAST_AMPS) {
      if (this.#charging) this.pauses++
      this.#wakesAt = null
      return this.#stop()
    }
    if (!this.#charging) {
      this.#wakesAt ??= now + (this.#begun ? resumeMs : wakeMs)
      if (now < this.#wakesAt) return
      this.#charging = true
      this.#begun = true
    }
    const target = Math.min(seen, maxAmps)
    const climbed = this.#drawnAmps + (rampAmpsPerSecond * passedMs) / 1000
    this.#drawnAmps = Math.min(target, climbed)
  }

  #stop(): void {
    this.#charging = false
    this.#drawnAmps = 0
  }
}
