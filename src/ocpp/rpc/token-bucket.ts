/** Counts what a peer may still do: `burst` at once, refilled at `perSecond`. */
export class TokenBucket {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #countedAt: number

  constructor(perSecond: number, burst: number, monotonicMs: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#countedAt = monotonicMs
  }

  take(monotonicMs: number): boolean {
    const refill = ((monotonicMs - this.#countedAt) / 1000) * this.#perSecond
    this.#tokens = Math.min(this.#burst, this.#tokens + refill)
    this.#countedAt = monotonicMs
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
