import { isBridgeError } from '../../model/errors.ts'
import type { BridgeError } from '../../model/errors.ts'
import type { Clock } from '../../model/clock.ts'
import type { DeviceTiming, Urgency } from '../../model/driver.ts'
import type { CellRead, Cells } from './cells.ts'
import type { Word } from '../mapping.ts'
import { isPossible } from '../values/address.ts'
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

/** Words of one place and when they came (monotonic ms). */
interface Stored {
  readonly words: readonly Word[]
  readonly at: number
}

/** Where the words of one place are kept: the same object as long as the reader lives, so it is looked up once and not per poll. */
export interface Cell {
  readonly stored: Stored | null
}
interface OwnCell extends Cell {
  stored: Stored | null
}

/** A planned request with all that is the same each time it is sent. */
interface Block {
  readonly request: PlanRequest
  readonly read: CellRead
  readonly urgency: Urgency
  /** Which words of the answer belong to which value. */
  readonly slices: readonly { readonly cell: OwnCell; readonly from: number; readonly to: number }[]
}

/**
 * Reads a plan and remembers what the device refused. A refused block is cut and its parts are read at once, so that one missing
 * register costs only itself; the cut stays until `forget`.
 */
export class RegisterReader {
  readonly #link: Cells
  readonly #clock: Clock
  readonly #timing: DeviceTiming
  readonly #limits: PlanLimits
  readonly #unit: number
  #items: readonly PlanItem[] = []
  readonly #cuts = new Set<string>()
  #fastPlan: readonly Block[] | null = null
  /** When a refused value is to be tried again. */
  #fastPlanUntil = Number.POSITIVE_INFINITY
  readonly #refusedUntil = new Map<string, number>()
  readonly #cells = new Map<string, OwnCell>()
  #lastTrafficAt: number

  constructor(options: { link: Cells; clock: Clock; timing: DeviceTiming; limits: PlanLimits; unit: number }) {
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
    for (const cell of this.#cells.values()) cell.stored = null
  }

  /** The cell of a place by its `placeKey`; empty until it was read. */
  cell(key: string): Cell {
    return this.#cell(key)
  }

  #cell(key: string): OwnCell {
    let cell = this.#cells.get(key)
    if (cell === undefined) this.#cells.set(key, (cell = { stored: null }))
    return cell
  }

  /**
   * Reads what is due. Exceptions cost only their own request; a time-out or link fault rejects, and so does a device that
   * refuses everything.
   */
  async poll(rate: 'fast' | 'all', signal: AbortSignal): Promise<void> {
    let answered = false
    let refusal: BridgeError | null = null
    for (const block of this.#due(rate)) {
      let fault = await this.#read(block, signal)
      if (fault !== null) fault = await this.#readParts(block, fault, signal)
      if (fault === null) answered = true
      else refusal = fault
    }
    if (!answered && refusal !== null) throw refusal
  }

  /** Requests that are due. The plan of a device in order does not change, so it is made once. */
  #due(rate: 'fast' | 'all'): readonly Block[] {
    const now = this.#clock.monotonic()
    if (rate === 'fast' && this.#fastPlan !== null && now < this.#fastPlanUntil) return this.#fastPlan
    const due = this.#items.filter(
      (item) =>
        (rate === 'all' || item.poll === 'fast') &&
        !(item.poll === 'once' && this.#cell(item.key).stored !== null) &&
        (this.#refusedUntil.get(item.key) ?? 0) <= now,
    )
    // What is not due but lies on the way costs no request.
    const free = this.#items.filter((item) => !due.includes(item) && (this.#refusedUntil.get(item.key) ?? 0) <= now)
    const plan = this.#plan(due, this.#cuts, free)
    if (rate === 'fast') {
      this.#fastPlan = plan
      this.#fastPlanUntil = Math.min(
        Number.POSITIVE_INFINITY,
        ...[...this.#refusedUntil.values()].filter((until) => until > now),
      )
    }
    return plan
  }

  #plan(items: readonly PlanItem[], cuts: ReadonlySet<string>, free: readonly PlanItem[] = []): readonly Block[] {
    return planRequests(items, this.#limits, cuts, free).map((request) => {
      const { unit, table, address, count } = request
      return {
        request,
        read: { unit, table, address, count },
        urgency: request.poll === 'fast' ? 'normal' : 'slow',
        slices: request.items.map((item) => {
          const from = item.address - address
          return { cell: this.#cell(item.key), from, to: from + item.count }
        }),
      }
    })
  }

  /** One read outside the plan, e.g. a check or a read-back. Null when the device does not have it (exceptions 1 to 3). */
  async readOnce(request: CellRead, signal: AbortSignal): Promise<readonly Word[] | null> {
    if (!isPossible(request)) return null
    try {
      const { unit, table, address, count } = request
      const { words } = await this.#link.read(
        { unit, table, address, count },
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
      this.#cell(item.key).stored = words === null ? null : { words, at: this.#clock.monotonic() }
    }
  }

  /** Anything that the device answered feeds its watchdog. */
  noteTraffic(): void {
    this.#lastTrafficAt = this.#clock.monotonic()
  }

  async #read({ request, read, urgency, slices }: Block, signal: AbortSignal): Promise<BridgeError | null> {
    try {
      const { words, at } = await this.#link.read(read, { timing: this.#timing, urgency, signal })
      this.#lastTrafficAt = this.#clock.monotonic()
      for (const { cell, from, to } of slices) cell.stored = { words: words.slice(from, to), at }
      if (this.#refusedUntil.size > 0) this.#answered(request)
      return null
    } catch (error) {
      for (const { cell } of slices) cell.stored = null
      if (isBridgeError(error, 'DEVICE_EXCEPTION')) return error
      if (!isBridgeError(error, 'DEVICE_TIMEOUT') || request.unit === this.#unit) throw error
      // A further unit id of the device that is silent (a second socket, a meter not fitted) must not take the rest with it.
      this.#fastPlan = null
      for (const item of request.items) this.#refusedUntil.set(item.key, this.#clock.monotonic() + RETRY_SILENT_MS)
      return error
    }
  }

  /** Values that were refused earlier are there after all. */
  #answered(request: PlanRequest): void {
    for (const { key } of request.items) if (this.#refusedUntil.delete(key)) this.#fastPlan = null
  }

  /** Busy, say: what a slow register refuses must not take the fast ones with it that were asked for in the same request. */
  async #readByClass(request: PlanRequest, fault: BridgeError, signal: AbortSignal): Promise<BridgeError | null> {
    const fast = request.items.filter(({ poll }) => poll === 'fast')
    const slower = request.items.filter(({ poll }) => poll !== 'fast')
    if (fast.length === 0 || slower.length === 0) return fault
    let answered = false
    for (const items of [fast, slower])
      for (const part of this.#plan(items, this.#cuts)) if ((await this.#read(part, signal)) === null) answered = true
    return answered ? null : fault
  }

  #learn(cuts: readonly string[]): void {
    for (const key of cuts) this.#cuts.add(key)
    this.#fastPlan = null
  }

  async #readBlock(block: Block, signal: AbortSignal): Promise<BridgeError | null> {
    const fault = await this.#read(block, signal)
    return fault === null ? null : this.#readParts(block, fault, signal)
  }

  /**
   * Reads the parts of a block that the device refused as a whole. Null: it answered, if only to say what it does not have.
   * Some devices answer 1, 3 or 4 for a register that is not there; then the cut is kept only when parts of the block do answer,
   * so that a device in trouble is not asked piece by piece for ever.
   */
  async #readParts({ request }: Block, fault: BridgeError, signal: AbortSignal): Promise<BridgeError | null> {
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
      for (const part of this.#plan(request.items, this.#cuts)) await this.#readBlock(part, signal)
      return null
    }
    if (!OTHER_REFUSALS.includes(code)) return this.#readByClass(request, fault, signal)
    const cuts = cutsOf(request)
    const refused: Block[] = []
    const parts = this.#plan(request.items, new Set([...this.#cuts, ...cuts]))
    for (const part of parts) if ((await this.#read(part, signal)) !== null) refused.push(part)
    if (refused.length === parts.length) return fault
    this.#learn(cuts)
    for (const part of refused) if (part.request.items.length > 1) await this.#readBlock(part, signal)
    return null
  }
}
