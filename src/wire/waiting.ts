/** Waiting with a limit: nothing on a wire is waited for without one. */

import type { Clock } from '../model/clock.ts'

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
    // Whatever becomes of it later interests nobody.
    work.catch(() => undefined)
  }
}

/** What `work` brings. Rejects at once with the signal's reason when that aborts first: a port whose buffer is full may never finish. */
export async function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    signal.throwIfAborted()
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
    work.catch(() => undefined)
  }
}
