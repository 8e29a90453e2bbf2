import type { Clock } from '../../src/model/clock.ts'

/** What `work` brings, or null when it takes longer. Rejects at once with the signal's reason when that aborts first. */
export async function within<T>(
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal,
  work: Promise<T>,
): Promise<T | null> {
  const timer = new AbortController()
  const onAbort = (): void => timer.abort(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    signal.throwIfAborted()
    return await Promise.race([work, clock.sleep(timeoutMs, timer.signal).then(() => null)])
  } finally {
    signal.removeEventListener('abort', onAbort)
    timer.abort()
  }
}
