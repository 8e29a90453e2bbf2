/** The standard's retries around a transfer (OCPP 1.6 6.25 and 6.57: `retries`, `retryInterval`). */
import type { Clock } from '../model/clock.ts'
import { isBridgeError, toBridgeError, type BridgeError } from '../model/errors.ts'

export interface Retries {
  /** After the first try. Left to us when null (the standard says so): 3. At most 20. */
  readonly retries: number | null
  /** Left to us when null: 60 s. At most a day. */
  readonly retryIntervalSeconds: number | null
}

const RETRIES = 3
const RETRIES_MAX = 20
const INTERVAL_S = 60
const INTERVAL_MAX_S = 86_400

/**
 * Tries until it works. What is refused is not tried again. Rejects with the last fault, or with the signal's reason.
 * @param onFault told of each fault that is followed by another try, with the number of the try (from 1)
 */
export async function retrying<T>(
  transfer: (signal: AbortSignal) => Promise<T>,
  retries: Retries,
  clock: Clock,
  signal: AbortSignal,
  onFault: (fault: BridgeError, attempt: number) => void = () => undefined,
): Promise<T> {
  const more = within(retries.retries ?? RETRIES, RETRIES_MAX)
  const intervalMs = within(retries.retryIntervalSeconds ?? INTERVAL_S, INTERVAL_MAX_S) * 1000
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    try {
      return await transfer(signal)
    } catch (error) {
      signal.throwIfAborted()
      if (attempt > more || !isBridgeError(error, 'TRANSFER_FAILED')) throw error
      onFault(toBridgeError(error), attempt)
    }
    await clock.sleep(intervalMs, signal)
  }
}

function within(value: number, max: number): number {
  return Number.isFinite(value) ? Math.min(max, Math.max(0, Math.trunc(value))) : 0
}
