import type { Clock } from '../model/clock.ts'
import type { PerPhase, SignalName, SignalValues } from '../model/signal.ts'
import { placesOf, writePlaceOf } from './address.ts'
import type { Place } from './address.ts'
import { numbersIn } from './cells.ts'
import type { CellOrder } from './cells.ts'
import { ampsOf } from './encode.ts'
import type { Mapping, ReadPoint, WritePoint } from './mapping.ts'
import { ampsWritten, constantWords, wordsShowing } from './reverse.ts'
import { everyWrite, widthOf } from './safety.ts'
import type { SimulatedImage } from './simulated-image.ts'
import { nameResolver } from './values.ts'
import type { WordsOf } from './values.ts'

export interface SimulatedRegistersOptions {
  readonly mapping: Mapping
  /** Unit id of the first connector. */
  readonly unit: number
  readonly connector: number
  readonly imageOf: (unit: number) => SimulatedImage
  readonly clock: Clock
}

/** The registers of one outlet, by the points of the mapping. */
export class SimulatedRegisters {
  readonly mapping: Mapping
  readonly connector: number
  readonly imageOf: (unit: number) => SimulatedImage
  readonly #unit: number
  readonly #clock: Clock

  constructor(options: SimulatedRegistersOptions) {
    this.mapping = options.mapping
    this.connector = options.connector
    this.imageOf = options.imageOf
    this.#unit = options.unit
    this.#clock = options.clock
  }

  placesOf(point: ReadPoint): readonly Place[] {
    return placesOf(point, this.mapping, this.#unit, this.connector)
  }

  writePlaceOf(point: WritePoint): { readonly unit: number; readonly address: number } {
    return writePlaceOf(point, this.mapping, this.#unit, this.connector)
  }

  readonly wordsOf: WordsOf = (point, phase) => {
    const place = this.placesOf(point)[phase]
    const words = place === undefined ? null : this.imageOf(place.unit).words(place)
    return words === null ? null : { words, at: this.#clock.monotonic() }
  }

  /** Shows a value; a register that has no way to say "missing" is taken away. */
  show(point: ReadPoint, value: SignalValues[SignalName]): void {
    const places = this.placesOf(point)
    const list: PerPhase | null = isPerPhase(value) ? value : null
    const factor = point.times === null ? 1 : nameResolver(this.mapping, this.wordsOf)(point.times).value
    for (const [phase, place] of places.entries()) {
      const one = list === null ? value : (list[phase] ?? null)
      const image = this.imageOf(place.unit)
      const before = image.words(place) ?? Array.from({ length: place.count }, () => 0)
      const words =
        typeof one === 'object' && one !== null
          ? null
          : wordsShowing(point, one, before, typeof factor === 'number' ? factor : 1)
      if (words === null) image.remove(place)
      else image.set(place.table, place.address, words)
    }
  }

  /** Words of a write point as if the bridge had written them. */
  put(point: WritePoint, words: readonly number[]): void {
    const { unit, address } = this.writePlaceOf(point)
    this.imageOf(unit).set(point.table, address, words)
  }

  wordsNow(point: WritePoint): readonly number[] {
    const { unit, address } = this.writePlaceOf(point)
    const words = this.imageOf(unit).words({ table: point.table, address, count: widthOf(point) })
    return words === null ? [] : (numbersIn(words) ?? [])
  }

  /** The words that would stand there after a request that may cover only a part of them. */
  wordsAfter(point: WritePoint, request: CellOrder): readonly number[] {
    const { address } = this.writePlaceOf(point)
    return this.wordsNow(point).map((word, offset) => request.words[address + offset - request.address] ?? word)
  }

  /** What words in a set-point register mean, in A. */
  ampsIn(point: WritePoint, words: readonly number[]): number | null {
    if (point.calc === null) return ampsOf(point, words)
    const take = nameResolver(this.mapping, this.wordsOf)
    return ampsWritten(point, words, (name) => {
      const { value } = take(name)
      return typeof value === 'number' ? value : null
    })
  }

  samePlace(a: WritePoint, b: WritePoint): boolean {
    const left = this.writePlaceOf(a)
    const right = this.writePlaceOf(b)
    return a.table === b.table && left.unit === right.unit && left.address === right.address
  }

  /** All write points that a request touches. */
  pointsIn(unit: number, request: CellOrder): readonly WritePoint[] {
    const write = this.mapping.write
    if (write === null) return []
    return everyWrite(write).flatMap(({ point }) => {
      const place = this.writePlaceOf(point)
      const overlaps =
        place.unit === unit &&
        point.table === request.table &&
        request.address < place.address + widthOf(point) &&
        place.address < request.address + request.words.length
      return overlaps ? [point] : []
    })
  }

  /** Whether the bridge writes there: what stands in it is an order. */
  isOrder(place: Place): boolean {
    const write = this.mapping.write
    return (
      write !== null &&
      everyWrite(write).some(({ point }) => {
        const own = this.writePlaceOf(point)
        return (
          own.unit === place.unit &&
          point.table === place.table &&
          own.address < place.address + place.count &&
          place.address < own.address + widthOf(point)
        )
      })
    )
  }
}

/** Whether words are the constant that a point writes. */
export function isConstant(point: WritePoint, words: readonly number[]): boolean {
  if (point.value === null) return false
  if (point.bits !== null)
    return ((words[0] ?? 0) >> point.bits.low) % 2 ** (point.bits.high - point.bits.low + 1) === point.value[0]
  return point.value.some((value) => {
    const wanted = constantWords(point, value)
    return wanted.length === words.length && wanted.every((word, index) => word === words[index])
  })
}

function isPerPhase(value: SignalValues[SignalName]): value is PerPhase {
  return Array.isArray(value)
}
