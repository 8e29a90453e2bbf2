/** When to try again, as OCPP 2.x says it with RetryBackOff; 1.6 says nothing. Pure. */
export interface BackOffSettings {
  /** Before the first new attempt; doubled with each further one. */
  readonly waitMinimumMs: number
  /** A random time up to this comes on top, so that not all stations come back at once. */
  readonly randomRangeMs: number
  /** So often it is doubled; then it stays. */
  readonly repeatTimes: number
  /** At least this long after a refusal that a person must mend (401, 403, 404, wrong subprotocol). */
  readonly refusedMs: number
}

export const DEFAULT_BACK_OFF: BackOffSettings = {
  waitMinimumMs: 1000,
  randomRangeMs: 1000,
  repeatTimes: 8,
  refusedMs: 60_000,
}

/** What a peer may ask for with Retry-After. */
const MAX_RETRY_AFTER_MS = 24 * 3600_000

export interface Failure {
  /** 0 for the first failure after a good connection. */
  readonly attempt: number
  readonly refused: boolean
  readonly retryAfterMs: number | null
}

/** Wait in ms before the next attempt; `random` in [0, 1). */
export function backOffMs(failure: Failure, settings: BackOffSettings, random: number): number {
  const randomMs = settings.randomRangeMs * random
  const wait = settings.waitMinimumMs * 2 ** Math.min(failure.attempt, settings.repeatTimes) + randomMs
  const refused = failure.refused ? settings.refusedMs * (1 + 0.1 * random) : 0
  const asked = Math.min(failure.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)
  return Math.max(wait, refused, asked === 0 ? 0 : asked + randomMs)
}

/** A Retry-After header (seconds or an HTTP date) in ms from `nowMs`, or null. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs)
}
