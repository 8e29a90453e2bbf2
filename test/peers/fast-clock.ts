/**
 * A clock that runs `speed` times as fast as the day. It moves with the turns of the event loop and never by more than a small step at
 * once: a machine that is busy makes time slower instead of making time-outs.
 */
import type { Clock } from '../../src/model/clock.ts'
import { Sleepers } from './sleepers.ts'

/** Real ms that one turn counts at most: an answer takes a few turns, however busy the machine is. */
const LONGEST_TURN_MS = 1.25

export class FastClock implements Clock {
  readonly #speed: number
  readonly #sleepers = new Sleepers()
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
    return this.#sleepers.sleepUntil(this.#monotonicMs + Math.max(0, ms), signal)
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
    this.#sleepers.wakeDue(this.#monotonicMs)
    this.#timer = setTimeout(() => this.#turn(), 1)
  }
}
