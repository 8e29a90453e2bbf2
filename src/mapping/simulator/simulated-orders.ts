import type { Clock } from '../../model/clock.ts'
import type { CellOrder } from '../device/cells.ts'
import { isBridgeError } from '../../model/errors.ts'
import { LOWEST_AMPS, rawOf } from '../values/encode.ts'
import type { Step, WritePoint } from '../mapping.ts'
import { inRange } from '../values/quantity.ts'
import { constantWords, numberWritten } from './reverse.ts'
import { writesOf } from '../language/safety.ts'
import { isConstant } from './simulated-registers.ts'
import type { SimulatedRegisters } from './simulated-registers.ts'

/** What a simulated charger was ordered to do, decoded from the registers that the bridge wrote. */
export interface SimulatedOrders {
  /** Last set-point; the largest of the device before any was written. */
  readonly limitAmps: number
  readonly paused: boolean
  /** What the car may draw by these orders: 0 when paused. */
  readonly offeredAmps: number
  readonly phases: 1 | 3
  readonly failSafeAmps: number | null
  readonly failSafeTimeoutSeconds: number | null
  /** When the bridge last fed the time-out, and last asked anything (monotonic ms). */
  readonly fedAt: number
  readonly heardAt: number
  /** How often a wake-up or an unlock was ordered. */
  readonly wakes: number
  readonly unlocks: number
  /** Its display or lamp was told last that it is reserved. */
  readonly showsReserved: boolean
}

/** `strange`: by a function that the device does not know for these registers. */
export type Verdict = 'taken' | 'refused' | 'unknown' | 'strange'

/** The file forces a function, and this is another one. */
function isForeign(point: WritePoint, { functionCode }: CellOrder): boolean {
  return functionCode !== null && (point.mask || (point.functionCode !== null && point.functionCode !== functionCode))
}

const LONGEST_SEQUENCE = 24

/** Understands what the bridge writes into one outlet: the commands of the mapping in reverse. */
export class SimulatedOrderBook {
  readonly #registers: SimulatedRegisters
  readonly #clock: Clock
  #limitAmps: number
  #paused = false
  #phases: 1 | 3 = 3
  #failSafeAmps: number | null = null
  #failSafeTimeout: number | null = null
  #fedAt: number
  #heardAt: number
  #wakes = 0
  #unlocks = 0
  #showsReserved = false
  #recent: readonly { readonly unit: number; readonly request: CellOrder }[] = []

  constructor(registers: SimulatedRegisters, clock: Clock) {
    this.#registers = registers
    this.#clock = clock
    this.#fedAt = clock.monotonic()
    this.#heardAt = this.#fedAt
    const setPoints = writesOf(registers.mapping.write?.current ?? [])
    this.#limitAmps = setPoints.find((point) => point.range !== null && point.value === null)?.range?.max ?? 0
    this.#startRegisters()
  }

  get orders(): SimulatedOrders {
    return {
      limitAmps: this.#limitAmps,
      paused: this.#paused,
      offeredAmps: this.#paused ? 0 : this.#limitAmps,
      phases: this.#phases,
      failSafeAmps: this.#failSafeAmps,
      failSafeTimeoutSeconds: this.#failSafeTimeout,
      fedAt: this.#fedAt,
      heardAt: this.#heardAt,
      wakes: this.#wakes,
      unlocks: this.#unlocks,
      showsReserved: this.#showsReserved,
    }
  }

  /** Any request to the device. */
  heard(): void {
    this.#heardAt = this.#clock.monotonic()
    const alive = this.#registers.mapping.write?.alive
    if (alive !== null && alive !== undefined && alive.write === null) this.#fedAt = this.#heardAt
  }

  /** Whether a write means something here, and whether the device would take it. */
  understand(unit: number, request: CellOrder): Verdict {
    const points = this.#registers.pointsIn(unit, request)
    if (points.length === 0) return 'unknown'
    if (points.every((point) => isForeign(point, request))) return 'strange'
    for (const point of writesOf(this.#registers.mapping.write?.current ?? [])) {
      if (!points.includes(point) || point.value !== null || point.range === null) continue
      const words = this.#registers.wordsAfter(point, request)
      const amps = this.#registers.ampsIn(point, words)
      const meansPause = writesOf(this.#registers.mapping.write?.pause ?? []).some(
        (pause) => this.#registers.samePlace(pause, point) && isConstant(pause, words),
      )
      if (
        !meansPause &&
        (amps === null ||
          !(
            amps === 0 ||
            (amps >= LOWEST_AMPS - 1e-6 && inRange(amps, { ...point.range, min: LOWEST_AMPS, orZero: true }))
          ))
      )
        return 'refused'
    }
    return 'taken'
  }

  /** Takes the write as an order. The registers hold it already. */
  obey(unit: number, request: CellOrder): void {
    const write = this.#registers.mapping.write
    if (write === null) return
    const points = this.#registers.pointsIn(unit, request)
    const now = this.#clock.monotonic()
    // A keep-alive may come between two frames of an order.
    if (!this.#isBeat(points)) this.#recent = [...this.#recent.slice(1 - LONGEST_SEQUENCE), { unit, request }]
    const pausing = this.#holds(write.pause, points)
    const resuming = this.#holds(write.resume, points)
    // Both when they end alike: then the whole of what was written tells.
    const isPause = pausing && (!resuming || this.#ends(write.pause))
    const setPoints = writesOf(write.current).filter((point) => point.value === null)
    const setPoint = setPoints.find((point) => points.includes(point))
    if (setPoint !== undefined && !isPause) {
      const amps = this.#lowestOf(setPoints)
      if (amps !== null && amps >= LOWEST_AMPS) {
        this.#limitAmps = amps
        const same = (pause: WritePoint): boolean => points.some((point) => this.#registers.samePlace(pause, point))
        if (writesOf(write.pause).some(same) || endsBySetPoint(write.resume)) this.#paused = false
      } else if (amps === 0) {
        this.#paused = true
      }
      if (setPoint.rewriteMs !== null && write.alive === null) this.#fedAt = now
    }
    if (isPause) this.#paused = true
    else if (resuming) this.#paused = false
    if (this.#ends(write.wake)) this.#wakes += 1
    if (this.#ends(write.unlock)) this.#unlocks += 1
    if (this.#ends(write.reserved)) this.#showsReserved = true
    if (this.#ends(write.unreserved)) this.#showsReserved = false
    this.#obeyPhases(points)
    this.#obeyFailSafe(points, now)
    if (typeof write.alive?.write === 'object' && write.alive.write !== null && points.includes(write.alive.write))
      this.#fedAt = now
    if (
      write.alive?.write === 'failsafe.timeout' &&
      write.failsafe?.timeout !== null &&
      write.failsafe?.timeout !== undefined &&
      points.includes(write.failsafe.timeout)
    )
      this.#fedAt = now
  }

  /** What the lines of the set-point allow together: the lowest of them. Null: a line means nothing. */
  #lowestOf(setPoints: readonly WritePoint[]): number | null {
    const amps = setPoints.map((point) => this.#registers.ampsIn(point, this.#registers.wordsNow(point)))
    return amps.some((one) => one === null) ? null : Math.min(...amps.map(Number))
  }

  /** True when the last of these steps was written now, and the registers hold the constants of all of them. */
  #holds(steps: readonly Step[], points: readonly WritePoint[]): boolean {
    const writes = writesOf(steps)
    const last = writes.at(-1)
    if (last === undefined || last.value === null || !points.includes(last)) return false
    return writes.every((point, index) => {
      const isOverwritten = writes.slice(index + 1).some((later) => this.#registers.overlaps(point, later))
      return point.value === null || isOverwritten || isConstant(point, this.#registers.wordsNow(point))
    })
  }

  /** A write that only feeds the watchdog. */
  #isBeat(points: readonly WritePoint[]): boolean {
    const write = this.#registers.mapping.write
    const alive = write?.alive?.write ?? null
    const beat = alive === 'failsafe.timeout' ? (write?.failsafe?.timeout ?? null) : alive
    return beat !== null && points.length > 0 && points.every((point) => point === beat)
  }

  /** True when the last writes are exactly the constants of these steps. */
  #ends(steps: readonly Step[]): boolean {
    const wanted = writesOf(steps)
    const last = this.#recent.slice(-wanted.length)
    if (wanted.length === 0 || last.length < wanted.length) return false
    return wanted.every((point, index) => {
      const written = last[index]
      const place = this.#registers.writePlaceOf(point)
      if (written === undefined || written.unit !== place.unit || written.request.table !== point.table) return false
      return written.request.address === place.address && isConstant(point, written.request.words)
    })
  }

  #obeyPhases(points: readonly WritePoint[]): void {
    const phases = this.#registers.mapping.write?.phases ?? null
    if (phases === null) return
    const fitting = (
      [
        [phases.one, 1],
        [phases.three, 3],
      ] as const
    ).filter(([steps, count]) => {
      const last = writesOf(steps).at(-1)
      if (last === undefined || !points.includes(last)) return false
      return last.value === null
        ? numberWritten(last, this.#registers.wordsNow(last)) === count
        : this.#holds(steps, points)
    })
    // Orders that end alike are told apart by all that was written.
    const [meant] = fitting.length === 1 ? fitting : fitting.filter(([steps]) => this.#ends(steps))
    if (meant !== undefined) this.#phases = meant[1]
  }

  #obeyFailSafe(points: readonly WritePoint[], now: number): void {
    const failSafe = this.#registers.mapping.write?.failsafe ?? null
    if (failSafe === null) return
    if (failSafe.current !== null && points.includes(failSafe.current)) {
      this.#failSafeAmps = this.#registers.ampsIn(failSafe.current, this.#registers.wordsNow(failSafe.current))
      if (failSafe.currentReadback !== null) this.#registers.show(failSafe.currentReadback, this.#failSafeAmps)
    }
    if (failSafe.timeout !== null && points.includes(failSafe.timeout)) {
      this.#failSafeTimeout = numberWritten(failSafe.timeout, this.#registers.wordsNow(failSafe.timeout))
      this.#fedAt = now
      if (failSafe.timeoutReadback !== null) this.#registers.show(failSafe.timeoutReadback, this.#failSafeTimeout)
    }
  }

  /** A new box: allowed, at its largest current, its fail-safe off. */
  #startRegisters(): void {
    const write = this.#registers.mapping.write
    if (write === null) return
    for (const point of writesOf(write.current)) {
      const raw = point.value === null && point.range !== null ? this.#rawAmps(point, point.range.max) : null
      if (raw !== null) this.#registers.put(point, constantWords(point, raw))
    }
    for (const point of writesOf(write.current)) this.#showRange(point)
    const failSafe = write.failsafe
    for (const part of [failSafe?.current, failSafe?.timeout])
      if (part !== null && part !== undefined) this.#registers.put(part, constantWords(part, 0))
    for (const readback of [failSafe?.currentReadback, failSafe?.timeoutReadback])
      if (readback !== null && readback !== undefined) this.#registers.show(readback, 0)
    const resume = writesOf(write.resume).at(-1)
    if (resume !== undefined && resume.value !== null && resume.bits === null)
      this.#registers.put(resume, constantWords(resume, resume.value[0] ?? 0))
  }

  /** The range that the box tells is that of the file, where no example knows better. */
  #showRange({ range, rangeNames }: WritePoint): void {
    for (const [index, name] of (rangeNames ?? []).entries()) {
      const source = this.#registers.mapping.points.get(name)
      const shown = this.#registers.values()(name)
      const isPossible = typeof shown === 'number' && (index === 0 ? shown >= LOWEST_AMPS : shown > LOWEST_AMPS)
      if (source?.kind === 'point' && range !== null && !isPossible)
        this.#registers.show(source.point, index === 0 ? range.min : range.max)
    }
  }

  /** Null where the box does not know yet what its own calculation needs. */
  #rawAmps(point: WritePoint, amps: number): number | null {
    if (point.calc === null && point.unit === null) return null
    try {
      return rawOf(point, { kind: 'amps', amps }, this.#registers.values(), 0, 'start')
    } catch (error) {
      if (isBridgeError(error, 'DEVICE_VALUE_REFUSED')) return null
      throw error
    }
  }
}

/** Going on is nothing but a new set-point. */
function endsBySetPoint(resume: readonly Step[]): boolean {
  return resume.length > 0 && resume.every((step) => step.kind === 'use' && step.name === 'current')
}
