/** Flash-backed registers: how often each was written, and how often it still may be (H23). */
import type { Clock } from '../../model/clock.ts'

/** A charger's flash stands some 100,000 writes: at 48 a day that is five years of changing all day long. */
export const WRITES_PER_DAY = 48

const DAY_MS = 86_400_000

/** One register that wears. */
export interface Wear {
  readonly unit: number
  readonly table: string
  readonly address: number
  /** Within the last 24 hours, since the bridge started. */
  readonly writes: number
  readonly perDay: number
}

type WornPlace = Pick<Wear, 'unit' | 'table' | 'address'>

interface Worn {
  readonly place: WornPlace
  readonly perDay: number
  /** Monotonic ms, oldest first. */
  readonly times: readonly number[]
  readonly words: readonly number[]
}

/** Counts over 24 hours that end now, so that no midnight lets twice as many through. It outlives a lost connection. */
export class WearBook {
  readonly #clock: Clock
  readonly #registers = new Map<string, Worn>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How long until the register may be written again, ms; 0: now. */
  waitMs(place: WornPlace, perDay: number): number {
    const times = this.#recent(place)
    const first = times[times.length - perDay]
    return first === undefined ? 0 : Math.max(0, first + DAY_MS - this.#clock.monotonic())
  }

  /** What was written last; null: nothing since the bridge started. */
  lastWords(place: WornPlace): readonly number[] | null {
    return this.#registers.get(keyOf(place))?.words ?? null
  }

  /** Before the frame goes out: one that is lost on the way may have arrived. */
  note(place: WornPlace, perDay: number, words: readonly number[]): void {
    const times = [...this.#recent(place), this.#clock.monotonic()]
    this.#registers.set(keyOf(place), { place, perDay, times, words })
  }

  list(): readonly Wear[] {
    return [...this.#registers.values()].map(({ place, perDay }) => ({
      ...place,
      writes: this.#recent(place).length,
      perDay,
    }))
  }

  #recent(place: WornPlace): readonly number[] {
    const since = this.#clock.monotonic() - DAY_MS
    return (this.#registers.get(keyOf(place))?.times ?? []).filter((time) => time > since)
  }
}

function keyOf({ unit, table, address }: WornPlace): string {
  return `${unit}/${table}/${address}`
}
