/** Pings the other side of a connection and notices when it has fallen silent: a dead line says nothing by itself for hours. */
import type { Clock } from '../../model/clock.ts'

export interface SilenceWatchOptions {
  readonly clock: Clock
  readonly ping: () => void
  /** Nothing was heard for `periodMs` after a ping; the watch has ended. */
  readonly onSilence: (periodMs: number) => void
}

export class SilenceWatch {
  readonly #options: SilenceWatchOptions
  #running: AbortController | null = null
  #heardSincePing = true

  constructor(options: SilenceWatchOptions) {
    this.#options = options
  }

  /** Looks every `seconds` whether the other side is there; a silent one is noticed within two periods. 0: never. */
  every(seconds: number): void {
    this.stop()
    if (seconds <= 0) return
    this.#running = new AbortController()
    void this.#watch(seconds * 1000, this.#running.signal)
  }

  /** Anything at all has come. */
  heard(): void {
    this.#heardSincePing = true
  }

  stop(): void {
    this.#running?.abort()
    this.#running = null
  }

  async #watch(periodMs: number, stop: AbortSignal): Promise<void> {
    const { clock, ping, onSilence } = this.#options
    this.#heardSincePing = true
    try {
      for (;;) {
        await clock.sleep(periodMs, stop)
        if (!this.#heardSincePing) {
          onSilence(periodMs)
          return
        }
        this.#heardSincePing = false
        ping()
      }
    } catch {
      // Stopped: another period was set, or the socket is gone and says so itself.
    }
  }
}
