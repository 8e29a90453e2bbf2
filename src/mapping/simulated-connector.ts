import type { Clock } from '../model/clock.ts'
import type { CellOrder } from './cells.ts'
import { SIGNALS } from '../model/signal.ts'
import type { DeviceFault, SignalName, SignalValues } from '../model/signal.ts'
import { namesIn } from './expression.ts'
import type { Mapping, ReadPoint } from './mapping.ts'
import { rawWords } from './reverse.ts'
import { showState } from './show-state.ts'
import { SimulatedOrderBook } from './simulated-orders.ts'
import type { SimulatedOrders } from './simulated-orders.ts'
import { SimulatedRegisters } from './simulated-registers.ts'
import type { SimulatedRegistersOptions } from './simulated-registers.ts'
import { takeSignals } from './take-signals.ts'

/** One outlet as the world sees it: what its registers show, and what it was ordered. */
export class SimulatedConnector {
  readonly connector: number
  readonly #mapping: Mapping
  readonly #registers: SimulatedRegisters
  readonly #book: SimulatedOrderBook

  constructor(options: SimulatedRegistersOptions & { readonly clock: Clock }) {
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
    return takeSignals(this.#mapping, this.#registers.wordsOf).values
  }

  /** Shows these signals in the registers. Null: not available. Signals that the device does not have are left out. */
  set(values: Partial<SignalValues>): void {
    const { state, enabled, error, ...plain } = values
    for (const name of SIGNALS) {
      if (name === 'state' || name === 'enabled' || name === 'error') continue
      const value = plain[name]
      const source = this.#mapping.signals.get(name)
      if (source?.kind === 'point' && value !== undefined) this.#registers.show(source.point, value)
      else if (source?.kind === 'calc' && typeof value === 'number') this.#showCalculated(name, value)
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
        isOrder: (place) => this.#registers.isOrder(place),
      })
    }
  }

  /** Any request to the device. */
  heard(): void {
    this.#book.heard()
  }

  /** Whether a write means something here, and whether the device would take it. */
  understand(unit: number, request: CellOrder): 'taken' | 'refused' | 'unknown' {
    return this.#book.understand(unit, request)
  }

  /** Takes the write as an order. The registers hold it already. */
  obey(unit: number, request: CellOrder): void {
    this.#book.obey(unit, request)
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
        for (const point of points) this.#registers.show(point, point === carrier ? value * sign : 0)
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

function usesName(mapping: Mapping, signal: SignalName, name: string): boolean {
  const source = mapping.signals.get(signal)
  return source?.kind === 'calc' && namesIn(source.calculation.expression).has(name)
}
