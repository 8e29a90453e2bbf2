import type { Clock } from '../model/clock.ts'
import type { RegisterWrite } from '../model/driver.ts'
import { SIGNALS } from '../model/signal.ts'
import type { DeviceFault, PerPhase, SignalName, SignalValues } from '../model/signal.ts'
import { placesOf, writePlaceOf } from './address.ts'
import type { Place } from './address.ts'
import { ampsOf, LOWEST_AMPS } from './encode.ts'
import { namesIn } from './expression.ts'
import type { Mapping, ReadPoint, Step, WritePoint } from './mapping.ts'
import { wordsOf } from './number-codec.ts'
import { inRange } from './quantity.ts'
import { ampsWritten, constantWords, numberWritten, rawWords, wordsShowing } from './reverse.ts'
import { everyWrite, writesOf } from './safety.ts'
import { showState } from './show-state.ts'
import type { SimulatedImage } from './simulated-image.ts'
import { nameResolver, takeSignals } from './values.ts'
import type { WordsOf } from './values.ts'

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
}

const LONGEST_SEQUENCE = 24

export class SimulatedConnector {
  readonly connector: number
  readonly #mapping: Mapping
  readonly #unit: number
  readonly #imageOf: (unit: number) => SimulatedImage
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
  #recent: readonly { readonly unit: number; readonly request: RegisterWrite }[] = []

  constructor(options: {
    mapping: Mapping
    unit: number
    connector: number
    count: number
    imageOf: (unit: number) => SimulatedImage
    clock: Clock
  }) {
    this.connector = options.connector
    this.#mapping = options.mapping
    this.#unit = options.unit
    this.#imageOf = options.imageOf
    this.#clock = options.clock
    this.#fedAt = options.clock.monotonic()
    this.#heardAt = this.#fedAt
    this.#limitAmps =
      writesOf(options.mapping.write?.current ?? []).find((point) => point.range !== null && point.value === null)
        ?.range?.max ?? 0
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
    }
  }

  /** What the bridge would read now, for comparison. */
  get shown(): SignalValues {
    return takeSignals(this.#mapping, this.#wordsOf).values
  }

  /** Shows these signals in the registers. Null: not available. Signals that the device does not have are left out. */
  set(values: Partial<SignalValues>): void {
    const { state, enabled, error, ...plain } = values
    for (const name of SIGNALS) {
      if (name === 'state' || name === 'enabled' || name === 'error') continue
      const value = plain[name]
      const source = this.#mapping.signals.get(name)
      if (source?.kind === 'point' && value !== undefined) this.#show(source.point, value)
      else if (source?.kind === 'calc' && typeof value === 'number') this.#showCalculated(name, value)
    }
    const enabledSource = this.#mapping.signals.get('enabled')
    if (enabled !== undefined && enabledSource?.kind === 'point')
      this.#show(enabledSource.point, enabled === null ? null : Number(enabled))
    if (error !== undefined && this.#mapping.error !== null) this.#showError(error)
    if (state !== undefined && state !== null) {
      showState({
        mapping: this.#mapping,
        state,
        enabled: enabled ?? null,
        error: error ?? null,
        placesOf: (point) => placesOf(point, this.#mapping, this.#unit, this.connector),
        imageOf: this.#imageOf,
        read: () => this.shown,
        isOrder: (place) => this.#isOrder(place),
      })
    }
  }

  /** Any request to the device. */
  heard(): void {
    this.#heardAt = this.#clock.monotonic()
    const alive = this.#mapping.write?.alive
    if (alive !== null && alive !== undefined && alive.write === null) this.#fedAt = this.#heardAt
  }

  /** Whether a write means something here, and whether the device would take it. */
  understand(unit: number, request: RegisterWrite): 'taken' | 'refused' | 'unknown' {
    const points = this.#pointsIn(unit, request)
    if (points.length === 0) return 'unknown'
    for (const point of writesOf(this.#mapping.write?.current ?? [])) {
      if (!points.includes(point) || point.value !== null || point.range === null) continue
      const words = this.#wordsAfter(point, request)
      const amps = this.#ampsIn(point, words)
      const meansPause = writesOf(this.#mapping.write?.pause ?? []).some(
        (pause) => this.#samePlace(pause, point) && isConstant(pause, words),
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
  obey(unit: number, request: RegisterWrite): void {
    const write = this.#mapping.write
    if (write === null) return
    const points = this.#pointsIn(unit, request)
    const now = this.#clock.monotonic()
    const holds = (steps: readonly Step[]): boolean => {
      const last = writesOf(steps).at(-1)
      return (
        last !== undefined && last.value !== null && points.includes(last) && isConstant(last, this.#wordsNow(last))
      )
    }
    const setPoint = writesOf(write.current).find((point) => point.value === null && points.includes(point))
    const pausing = holds(write.pause)
    if (setPoint !== undefined && !pausing) {
      const amps = this.#ampsIn(setPoint, this.#wordsNow(setPoint))
      if (amps !== null && amps >= LOWEST_AMPS) {
        this.#limitAmps = amps
        if (writesOf(write.pause).some((pause) => this.#samePlace(pause, setPoint))) this.#paused = false
      } else if (amps === 0) {
        this.#paused = true
      }
      if (setPoint.rewriteMs !== null && write.alive === null) this.#fedAt = now
    }
    if (pausing) this.#paused = true
    else if (holds(write.resume)) this.#paused = false
    this.#recent = [...this.#recent.slice(1 - LONGEST_SEQUENCE), { unit, request }]
    if (this.#ends(write.wake)) this.#wakes += 1
    if (this.#ends(write.unlock)) this.#unlocks += 1
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

  /** True when the last writes are exactly the constants of these steps. */
  #ends(steps: readonly Step[]): boolean {
    const wanted = writesOf(steps)
    const last = this.#recent.slice(-wanted.length)
    if (wanted.length === 0 || last.length < wanted.length) return false
    return wanted.every((point, index) => {
      const written = last[index]
      const place = writePlaceOf(point, this.#mapping, this.#unit, this.connector)
      if (written === undefined || written.unit !== place.unit || written.request.table !== point.table) return false
      return written.request.address === place.address && isConstant(point, written.request.words)
    })
  }

  #obeyPhases(points: readonly WritePoint[]): void {
    const phases = this.#mapping.write?.phases ?? null
    if (phases === null) return
    for (const [steps, count] of [
      [phases.one, 1],
      [phases.three, 3],
    ] as const) {
      const last = writesOf(steps).at(-1)
      if (last === undefined || !points.includes(last)) continue
      const words = this.#wordsNow(last)
      if (last.value === null ? numberWritten(last, words) === count : isConstant(last, words)) this.#phases = count
    }
  }

  #obeyFailSafe(points: readonly WritePoint[], now: number): void {
    const failSafe = this.#mapping.write?.failsafe ?? null
    if (failSafe === null) return
    if (failSafe.current !== null && points.includes(failSafe.current)) {
      this.#failSafeAmps = this.#ampsIn(failSafe.current, this.#wordsNow(failSafe.current))
      if (failSafe.currentReadback !== null) this.#show(failSafe.currentReadback, this.#failSafeAmps)
    }
    if (failSafe.timeout !== null && points.includes(failSafe.timeout)) {
      this.#failSafeTimeout = numberWritten(failSafe.timeout, this.#wordsNow(failSafe.timeout))
      this.#fedAt = now
      if (failSafe.timeoutReadback !== null) this.#show(failSafe.timeoutReadback, this.#failSafeTimeout)
    }
  }

  /** A new box: allowed, at its largest current, its fail-safe off. */
  #startRegisters(): void {
    const write = this.#mapping.write
    if (write === null) return
    for (const point of writesOf(write.current)) {
      if (point.value === null && point.unit !== null && point.range !== null)
        this.#put(point, constantWords(point, this.#rawAmps(point, point.range.max)))
    }
    const failSafe = write.failsafe
    for (const part of [failSafe?.current, failSafe?.timeout])
      if (part !== null && part !== undefined) this.#put(part, constantWords(part, 0))
    for (const readback of [failSafe?.currentReadback, failSafe?.timeoutReadback])
      if (readback !== null && readback !== undefined) this.#show(readback, 0)
    const resume = writesOf(write.resume).at(-1)
    if (resume !== undefined && resume.value !== null && resume.bits === null)
      this.#put(resume, constantWords(resume, resume.value[0] ?? 0))
  }

  #rawAmps(point: WritePoint, amps: number): number {
    return point.unit === null
      ? 0
      : Math.floor((amps * point.unit.denominator) / point.unit.numerator - point.offset + 1e-6)
  }

  #put(point: WritePoint, words: readonly number[]): void {
    const { unit, address } = writePlaceOf(point, this.#mapping, this.#unit, this.connector)
    this.#imageOf(unit).set(point.table, address, words)
  }

  #show(point: ReadPoint, value: SignalValues[SignalName]): void {
    const places = placesOf(point, this.#mapping, this.#unit, this.connector)
    const list: PerPhase | null = isPerPhase(value) ? value : null
    const factor = point.times === null ? 1 : nameResolver(this.#mapping, this.#wordsOf)(point.times).value
    for (const [phase, place] of places.entries()) {
      const one = list === null ? value : (list[phase] ?? null)
      const image = this.#imageOf(place.unit)
      const before = image.words(place) ?? Array.from({ length: place.count }, () => 0)
      const words =
        typeof one === 'object' && one !== null
          ? null
          : wordsShowing(point, one, before, typeof factor === 'number' ? factor : 1)
      if (words === null) image.remove(place)
      else image.set(place.table, place.address, words)
    }
  }

  /** A calculated number: the first of its own points that can carry it does, the others are 0. */
  #showCalculated(name: SignalName, value: number): void {
    const source = this.#mapping.signals.get(name)
    if (source?.kind !== 'calc') return
    const owned = [...this.#mapping.points].filter(([, point]) => point.kind === 'point' && !point.point.perPhase)
    const points = owned.flatMap(([pointName, point]) =>
      point.kind === 'point' && usesName(this.#mapping, name, pointName) ? [point.point] : [],
    )
    for (const carrier of points) {
      for (const sign of [1, -1]) {
        for (const point of points) this.#show(point, point === carrier ? value * sign : 0)
        const shown = this.shown[name]
        if (typeof shown === 'number' && Math.abs(shown - value) <= Math.max(1, Math.abs(value) * 0.01)) return
      }
    }
  }

  #showError(error: DeviceFault | null): void {
    const rule = this.#mapping.error
    // An error that shares the state's register is shown by the state.
    if (rule === null || (this.#mapping.state?.kind === 'values' && samePoint(rule.point, this.#mapping.state.point)))
      return
    const [place] = placesOf(rule.point, this.#mapping, this.#unit, this.connector)
    if (place === undefined) return
    const image = this.#imageOf(place.unit)
    let raw = 0
    if (error !== null) {
      const byName = [...rule.values].find(([, fault]) => fault.name === error.code || fault.kind === error.kind)?.[0]
      const byBit = rule.bits.find(({ fault }) => fault.kind === error.kind)?.bit
      const code = Number(error.code)
      raw = Number.isInteger(code) && code > 0 ? code : (byName ?? (byBit === undefined ? 1 : 2 ** byBit))
    } else if (typeof rule.point.none[0] === 'number' && !rule.point.none.includes(0) && rule.values.has(0)) {
      raw = rule.point.none[0]
    }
    image.set(place.table, place.address, rawWords(rule.point, raw, image.words(place) ?? []))
  }

  #pointsIn(unit: number, request: RegisterWrite): readonly WritePoint[] {
    const write = this.#mapping.write
    if (write === null) return []
    return everyWrite(write).flatMap(({ point }) => {
      const place = writePlaceOf(point, this.#mapping, this.#unit, this.connector)
      const overlaps =
        place.unit === unit &&
        point.table === request.table &&
        request.address < place.address + widthOf(point) &&
        place.address < request.address + request.words.length
      return overlaps ? [point] : []
    })
  }

  #isOrder(place: Place): boolean {
    const write = this.#mapping.write
    return (
      write !== null &&
      everyWrite(write).some(({ point }) => {
        const own = writePlaceOf(point, this.#mapping, this.#unit, this.connector)
        return (
          own.unit === place.unit &&
          point.table === place.table &&
          own.address < place.address + place.count &&
          place.address < own.address + widthOf(point)
        )
      })
    )
  }

  #wordsNow(point: WritePoint): readonly number[] {
    const { unit, address } = writePlaceOf(point, this.#mapping, this.#unit, this.connector)
    return this.#imageOf(unit).words({ unit, table: point.table, address, count: widthOf(point) }) ?? []
  }

  #wordsAfter(point: WritePoint, request: RegisterWrite): readonly number[] {
    const { address } = writePlaceOf(point, this.#mapping, this.#unit, this.connector)
    return this.#wordsNow(point).map((word, offset) => request.words[address + offset - request.address] ?? word)
  }

  #ampsIn(point: WritePoint, words: readonly number[]): number | null {
    if (point.calc === null) return ampsOf(point, words)
    const take = nameResolver(this.#mapping, this.#wordsOf)
    return ampsWritten(point, words, (name) => {
      const { value } = take(name)
      return typeof value === 'number' ? value : null
    })
  }

  #samePlace(a: WritePoint, b: WritePoint): boolean {
    const left = writePlaceOf(a, this.#mapping, this.#unit, this.connector)
    const right = writePlaceOf(b, this.#mapping, this.#unit, this.connector)
    return a.table === b.table && left.unit === right.unit && left.address === right.address
  }

  readonly #wordsOf: WordsOf = (point, phase) => {
    const place = placesOf(point, this.#mapping, this.#unit, this.connector)[phase]
    const words = place === undefined ? null : this.#imageOf(place.unit).words(place)
    return words === null ? null : { words, at: this.#clock.monotonic() }
  }
}

function widthOf(point: WritePoint): number {
  return point.table === 'coil' ? 1 : wordsOf(point.type, point.len)
}

function isConstant(point: WritePoint, words: readonly number[]): boolean {
  if (point.value === null) return false
  if (point.bits !== null)
    return ((words[0] ?? 0) >> point.bits.low) % 2 ** (point.bits.high - point.bits.low + 1) === point.value[0]
  return point.value.some((value) => {
    const wanted = constantWords(point, value)
    return wanted.length === words.length && wanted.every((word, index) => word === words[index])
  })
}

function samePoint(a: ReadPoint, b: ReadPoint): boolean {
  return a.table === b.table && a.addresses[0]?.base === b.addresses[0]?.base
}

function usesName(mapping: Mapping, signal: SignalName, name: string): boolean {
  const source = mapping.signals.get(signal)
  return source?.kind === 'calc' && namesIn(source.calculation.expression).has(name)
}

function isPerPhase(value: SignalValues[SignalName]): value is PerPhase {
  return Array.isArray(value)
}
