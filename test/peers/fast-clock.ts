/**
 * A clock that runs `speed` times as fast as the day. It moves with the turns of the event loop and never by more than a small step at
 * once: a machine that is busy makes time slower instead of making time-outs.
 */
import type { Clock } from '../../src/model/clock.ts'

interface Sleeper {
  readonly dueAt: number
  readonly wake: () => void
}

/** Real ms that one turn counts at most: an answer takes a few turns, however busy the machine is. */
const LONGEST_TURN_MS = 1.25

export class FastClock implements Clock {
  readonly #speed: number
  readonly #sleepers = new Set<Sleeper>()
  #monotonicMs = 1000
  #wallMs: number
  #turnedAt = performance.now()
  #timer: NodeJS.Timeout

  constructor(speed: number, startAt: number = Date.parse('2026-03-02T08:00:00Z')) {
    this.#speed = speed
    this.#wallMs = startAt
    this.#timer = setTimeout(() => this.#turn(), 1)
  }

  now(): number {
    return this.#wallMs
  }

  monotonic(): number {
    return this.#monotonicMs
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
        wake: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      this.#sleepers.add(sleeper)
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** The wall clock is set; monotonic time is not. */
  jumpWall(ms: number): void {
    this.#wallMs += ms
  }

  /** Time stands still from here on. */
  stop(): void {
    clearTimeout(this.#timer)
  }

  #turn(): void {
    const real = performance.now()
    const passed = Math.min(real - this.#turnedAt, LONGEST_TURN_MS) * this.#speed
    this.#turnedAt = real
    this.#monotonicMs += passed
    this.#wallMs += passed
    const due = [...this.#sleepers].filter(({ dueAt }) => dueAt <= this.#monotonicMs)
    for (const sleeper of due.toSorted((a, b) => a.dueAt - b.dueAt)) {
      // An earlier one may have sent this one home.
      if (this.#sleepers.delete(sleeper)) sleeper.wake()
    }
    this.#timer = setTimeout(() => this.#turn(), 1)
  }
}

/** Another clock as a process sees it that is stopped and goes on (SIGSTOP, SIGCONT): time passes, and nobody is woken. */
export class StallingClock implements Clock {
  readonly #clock: Clock
  #stalled: PromiseWithResolvers<void> | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  monotonic(): number {
    return this.#clock.monotonic()
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    await this.#clock.sleep(ms, signal)
    await this.#stalled?.promise
    signal.throwIfAborted()
  }

  stall(): void {
    this.#stalled ??= Promise.withResolvers()
  }

  goOn(): void {
    this.#stalled?.resolve()
    this.#stalled = null
  }
}
