import { isBridgeError } from '../model/errors.ts'
import type { BridgeError } from '../model/errors.ts'
import type { Clock } from '../model/clock.ts'
import type { DeviceTiming, Link, RegisterRead, Urgency } from '../model/driver.ts'
import { cutsOf, planRequests } from './plan.ts'
import type { PlanItem, PlanLimits, PlanRequest } from './plan.ts'

/** Illegal address: the device does not have (all of) these registers. */
const ILLEGAL_ADDRESS = 2
/** What some devices answer instead: illegal function, illegal value, failure. */
const OTHER_REFUSALS: readonly unknown[] = [1, 3, 4]
/** A gateway says that the device behind it does not answer: as good as a time-out. */
const GATEWAY_FAULTS: readonly unknown[] = [10, 11]
/** A refused value is tried again after this time: it may only have been starting up. */
const RETRY_REFUSED_MS = 5 * 60_000

/** A further unit id that is silent costs a time-out: it is not asked in every cycle. */
const RETRY_SILENT_MS = 60_000

interface Stored {
  readonly words: readonly number[]
  readonly at: number
}

/**
 * Reads a plan and remembers what the device refused. A refused block is cut and its parts are read at once, so that one missing
 * register costs only itself; the cut stays until `forget`.
 */
export class RegisterReader {
  readonly #link: Link
  readonly #clock: Clock
  readonly #timing: DeviceTiming
  readonly #limits: PlanLimits
  readonly #unit: number
  #items: readonly PlanItem[] = []
  readonly #cuts = new Set<string>()
  #fastPlan: readonly PlanRequest[] | null = null
  /** When a refused value is to be tried again. */
  #fastPlanUntil = Number.POSITIVE_INFINITY
  readonly #refusedUntil = new Map<string, number>()
  readonly #stored = new Map<string, Stored>()
  #lastTrafficAt: number

  constructor(options: { link: Link; clock: Clock; timing: DeviceTiming; limits: PlanLimits; unit: number }) {
    this.#link = options.link
    this.#clock = options.clock
    this.#timing = options.timing
    this.#limits = options.limits
    this.#unit = options.unit
    this.#lastTrafficAt = options.clock.monotonic()
  }

  /** When the device last answered anything (monotonic ms). */
  get lastTrafficAt(): number {
    return this.#lastTrafficAt
  }

  setItems(items: readonly PlanItem[]): void {
    this.#items = items
    this.#fastPlan = null
  }

  /** The device may be another one, or the same with new firmware. */
  forget(): void {
    this.#cuts.clear()
    this.#fastPlan = null
    this.#refusedUntil.clear()
    this.#stored.clear()
  }

  stored(key: string): Stored | null {
    return this.#stored.get(key) ?? null
  }

  /**
   * Reads what is due. Exceptions cost only their own request; a time-out or link fault rejects, and so does a device that
   * refuses everything.
   */
  async poll(rate: 'fast' | 'all', signal: AbortSignal): Promise<void> {
    let answered = false
    let refusal: BridgeError | null = null
    for (const request of this.#due(rate)) {
      const fault = await this.#readBlock(request, signal)
      if (fault === null) answered = true
      else refusal = fault
    }
    if (!answered && refusal !== null) throw refusal
  }

  /** Requests that are due. The plan of a device in order does not change, so it is made once. */
  #due(rate: 'fast' | 'all'): readonly PlanRequest[] {
    const now = this.#clock.monotonic()
    if (rate === 'fast' && this.#fastPlan !== null && now < this.#fastPlanUntil) return this.#fastPlan
    const due = this.#items.filter(
      (item) =>
        (rate === 'all' || item.poll === 'fast') &&
        !(item.poll === 'once' && this.#stored.has(item.key)) &&
        (this.#refusedUntil.get(item.key) ?? 0) <= now,
    )
    const plan = planRequests(due, this.#limits, this.#cuts)
    if (rate === 'fast') {
      this.#fastPlan = plan
      this.#fastPlanUntil = Math.min(
        Number.POSITIVE_INFINITY,
        ...[...this.#refusedUntil.values()].filter((until) => until > now),
      )
    }
    return plan
  }

  /** One read outside the plan, e.g. a check or a read-back. Null when the device does not have it (exceptions 1 to 3). */
  async readOnce(request: Omit<RegisterRead, 'kind'>, signal: AbortSignal): Promise<readonly number[] | null> {
    try {
      const { unit, table, address, count } = request
      const words = await this.#link.read(
        { kind: 'registers', unit, table, address, count },
        { timing: this.#timing, urgency: 'urgent', signal },
      )
      this.#lastTrafficAt = this.#clock.monotonic()
      return words
    } catch (error) {
      const code = isBridgeError(error, 'DEVICE_EXCEPTION') ? error.details['exceptionCode'] : null
      if (code === 1 || code === 2 || code === 3) return null
      throw error
    }
  }

  /** Reads items now, whatever their class. Missing ones stay missing. */
  async refresh(items: readonly PlanItem[], signal: AbortSignal): Promise<void> {
    for (const item of items) {
      const words = await this.readOnce(item, signal)
      if (words === null) this.#stored.delete(item.key)
      else this.#stored.set(item.key, { words, at: this.#clock.monotonic() })
    }
  }

  /** Anything that the device answered feeds its watchdog. */
  noteTraffic(): void {
    this.#lastTrafficAt = this.#clock.monotonic()
  }

  async #read(request: PlanRequest, signal: AbortSignal): Promise<BridgeError | null> {
    const { unit, table, address, count } = request
    const urgency: Urgency = request.poll === 'fast' ? 'normal' : 'slow'
    try {
      const words = await this.#link.read(
        { kind: 'registers', unit, table, address, count },
        { timing: this.#timing, urgency, signal },
      )
      const at = this.#clock.monotonic()
      this.#lastTrafficAt = at
      for (const item of request.items) {
        const from = item.address - address
        this.#stored.set(item.key, { words: words.slice(from, from + item.count), at })
        if (this.#refusedUntil.size > 0 && this.#refusedUntil.delete(item.key)) this.#fastPlan = null
      }
      return null
    } catch (error) {
      for (const item of request.items) this.#stored.delete(item.key)
      if (isBridgeError(error, 'DEVICE_EXCEPTION')) return error
      if (!isBridgeError(error, 'DEVICE_TIMEOUT') || request.unit === this.#unit) throw error
      // A further unit id of the device that is silent (a second socket, a meter not fitted) must not take the rest with it.
      this.#fastPlan = null
      for (const item of request.items) this.#refusedUntil.set(item.key, this.#clock.monotonic() + RETRY_SILENT_MS)
      return error
    }
  }

  #learn(cuts: readonly string[]): void {
    for (const key of cuts) this.#cuts.add(key)
    this.#fastPlan = null
  }

  /**
   * Reads a block, and its parts where the device refuses it as a whole. Null: it answered, if only to say what it does not have.
   * Some devices answer 1, 3 or 4 for a register that is not there; then the cut is kept only when parts of the block do answer,
   * so that a device in trouble is not asked piece by piece for ever.
   */
  async #readBlock(request: PlanRequest, signal: AbortSignal): Promise<BridgeError | null> {
    const fault = await this.#read(request, signal)
    if (fault === null) return null
    const code = fault.details['exceptionCode']
    if (request.unit === this.#unit && GATEWAY_FAULTS.includes(code)) throw fault
    if (request.items.length === 1) {
      if (code !== ILLEGAL_ADDRESS) return fault
      this.#fastPlan = null
      for (const item of request.items) this.#refusedUntil.set(item.key, this.#clock.monotonic() + RETRY_REFUSED_MS)
      return null
    }
    if (code === ILLEGAL_ADDRESS) {
      this.#learn(cutsOf(request))
      for (const part of planRequests(request.items, this.#limits, this.#cuts)) await this.#readBlock(part, signal)
      return null
    }
    if (!OTHER_REFUSALS.includes(code)) return fault
    const cuts = cutsOf(request)
    const refused: PlanRequest[] = []
    const parts = planRequests(request.items, this.#limits, new Set([...this.#cuts, ...cuts]))
    for (const part of parts) if ((await this.#read(part, signal)) !== null) refused.push(part)
    if (refused.length === parts.length) return fault
    this.#learn(cuts)
    for (const part of refused) if (part.items.length > 1) await this.#readBlock(part, signal)
    return null
  }
}
