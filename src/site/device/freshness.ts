/** Whether what was read of a device is of now: a process that stood still (F48) knows nothing of the time between. */
import { BridgeError } from '../../model/errors.ts'
import type { Pulse } from '../pulse.ts'

export class Freshness {
  readonly #name: string
  readonly #pulse: Pick<Pulse, 'stoodStillSince'>
  /** When the newest reading was asked for, monotonic ms. */
  #readFrom = Number.NEGATIVE_INFINITY

  constructor(name: string, pulse: Pick<Pulse, 'stoodStillSince'>) {
    this.#name = name
    this.#pulse = pulse
  }

  get holds(): boolean {
    return !this.#pulse.stoodStillSince(this.#readFrom)
  }

  /** Throws BRIDGE_STOOD_STILL when neither an answer nor a decision from before holds any more. */
  check(): void {
    this.#checkSince(this.#readFrom)
  }

  /** An answer has come to what was asked at `from`, monotonic ms. Throws BRIDGE_STOOD_STILL when it holds no more. */
  read(from: number): void {
    this.#checkSince(from)
    this.#readFrom = from
  }

  #checkSince(from: number): void {
    if (this.#pulse.stoodStillSince(from))
      throw new BridgeError(
        'BRIDGE_STOOD_STILL',
        `${this.#name}: the bridge stood still; it is read before anything is written`,
      )
  }
}
