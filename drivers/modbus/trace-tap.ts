/** Listeners of a link's trace. Nothing is copied while nobody listens. */

import type { Clock } from '../../src/model/clock.ts'
import type { TraceEntry } from '../../src/model/driver.ts'

const NO_BYTES = new Uint8Array(0)

export class TraceTap {
  readonly #clock: Clock
  readonly #listeners = new Set<(entry: TraceEntry) => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(listener: (entry: TraceEntry) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  clear(): void {
    this.#listeners.clear()
  }

  frame(direction: 'sent' | 'received', bytes: Uint8Array, note: string): void {
    if (this.#listeners.size > 0) this.#tell(direction, Uint8Array.from(bytes), note)
  }

  event(note: string): void {
    if (this.#listeners.size > 0) this.#tell('event', NO_BYTES, note)
  }

  #tell(direction: TraceEntry['direction'], bytes: Uint8Array, note: string): void {
    const entry: TraceEntry = { at: this.#clock.now(), direction, bytes, note }
    for (const listener of this.#listeners) listener(entry)
  }
}
