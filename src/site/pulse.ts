/**
 * Notices that the whole process stood still: stopped from outside (F48), swapped out, blocked. What was read before is then of another
 * time, and what was decided on it must not be written any more.
 */
import type { Clock } from '../model/clock.ts'

const BEAT_MS = 250
/** A busy machine may be late by less. */
const STILL_MS = 4000

export class Pulse {
  readonly #clock: Clock
  readonly #stopping = new AbortController()
  readonly #listeners = new Set<() => void>()
  #beatAt: number
  #returnedAt = Number.NEGATIVE_INFINITY
  #life: Promise<void> = Promise.resolve()

  constructor(clock: Clock) {
    this.#clock = clock
    this.#beatAt = clock.monotonic()
  }

  start(): void {
    this.#life = this.#run(this.#stopping.signal)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#life
  }

  /** Whether the process has stood still after `at` (monotonic ms). Right also before the first beat after the return. */
  stoodStillSince(at: number): boolean {
    this.#beat()
    return this.#returnedAt > at
  }

  /** Calls `listener` when the process goes on after it stood still, before most of what waited; until the returned function is called. */
  onReturn(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async #run(stop: AbortSignal): Promise<void> {
    this.#beatAt = this.#clock.monotonic()
    while (!stop.aborted) {
      await this.#clock.sleep(BEAT_MS, stop).catch(() => {})
      this.#beat()
    }
  }

  #beat(): void {
    const now = this.#clock.monotonic()
    const still = now - this.#beatAt > STILL_MS
    this.#beatAt = now
    if (!still) return
    this.#returnedAt = now
    for (const listener of this.#listeners) listener()
  }
}
