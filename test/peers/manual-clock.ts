/** A clock that stands still until the test moves it. Wall time and monotonic time can be moved apart. */
import type { Clock } from '../../src/model/clock.ts'

interface Sleeper {
  readonly dueAt: number
  readonly order: number
  readonly wake: () => void
}

export class ManualClock implements Clock {
  #monotonicMs = 0
  #wallMs: number
  #order = 0
  readonly #sleepers = new Set<Sleeper>()
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
    return this.#sleepers.size
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const onAbort = (): void => {
        this.#sleepers.delete(sleeper)
        reject(signal.reason)
      }
      const sleeper: Sleeper = {
        dueAt: this.#monotonicMs + Math.max(0, ms),
        order: this.#order++,
        wake: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      this.#sleepers.add(sleeper)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Moves time on, waking each sleeper at its own moment and letting its work finish before the next. */
  async advance(ms: number): Promise<void> {
    const until = this.#monotonicMs + ms
    let wakesAtOnce = 0
    await this.#settle()
    for (;;) {
      const next = this.#earliest()
      if (next === null || next.dueAt > until) break
      wakesAtOnce = next.dueAt > this.#monotonicMs ? 0 : wakesAtOnce + 1
      if (wakesAtOnce > STORM) throw new Error(`timer storm: ${STORM} sleeps ended at the same moment`)
      this.#move(next.dueAt - this.#monotonicMs)
      this.#sleepers.delete(next)
      next.wake()
      await this.#settle()
    }
    this.#move(until - this.#monotonicMs)
    await this.#settle()
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

  #earliest(): Sleeper | null {
    let earliest: Sleeper | null = null
    for (const sleeper of this.#sleepers) {
      if (
        earliest === null ||
        sleeper.dueAt < earliest.dueAt ||
        (sleeper.dueAt === earliest.dueAt && sleeper.order < earliest.order)
      )
        earliest = sleeper
    }
    return earliest
  }
}

/** Somebody who sleeps for 0 ms again and again would stop the test's time for ever. */
const STORM = 1_000

/** Promise chains without I/O come to rest within a few turns of the event loop. */
async function settleMicrotasks(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve))
}
