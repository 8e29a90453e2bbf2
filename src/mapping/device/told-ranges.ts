/** `range: [limit_min, limit_max]`: the range of the set-point as the device itself tells it. It only ever narrows the range of the file. */
import { LOWEST_AMPS } from '../values/encode.ts'
import type { Value } from '../values/expression.ts'
import type { Mapping, WritePoint } from '../mapping.ts'
import type { Range } from '../values/quantity.ts'
import { writesOf } from '../language/safety.ts'

export class ToldRanges {
  readonly #point: WritePoint | null
  readonly #told = new Map<number, Range>()
  #warning: string | null = null

  constructor(mapping: Mapping) {
    this.#point = writesOf(mapping.write?.current ?? []).find((point) => point.rangeNames !== null) ?? null
  }

  /** Names of the smallest and the largest current; null: the file knows both. */
  get names(): readonly [lowest: string, highest: string] | null {
    return this.#point?.rangeNames ?? null
  }

  get warning(): string | null {
    return this.#warning
  }

  isTold(connector: number): boolean {
    return this.#told.has(connector)
  }

  forget(): void {
    this.#told.clear()
    this.#warning = null
  }

  /** What the device answered. Missing or impossible limits leave the range of the file as it is. */
  take(connector: number, valueOf: (name: string) => Value): void {
    const range = this.#point?.range ?? null
    if (this.names === null || range === null) return
    const [lowest, highest] = this.names.map(valueOf)
    this.#warning = null
    if (typeof lowest !== 'number' || typeof highest !== 'number') return
    const min = Math.max(range.min, lowest)
    const max = Math.min(range.max, highest)
    if (highest < LOWEST_AMPS || min > max)
      this.#warning = `the device tells a range of ${lowest} to ${highest} A, which cannot be; ${range.min} to ${range.max} A counts`
    else this.#told.set(connector, { min, max, orZero: range.orZero })
  }

  /** The write point with the range that counts for this connector. */
  narrowed(point: WritePoint, connector: number): WritePoint {
    const range = point.rangeNames === null ? undefined : this.#told.get(connector)
    return range === undefined ? point : { ...point, range }
  }

  /** What all connectors can do; null: nothing was told. */
  get common(): Range | null {
    const ranges = [...this.#told.values()]
    if (ranges.length === 0) return null
    const min = Math.max(...ranges.map((range) => range.min))
    const max = Math.min(...ranges.map((range) => range.max))
    return min <= max ? { min, max, orZero: false } : null
  }
}
