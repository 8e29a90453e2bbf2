/** Numbers that look random and are the same in every run (mulberry32). */
export class Chance {
  #state: number

  constructor(seed: string) {
    this.#state = Buffer.from(seed).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5)
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }

  range(from: number, to: number): number {
    return from + this.next() * (to - from)
  }

  /** Both ends included. */
  whole(from: number, to: number): number {
    return Math.floor(this.range(from, to + 1))
  }

  pick<Kind>(list: readonly [Kind, ...Kind[]]): Kind {
    return list[this.whole(0, list.length - 1)] ?? list[0]
  }
}
