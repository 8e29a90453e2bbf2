/**
 * Another clock as a process sees it that is stopped (SIGSTOP): time passes, and nobody is woken until it goes on (SIGCONT). A process that is
 * killed is stalled for good.
 */
import type { Clock } from '../../src/model/clock.ts'

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
