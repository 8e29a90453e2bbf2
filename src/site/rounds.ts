/** Does one thing again and again from start to stop; the work itself says when it is due next. */
import type { Clock } from '../model/clock.ts'

/**
 * One round, which was due at `dueAt`; resolves with the moment of the next (monotonic ms), and one that has passed is now. It knows its
 * faults itself: what it throws ends the rounds.
 */
export type Round = (stop: AbortSignal, dueAt: number) => Promise<number>

export class Rounds {
  readonly #clock: Clock
  readonly #round: Round
  readonly #stopping = new AbortController()
  #life: Promise<void> = Promise.resolve()

  constructor(clock: Clock, round: Round) {
    this.#clock = clock
    this.#round = round
  }

  /** The first round is due at once. */
  start(): void {
    this.#life = this.#run(this.#stopping.signal)
  }

  /** Resolves when the last round has ended. Rejects with what a round threw. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#life
  }

  async #run(stop: AbortSignal): Promise<void> {
    let due = this.#clock.monotonic()
    while (!stop.aborted) {
      due = Math.max(await this.#round(stop, due), this.#clock.monotonic())
      await this.#clock.sleep(due - this.#clock.monotonic(), stop).catch(() => {})
    }
  }
}
