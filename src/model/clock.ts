/** Time as everything in the bridge sees it. Injected, so that tests and what-ifs own the clock. */
export interface Clock {
  /** Wall time in milliseconds since 1970. May jump; use it for stamps only. */
  now(): number
  /** Milliseconds that never jump and never run back; use it for ages and deadlines. */
  monotonic(): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const onAbort = (): void => {
        clearTimeout(timer)
        reject(signal.reason)
      }
      // what is left until a deadline may be a little less than nothing
      const timer = setTimeout(
        () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
        Math.max(0, ms),
      )
      signal.addEventListener('abort', onAbort, { once: true })
    }),
}
