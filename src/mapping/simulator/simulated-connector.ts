import type { Clock } from '../../model/clock.ts'
import { placeKey } from '../values/address.ts'
import type { CellOrder } from '../device/cells.ts'
import { SIGNALS } from '../../model/signal.ts'
import type { DeviceFault, PerPhase, SignalName, SignalValues } from '../../model/signal.ts'
import { namesIn } from '../values/expression.ts'
import type { Mapping, ReadPoint } from '../mapping.ts'
import { rawWords } from './reverse.ts'
import { showState } from './show-state.ts'
import { SimulatedOrderBook } from './simulated-orders.ts'
import type { SimulatedOrders, Verdict } from './simulated-orders.ts'
import { SimulatedRegisters } from './simulated-registers.ts'
import type { SimulatedRegistersOptions } from './simulated-registers.ts'
import { takeSignals } from '../values/take-signals.ts'

/** One outlet as the world sees it: what its registers show, and what it was ordered. */
export class SimulatedConnector {
  readonly connector: number
  readonly #mapping: Mapping
  readonly #others: () => readonly SimulatedConnector[]
  readonly #registers: SimulatedRegisters
  readonly #book: SimulatedOrderBook

  /** @param options.others all outlets of the device */
  constructor(
    options: SimulatedRegistersOptions & {
      readonly clock: Clock
      readonly others?: () => readonly SimulatedConnector[]
    },
  ) {
    this.#others = options.others ?? (() => [])
    this.connector = options.connector
    this.#mapping = options.mapping
    this.#registers = new SimulatedRegisters(options)
    this.#book = new SimulatedOrderBook(this.#registers, options.clock)
  }

  get orders(): SimulatedOrders {
    return this.#book.orders
  }

  /** What the bridge would read now, for comparison. */
  get shown(): SignalValues {
    return takeSignals(this.#mapping, this.#registers.wordsOf, this.connector).values
  }

  /** Shows these signals in the registers. Null: not available. Signals that the device does not have are left out. */
  set(values: Partial<SignalValues>): void {
    const { state, enabled, error } = values
    const calculated: SignalName[] = []
    for (const name of SIGNALS) {
      if (name === 'state' || name === 'enabled' || name === 'error') continue
      const value = values[name]
      const source = this.#mapping.signals.get(name)
      if (source?.kind === 'point' && value !== undefined) this.#registers.show(source.point, value)
      else if (source?.kind === 'calc' && value !== undefined && value !== null) calculated.push(name)
    }
    // Last: what is made of values that are shown already is shown by them.
    for (const name of calculated) {
      const value = values[name]
      if (typeof value === 'number') this.#showCalculated(name, null, value)
      else if (isPerPhase(value))
        for (const [phase, one] of value.entries()) if (one !== null) this.#showCalculated(name, phase, one)
    }
    const enabledSource = this.#mapping.signals.get('enabled')
    if (enabled !== undefined && enabledSource?.kind === 'point')
      this.#registers.show(enabledSource.point, enabled === null ? null : Number(enabled))
    if (error !== undefined && this.#mapping.error !== null) this.#showError(error)
    if (state !== undefined && state !== null) {
      showState({
        mapping: this.#mapping,
        state,
        enabled: enabled ?? null,
        error: error ?? null,
        placesOf: (point) => this.#registers.placesOf(point),
        imageOf: this.#registers.imageOf,
        read: () => this.shown,
        neighbours: () => this.#neighbours(),
        isOrder: (place) => this.#registers.isOrder(place),
      })
    }
  }

  #neighbours(): string {
    return this.#others()
      .map((other) => (other === this ? '' : (other.shown.state ?? '?')))
      .join(' ')
  }

  /** Any request to the device. */
  heard(): void {
    this.#book.heard()
  }

  /** Whether a write means something here, and whether the device would take it. */
  understand(unit: number, request: CellOrder): Verdict {
    return this.#book.understand(unit, request)
  }

  /** Takes the write as an order. The registers hold it already. */
  obey(unit: number, request: CellOrder): void {
    this.#book.obey(unit, request)
  }

  /**
   * A calculated number, or one phase of it: the first register of its own that can carry it does, the others are 0. Registers that show
   * another signal or hold an order are left alone.
   */
  #showCalculated(name: SignalName, phase: number | null, wanted: number): void {
    const shown = (): number | null => {
      const value = this.shown[name]
      const one = phase === null ? value : isPerPhase(value) ? (value[phase] ?? null) : null
      return typeof one === 'number' ? one : null
    }
    /** How far from what is wanted; missing is farthest. */
    const error = (): number => Math.abs((shown() ?? Number.POSITIVE_INFINITY) - wanted)
    const isNear = (distance: number): boolean => distance <= Math.max(0.01, Math.abs(wanted) * 1e-7)
    const carriers = this.#ownPoints(name, phase)
    if (carriers.length === 0 || isNear(error())) return
    const show = (carrier: ReadPoint, value: number): void => {
      for (const point of carriers) this.#registers.showOne(point, phase ?? 0, point === carrier ? value : 0)
    }
    let best: { readonly distance: number; readonly carrier: ReadPoint; readonly value: number } | null = null
    const tried = (carrier: ReadPoint, value: number): boolean => {
      show(carrier, value)
      const distance = error()
      if (best === null || distance < best.distance) best = { distance, carrier, value }
      return isNear(distance)
    }
    for (const carrier of carriers) {
      for (const sign of [1, -1]) {
        show(carrier, 0)
        const zero = shown() ?? 0
        if (tried(carrier, wanted * sign)) return
        // A factor of the calculation: an option, a ratio of transformers.
        const now = shown()
        if (now !== null && now !== zero && tried(carrier, (wanted * sign * (wanted - zero)) / (now - zero))) return
      }
    }
    const kept: typeof best = best
    if (kept !== null)
      show((kept as { readonly carrier: ReadPoint }).carrier, (kept as { readonly value: number }).value)
  }

  /** Registers that a calculation is made of and that show nothing else. Those of further calculations are settings of the box. */
  #ownPoints(signal: SignalName, phase: number | null): readonly ReadPoint[] {
    const mapping = this.#mapping
    const taken = new Set<string>()
    const others = [
      ...mapping.signals.values(),
      ...(mapping.error === null ? [] : [{ kind: 'point', ...mapping.error }]),
    ]
    for (const source of others)
      if (source.kind === 'point' && 'point' in source)
        for (const place of this.#registers.placesOf(source.point)) taken.add(placeKey(place))
    if (mapping.state?.kind === 'values')
      for (const place of this.#registers.placesOf(mapping.state.point)) taken.add(placeKey(place))
    const points: ReadPoint[] = []
    const source = mapping.signals.get(signal)
    for (const name of source?.kind === 'calc' ? namesIn(source.calculation.expression) : []) {
      const part = mapping.points.get(name)
      if (part?.kind !== 'point' || part.point.perPhase !== (phase !== null)) continue
      const place = this.#registers.placesOf(part.point)[phase ?? 0]
      if (place !== undefined && !taken.has(placeKey(place)) && !this.#registers.isOrder(place)) points.push(part.point)
    }
    return points
  }

  #showError(error: DeviceFault | null): void {
    const rule = this.#mapping.error
    // An error that shares the state's register is shown by the state.
    if (rule === null || (this.#mapping.state?.kind === 'values' && samePoint(rule.point, this.#mapping.state.point)))
      return
    const [place] = this.#registers.placesOf(rule.point)
    if (place === undefined) return
    const image = this.#registers.imageOf(place.unit)
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
}

function samePoint(a: ReadPoint, b: ReadPoint): boolean {
  return a.table === b.table && a.addresses[0]?.base === b.addresses[0]?.base
}

function isPerPhase(value: SignalValues[SignalName] | undefined): value is PerPhase {
  return Array.isArray(value)
}
