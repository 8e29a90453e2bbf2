/** Requests answered one after the other, each in the time that a device and its wire would take. */

import type { Clock } from '../../src/model/clock.ts'

export interface Turn {
  /** From the request's first byte until the device has its answer ready, ms. */
  readonly readyAfterMs: number
  /** Carries the request out; null: silence. */
  readonly answer: () => Buffer | null
  /** Time of one character of the answer on the wire, ms. */
  readonly characterMs: number
  /** Silence kept after the answer, ms. */
  readonly silenceMs: number
  readonly write: (frame: Buffer) => void
}

export class AnswerOrder {
  readonly #clock: Clock
  readonly #signal: AbortSignal
  #turns: Turn[] = []
  #busy = false
  #freeAt = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock
    this.#signal = signal
  }

  add(turn: Turn): void {
    if (this.#signal.aborted) return
    if (!this.#busy && turn.readyAfterMs === 0) {
      const frame = turn.answer()
      if (frame !== null) turn.write(frame)
      return
    }
    this.#turns.push(turn)
    if (!this.#busy) {
      this.#busy = true
      this.#work().catch(() => {
        // The server closed: nobody waits for these answers.
        this.#turns = []
      })
    }
  }

  /** The client is gone: what it asked for is not carried out any more. */
  leave(write: Turn['write']): void {
    this.#turns = this.#turns.filter((turn) => turn.write !== write)
  }

  async #work(): Promise<void> {
    for (let turn = this.#turns.shift(); turn !== undefined; turn = this.#turns.shift()) {
      const start = Math.max(this.#clock.monotonic(), this.#freeAt)
      await this.#until(start + turn.readyAfterMs)
      const frame = turn.answer()
      let end = start + turn.readyAfterMs
      if (frame !== null) {
        end += frame.length * turn.characterMs
        await this.#until(end)
        turn.write(frame)
      }
      this.#freeAt = end + turn.silenceMs
    }
    this.#busy = false
  }

  async #until(at: number): Promise<void> {
    const wait = at - this.#clock.monotonic()
    // Timers count whole milliseconds; the error must not add up, so `freeAt` is reckoned from what should have been.
    if (wait > 0.5) await this.#clock.sleep(Math.round(wait), this.#signal)
  }
}
