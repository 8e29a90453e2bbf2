/** Heartbeats of one upstream, at the interval that is in force (OCPP 1.6 §4.6). */
import type { Clock } from '../../../model/clock.ts'
import type { StationSettings } from '../settings.ts'

/** Over a WebSocket at least one heartbeat a day keeps the clock right. */
export const LONGEST_INTERVAL_S = 86_400

export class Heartbeats {
  readonly #clock: Clock
  readonly #settings: StationSettings
  readonly #beat: () => Promise<void>
  #stop: AbortController | null = null

  constructor(clock: Clock, settings: StationSettings, beat: () => Promise<void>) {
    this.#clock = clock
    this.#settings = settings
    this.#beat = beat
  }

  /** Begins anew with the interval of now. */
  start(): void {
    this.stop()
    this.#stop = new AbortController()
    void this.#run(this.#stop.signal)
  }

  stop(): void {
    this.#stop?.abort()
    this.#stop = null
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const seconds = this.#settings.number('heartbeatInterval')
      try {
        await this.#clock.sleep((seconds > 0 ? seconds : LONGEST_INTERVAL_S) * 1000, signal)
      } catch {
        return // stopped, or started anew
      }
      await this.#beat()
    }
  }
}
