/** When an open network connection is better made anew: the other side may be gone although TCP does not say so, or talks nonsense. */

/** Requests in a row without a single byte coming back. */
const SILENT_LIMIT = 3
/** Unasked bytes between two good answers. */
const STRAY_LIMIT = 4096

export class Suspicion {
  #silentRequests = 0
  #strayBytes = 0

  requestSent(): void {
    this.#silentRequests += 1
  }

  bytesCame(): void {
    this.#silentRequests = 0
  }

  strayBytes(count: number): void {
    this.#strayBytes += count
  }

  goodAnswer(): void {
    this.#strayBytes = 0
  }

  /** A new connection has done nothing wrong yet. */
  clear(): void {
    this.#silentRequests = 0
    this.#strayBytes = 0
  }

  /** After a time-out: why the connection is given up, or null. */
  ofSilence(): string | null {
    return this.#silentRequests < SILENT_LIMIT ? null : `no byte came back to ${SILENT_LIMIT} requests`
  }

  /** After bytes: why the connection is given up, or null. */
  ofNoise(): string | null {
    return this.#strayBytes <= STRAY_LIMIT ? null : 'more unasked bytes than a device may send'
  }
}
