/**
 * Rows on their way to the ledger. Whoever adds one never waits and never fails; they are written about once a second, many in one
 * commit. A disk that is slow, full or failing lets them pile up to a bound; then the oldest are given up and counted.
 */
import type { Clock } from '../../model/clock.ts'
import { isBridgeError, toBridgeError } from '../../model/errors.ts'
import type { BridgeError } from '../../model/errors.ts'

export interface WriteBehindOptions<Row> {
  readonly clock: Clock
  readonly write: (rows: readonly Row[]) => Promise<void>
  /** Rows of the same key replace each other while they wait; null: none does. */
  readonly keyOf: ((row: Row) => string) | null
  readonly maxWaiting: number
  /** Rows of one call. */
  readonly atOnce: number
  /** A row was given up. */
  readonly onLost: () => void
  readonly onFault: (problem: BridgeError) => void
  /** All that waited is written but for so many rows that were given up since the last time. */
  readonly onCaughtUp: (lost: number) => void
}

const EVERY_MS = 1000
/** After a failure; the ledger itself tries again about as often. */
const RETRY_MS = 10_000

export class WriteBehind<Row> {
  readonly #options: WriteBehindOptions<Row>
  readonly #stopping = new AbortController()
  #waiting = new Map<string | number, Row>()
  #lastKey = 0
  #lost = 0

  constructor(options: WriteBehindOptions<Row>) {
    this.#options = options
  }

  get waiting(): number {
    return this.#waiting.size
  }

  add(row: Row): void {
    const { keyOf, maxWaiting } = this.#options
    this.#lastKey += 1
    this.#waiting.set(keyOf === null ? this.#lastKey : keyOf(row), row)
    if (this.#waiting.size > maxWaiting) this.#giveUpOldest()
  }

  start(): void {
    void this.#run(this.#stopping.signal)
  }

  /** Hands over what waits. Does not wait itself: the ledger writes what it was given before it closes. */
  stop(): void {
    this.#stopping.abort()
    while (this.#waiting.size > 0) {
      const [, rows] = this.#take()
      this.#options.write(rows).catch((error: unknown) => this.#options.onFault(toBridgeError(error)))
    }
  }

  async #run(stop: AbortSignal): Promise<void> {
    const { clock } = this.#options
    for (let pauseMs = EVERY_MS; !stop.aborted;) {
      await clock.sleep(pauseMs, stop).catch(() => {})
      if (!stop.aborted) pauseMs = (await this.#flush()) ? EVERY_MS : RETRY_MS
    }
  }

  /** False: it failed, and is tried again later. */
  async #flush(): Promise<boolean> {
    const { write, onFault, onCaughtUp } = this.#options
    if (this.#waiting.size === 0) return true
    const [batch, rows] = this.#take()
    try {
      await write(rows)
    } catch (error) {
      onFault(toBridgeError(error))
      // what the ledger refuses it refuses always
      if (isBridgeError(error) && error.code === 'LEDGER_REFUSED') this.#lose(rows.length)
      else this.#putBack(batch)
      return false
    }
    if (this.#waiting.size > 0) return true
    onCaughtUp(this.#lost)
    this.#lost = 0
    return true
  }

  #take(): readonly [Map<string | number, Row>, readonly Row[]] {
    const { atOnce } = this.#options
    const entries = [...this.#waiting]
    const batch = new Map(entries.slice(0, atOnce))
    this.#waiting = new Map(entries.slice(atOnce))
    return [batch, [...batch.values()]]
  }

  /** In front of what came meanwhile; a newer row of the same key stays. */
  #putBack(batch: ReadonlyMap<string | number, Row>): void {
    this.#waiting = new Map([...batch, ...this.#waiting])
    while (this.#waiting.size > this.#options.maxWaiting) this.#giveUpOldest()
  }

  /** Some at once: to find the first of a map from which the first was taken again and again takes ever longer. */
  #giveUpOldest(): void {
    const rows = Math.ceil(this.#options.maxWaiting / 100)
    let left = rows
    for (const key of this.#waiting.keys()) {
      if (left === 0) break
      this.#waiting.delete(key)
      left -= 1
    }
    this.#lose(rows)
  }

  #lose(rows: number): void {
    this.#lost += rows
    this.#options.onLost()
  }
}
