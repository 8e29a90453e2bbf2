/** What a link tells about itself: counters, and the trace to those who listen. Nothing is copied while nobody does. */

import type { Clock } from '../model/clock.ts'
import type { TraceEntry } from '../model/driver.ts'

const NO_BYTES = new Uint8Array(0)

export class LinkRecord {
  readonly counts = { requests: 0, timeouts: 0, exceptions: 0, badAnswers: 0, reconnects: 0 }
  readonly #clock: Clock
  readonly #listeners = new Set<(entry: TraceEntry) => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  listen(listener: (entry: TraceEntry) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  close(): void {
    this.#listeners.clear()
  }

  frame(direction: 'sent' | 'received', bytes: Uint8Array, note = ''): void {
    if (this.#listeners.size > 0) this.#tell(direction, Uint8Array.from(bytes), note)
  }

  message(direction: 'sent' | 'received', text: string, note = ''): void {
    if (this.#listeners.size > 0) this.#tell(direction, Buffer.from(text), note)
  }

  event(note: string): void {
    if (this.#listeners.size > 0) this.#tell('event', NO_BYTES, note)
  }

  #tell(direction: TraceEntry['direction'], bytes: Uint8Array, note: string): void {
    const entry: TraceEntry = { at: this.#clock.now(), direction, bytes, note }
    for (const listener of this.#listeners) {
      try {
        listener(entry)
      } catch {
        // Its fault must not end a request or the process: whoever cannot listen does so no longer.
        this.#listeners.delete(listener)
      }
    }
  }
}
