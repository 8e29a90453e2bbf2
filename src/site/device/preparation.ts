/**
 * When a device must be prepared again (its fail-safe armed): it may have restarted and forgotten, and a quick restart hides behind a
 * repeated request. Pure; times are monotonic ms.
 */
import { isBridgeError } from '../../model/errors.ts'

/** How often it is prepared again though nothing was noticed. */
const AGAIN_MS = 600_000

export class Preparation {
  #isWanted = false
  #preparedAt = 0
  /** It was silent when it was told something. */
  #mayHaveRestarted = false

  /** It is being prepared from scratch: a connection was made. */
  begin(now: number): void {
    this.#isWanted = false
    this.#preparedAt = now
  }

  /** It was told something and this came of it: one that did not answer may be restarting, also when the next poll finds it well. */
  failed(error: unknown): void {
    if (isBridgeError(error, 'DEVICE_TIMEOUT')) this.#mayHaveRestarted = true
  }

  /** It has answered a poll. True: it is wanted now. */
  answered(afterSilence: boolean, now: number): boolean {
    if (!afterSilence && !this.#mayHaveRestarted && now < this.#preparedAt + AGAIN_MS) return false
    this.#isWanted = true
    this.#mayHaveRestarted = false
    this.#preparedAt = now
    return true
  }

  /** Whether it is wanted; asked by who does it at once. */
  take(): boolean {
    const isWanted = this.#isWanted
    this.#isWanted = false
    return isWanted
  }
}
