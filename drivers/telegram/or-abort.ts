/** Waits for `work`, but no longer than until `signal` aborts: a port whose buffer is full may never finish. Then rejects with its reason. */
export async function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
    // Whatever becomes of it later interests nobody.
    work.catch(() => undefined)
  }
}
