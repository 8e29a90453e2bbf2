import { numbersIn } from '../values/words.ts'
import type { Clock } from '../../model/clock.ts'
import type { PerPhase, SignalName, SignalValues } from '../../model/signal.ts'
import { placesOf, writePlaceOf } from '../values/address.ts'
import type { Place } from '../values/address.ts'
import type { CellOrder } from '../device/cells.ts'
import type { Value } from '../values/expression.ts'
import type { Mapping, ReadPoint, WritePoint } from '../mapping.ts'
import { ampsWritten, constantWords, wordsShowing } from './reverse.ts'
import { everyWrite, widthOf } from '../language/safety.ts'
import type { SimulatedImage } from './simulated-image.ts'
import { nameResolver, valueOf } from '../values/values.ts'
import type { WordsOf } from '../values/values.ts'

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
  #orderPlaces: readonly (Omit<Place, 'table'> & { readonly table: WritePoint['table'] })[] | null = null

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

  /** Shows a value; a register that has no way to say "missing" is taken away. Orders stay as the bridge wrote them. */
  show(point: ReadPoint, value: SignalValues[SignalName]): void {
    const list: PerPhase | null = isPerPhase(value) ? value : null
    for (const phase of point.addresses.keys()) {
      const one = list === null ? value : (list[phase] ?? null)
      this.showOne(point, phase, typeof one === 'object' ? null : one)
    }
  }

  /** One phase of a point, or a point that has none. */
  showOne(point: ReadPoint, phase: number, value: number | string | boolean | null): void {
    const place = this.placesOf(point)[phase]
    if (place === undefined || this.isOrder(place)) return
    const factor =
      point.times === null ? 1 : nameResolver(this.mapping, this.wordsOf, this.connector)(point.times).value
    const image = this.imageOf(place.unit)
    const before = image.words(place) ?? Array.from({ length: place.count }, () => 0)
    const words = wordsShowing(point, value, before, typeof factor === 'number' ? factor : 1)
    if (words === null) image.remove(place)
    else image.set(place.table, place.address, words)
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
    return ampsWritten(point, words, this.values())
  }

  /** Values of names in calculations, as the registers are now. */
  values(): (name: string) => Value {
    return valueOf(nameResolver(this.mapping, this.wordsOf, this.connector))
  }

  samePlace(a: WritePoint, b: WritePoint): boolean {
    const left = this.writePlaceOf(a)
    const right = this.writePlaceOf(b)
    return a.table === b.table && left.unit === right.unit && left.address === right.address
  }

  /** Whether the second write changes what the first has written. */
  overlaps(a: WritePoint, b: WritePoint): boolean {
    const left = this.writePlaceOf(a)
    const right = this.writePlaceOf(b)
    const distinctBits = a.bits !== null && b.bits !== null && (a.bits.low > b.bits.high || b.bits.low > a.bits.high)
    return (
      a.table === b.table &&
      left.unit === right.unit &&
      left.address < right.address + widthOf(b) &&
      right.address < left.address + widthOf(a) &&
      !distinctBits
    )
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
    const { write } = this.mapping
    this.#orderPlaces ??= (write === null ? [] : everyWrite(write)).map(({ point }) => ({
      ...this.writePlaceOf(point),
      table: point.table,
      count: widthOf(point),
    }))
    return this.#orderPlaces.some(
      (own) =>
        own.unit === place.unit &&
        own.table === place.table &&
        own.address < place.address + place.count &&
        place.address < own.address + own.count,
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
