/** The calls of a link that are under way: each ends when its caller aborts it, and all of them when the link is closed. */

import { BridgeError } from '../model/errors.ts'

export class OpenCalls {
  readonly #url: string
  readonly #open = new Set<AbortController>()
  #closed = false

  constructor(url: string) {
    this.#url = url
  }

  /** Does `work`, which must end soon after its signal aborts. Throws LINK_CLOSED, or the signal's reason. */
  async run<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    if (this.#closed) throw new BridgeError('LINK_CLOSED', `${this.#url}: the link is closed`)
    const call = new AbortController()
    const onAbort = (): void => call.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    this.#open.add(call)
    try {
      return await work(call.signal)
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#open.delete(call)
    }
  }

  close(): void {
    this.#closed = true
    for (const call of this.#open) call.abort(new BridgeError('LINK_CLOSED', `${this.#url}: the link was closed`))
  }
}
