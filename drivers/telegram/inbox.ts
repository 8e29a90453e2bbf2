/** Bytes that wait for the rest of their telegram, in a store that never grows. */
export class Inbox {
  readonly #store: Buffer
  #used = 0

  constructor(capacity: number) {
    this.#store = Buffer.alloc(capacity)
  }

  /** What waits; valid until the next call. */
  get bytes(): Buffer {
    return this.#store.subarray(0, this.#used)
  }

  get full(): boolean {
    return this.#used === this.#store.length
  }

  /** Takes what there is room for; how many bytes that was. */
  add(chunk: Uint8Array): number {
    const taken = Math.min(chunk.length, this.#store.length - this.#used)
    this.#store.set(taken === chunk.length ? chunk : chunk.subarray(0, taken), this.#used)
    this.#used += taken
    return taken
  }

  /** Forgets the first `count` bytes. */
  drop(count: number): void {
    this.#store.copyWithin(0, count, this.#used)
    this.#used -= Math.min(count, this.#used)
  }
}
