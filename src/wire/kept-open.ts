/** Something that is opened at once, and again each time it ended, until it is closed. */

import type { Clock } from '../model/clock.ts'
import type { LinkState } from '../model/driver.ts'
import { backOffMs, type BackOff } from './back-off.ts'

export interface KeptOpenSettings {
  readonly clock: Clock
  readonly random: () => number
  readonly backOff: BackOff
  /**
   * Opens it, calls `opened`, and stays until it ends: says why, or rejects with the reason. `life` aborts when this has ended, and
   * before that when it is to be closed, or when somebody else knows that it ended.
   */
  readonly once: (life: AbortController, opened: () => void) => Promise<string>
  /** It could not be opened, or ended. Not called when it was closed. */
  readonly ended: (reason: string, wasOpen: boolean) => void
}

export class KeptOpen {
  readonly #settings: KeptOpenSettings
  readonly #life = new AbortController()
  readonly #run: Promise<void>
  #state: LinkState = 'connecting'
  #openings = 0
  /** In a row. Opened is not yet good: who takes us and hangs up must not be hammered. */
  #failures = 0

  constructor(settings: KeptOpenSettings) {
    this.#settings = settings
    this.#run = this.#live()
  }

  get state(): LinkState {
    return this.#state
  }

  /** How often it was opened again. */
  get reconnects(): number {
    return Math.max(0, this.#openings - 1)
  }

  /** It has been of use: when it ends it is opened again soon. */
  good(): void {
    this.#failures = 0
  }

  /** Resolves when what was open has let go. */
  close(): Promise<void> {
    this.#state = 'closed'
    this.#life.abort(new Error('the link was closed'))
    return this.#run
  }

  async #live(): Promise<void> {
    const { clock, random, backOff, ended } = this.#settings
    const { signal } = this.#life
    while (!signal.aborted) {
      this.#state = 'connecting'
      const { reason, wasOpen } = await this.#once(signal)
      if (signal.aborted) return
      this.#state = 'waiting'
      ended(reason, wasOpen)
      const delayMs = backOffMs(backOff, this.#failures, random)
      this.#failures += 1
      // Aborted by close(): the loop ends.
      await clock.sleep(delayMs, signal).catch(() => undefined)
    }
  }

  async #once(signal: AbortSignal): Promise<{ readonly reason: string; readonly wasOpen: boolean }> {
    const life = new AbortController()
    const stop = (): void => life.abort(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    let wasOpen = false
    const opened = (): void => {
      wasOpen = true
      this.#openings += 1
      if (!signal.aborted) this.#state = 'open'
    }
    try {
      return { reason: await this.#settings.once(life, opened), wasOpen }
    } catch (error) {
      return { reason: error instanceof Error ? error.message : String(error), wasOpen }
    } finally {
      signal.removeEventListener('abort', stop)
      life.abort(new Error('it ended'))
    }
  }
}
