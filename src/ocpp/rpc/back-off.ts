/** When to try again (OCPP 2.x RetryBackOff: a random part, doubled each time). Pure. */
export interface BackOffSettings {
  readonly firstMs: number
  readonly maxMs: number
  /** At least this long after a refusal that a person must mend (401, 403, 404, wrong subprotocol). */
  readonly refusedMs: number
}

export const DEFAULT_BACK_OFF: BackOffSettings = { firstMs: 1000, maxMs: 300_000, refusedMs: 60_000 }

/** What a peer may ask for with Retry-After. */
const MAX_RETRY_AFTER_MS = 24 * 3600_000

export interface Failure {
  /** 0 for the first failure after a good connection. */
  readonly attempt: number
  readonly refused: boolean
  readonly retryAfterMs: number | null
}

/** Wait in ms before the next attempt; `random` in [0, 1). The first wait is one to two times `firstMs`. */
export function backOffMs(failure: Failure, settings: BackOffSettings, random: number): number {
  const doubled = settings.firstMs * 2 ** Math.min(failure.attempt, 30)
  const jittered = Math.min(doubled * (1 + random), settings.maxMs * (0.8 + 0.2 * random))
  const refused = failure.refused ? settings.refusedMs * (1 + 0.1 * random) : 0
  const asked = Math.min(failure.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)
  return Math.max(jittered, refused, asked === 0 ? 0 : asked + settings.firstMs * random)
}

/** A Retry-After header (seconds or an HTTP date) in ms from `nowMs`, or null. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs)
}
