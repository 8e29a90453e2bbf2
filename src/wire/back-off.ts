/** When to try again: later and later, and not all links at the same moment. */

export interface BackOff {
  readonly firstMs: number
  readonly limitMs: number
}

/**
 * The wait before the next attempt, whole ms: doubled with each failure up to the limit, of which chance leaves half or more.
 * @param failures before the one that just happened
 * @param random 0..1
 */
export function backOffMs({ firstMs, limitMs }: BackOff, failures: number, random: () => number): number {
  const wholeMs = Math.min(limitMs, firstMs * 2 ** Math.min(20, failures))
  return Math.ceil(wholeMs * (0.5 + 0.5 * random()))
}
