/** Resolves when the person or the system wants us to stop. */
export function untilStopped(stopping: AbortSignal): Promise<void> {
  if (stopping.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    // an abort signal alone keeps no process alive
    const alive = setInterval(() => {}, 3_600_000)
    stopping.addEventListener(
      'abort',
      () => {
        clearInterval(alive)
        resolve()
      },
      { once: true },
    )
  })
}
