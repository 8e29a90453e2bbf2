/** One job after another: whoever talks to the station does so through this queue, so no two events ever overlap. */
import type { Clock } from '../../model/clock.ts'

export class Actor {
  readonly #clock: Clock
  readonly #onFault: (error: unknown) => void
  readonly #closing = new AbortController()
  #tail: Promise<void> = Promise.resolve()
  #alarm: { readonly at: number; readonly stop: AbortController } | null = null

  constructor(clock: Clock, onFault: (error: unknown) => void) {
    this.#clock = clock
    this.#onFault = onFault
  }

  get signal(): AbortSignal {
    return this.#closing.signal
  }

  /** Runs the job after those before it. A fault in it is told and ends only this job. */
  post(job: () => Promise<void> | void): void {
    this.#tail = this.#tail.then(async () => {
      if (this.#closing.signal.aborted) return
      try {
        await job()
      } catch (error) {
        this.#onFault(error)
      }
    })
  }

  /** Runs the job in its turn and hands its result back. Rejects when the actor closes first. */
  ask<Result>(job: () => Promise<Result> | Result): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>()
    this.#tail = this.#tail.then(async () => {
      try {
        this.#closing.signal.throwIfAborted()
        resolve(await job())
      } catch (error) {
        reject(error)
      }
    })
    return promise
  }

  /** Posts `job` at a monotonic moment. A new call replaces the old; null only clears. */
  wakeAt(at: number | null, job: () => Promise<void> | void): void {
    if (at !== null && this.#alarm?.at === at) return
    this.#alarm?.stop.abort()
    this.#alarm = null
    if (at === null || this.#closing.signal.aborted) return
    const alarm = { at, stop: new AbortController() }
    this.#alarm = alarm
    this.#clock.sleep(Math.max(0, at - this.#clock.monotonic()), alarm.stop.signal).then(
      () => {
        if (this.#alarm === alarm) this.#alarm = null
        this.post(job)
      },
      () => {}, // replaced or closed: nothing to do then
    )
  }

  /** Takes no further job; resolves when the running one has ended. */
  async close(): Promise<void> {
    this.#alarm?.stop.abort()
    this.#closing.abort()
    await this.#tail
  }
}

/** A door bell: `ring` wakes the one who waits, also when it rang before. */
export class Bell {
  #rung = false
  #wake: (() => void) | null = null

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Resolves at the next ring, or at once when it rang since the last wait. Resolves also when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      signal.addEventListener('abort', () => resolve(), { once: true })
      await promise
      this.#wake = null
    }
    this.#rung = false
  }
}
