/**
 * A clock that stands still until the test moves it, and between two moments until all that the last one has caused is done. Wall time and
 * monotonic time can be moved apart.
 */
import type { Clock } from '../../src/model/clock.ts'
import { Sleepers } from './sleepers.ts'

export class ManualClock implements Clock {
  #monotonicMs = 0
  #wallMs: number
  readonly #sleepers = new Sleepers()
  readonly #settle: () => Promise<void>

  /**
   * @param startAt wall time, ms
   * @param settle waits until work that was woken has come to rest; replace it when a test uses real I/O
   */
  constructor(startAt: number = Date.parse('2026-03-02T08:00:00Z'), settle: () => Promise<void> = settleMicrotasks) {
    this.#wallMs = startAt
    this.#settle = settle
  }

  now(): number {
    return this.#wallMs
  }

  monotonic(): number {
    return this.#monotonicMs
  }

  get sleeping(): number {
    return this.#sleepers.count
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.#sleepers.sleepUntil(this.#monotonicMs + Math.max(0, ms), signal)
  }

  /** Moves time on, waking each sleeper at its own moment and letting its work finish before the next. */
  async advance(ms: number): Promise<void> {
    const until = this.#monotonicMs + ms
    let wakesAtOnce = 0
    await this.#settle()
    while (this.#sleepers.nextDueAt <= until) {
      const next = this.#sleepers.nextDueAt
      wakesAtOnce = next > this.#monotonicMs ? 0 : wakesAtOnce + 1
      if (wakesAtOnce > STORM) throw new Error(`timer storm: ${STORM} sleeps ended at the same moment`)
      this.#move(next - this.#monotonicMs)
      this.#sleepers.wakeEarliest()
      await this.#settle()
    }
    this.#move(until - this.#monotonicMs)
    await this.#settle()
  }

  /**
   * Moves time on in whole steps, each of which begins with `each` (a world that plays along) and wakes all who are due by then together.
   * With real sockets a device's answer takes as long as the device says, and never as long as this machine needs.
   */
  async advanceInSteps(ms: number, stepMs: number, each: () => void): Promise<void> {
    const until = this.#monotonicMs + ms
    await this.#wakeDue()
    while (this.#monotonicMs < until) {
      this.#move(stepMs)
      each()
      await this.#wakeDue()
    }
  }

  /** Lets pending work finish without moving time. */
  settle(): Promise<void> {
    return this.#settle()
  }

  /** The wall clock jumps; monotonic time does not. */
  jumpWall(ms: number): void {
    this.#wallMs += ms
  }

  #move(ms: number): void {
    if (ms <= 0) return
    this.#monotonicMs += ms
    this.#wallMs += ms
  }

  async #wakeDue(): Promise<void> {
    for (let round = 0; this.#sleepers.nextDueAt <= this.#monotonicMs; round++) {
      if (round > STORM) throw new Error(`timer storm: ${STORM} rounds of sleeps ended at the same moment`)
      this.#sleepers.wakeDue(this.#monotonicMs)
      await this.#settle()
    }
  }
}

/** Somebody who sleeps for 0 ms again and again would stop the test's time for ever. */
const STORM = 1_000

/** Promise chains without I/O come to rest within a few turns of the event loop. */
async function settleMicrotasks(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
}
