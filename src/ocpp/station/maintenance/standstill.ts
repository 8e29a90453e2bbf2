/** Keeps new sessions out while a firmware waits to be installed, and tells when the last one has ended. */
export class Standstill {
  #wanted = false
  #busy = true
  #reached: (() => void) | null = null

  /** No new session may begin. */
  get wanted(): boolean {
    return this.#wanted
  }

  /** Resolves when no transaction runs; rejects when the signal aborts. */
  async reach(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.#wanted = true
    if (!this.#busy) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#reached = resolve
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await promise
    } catch (error) {
      this.leave()
      throw error
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  leave(): void {
    this.#wanted = false
    this.#reached = null
  }

  /** Call after everything that may have begun or ended a transaction. */
  look(busy: boolean): void {
    this.#busy = busy
    if (busy || !this.#wanted) return
    this.#reached?.()
    this.#reached = null
  }
}
