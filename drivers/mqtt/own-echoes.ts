/** A broker sends us what we publish ourselves; MQTT 3.1.1 has no word against it. Here it is told from what others say. */

const LIMIT = 10_000

export class OwnEchoes {
  #expected: readonly { readonly topic: string; readonly payload: string }[] = []

  expect(topic: string, payload: string): void {
    this.#expected = [...this.#expected, { topic, payload }].slice(-LIMIT)
  }

  /** True when this is one of ours; each counts once. */
  take(topic: string, payload: string): boolean {
    const index = this.#expected.findIndex((each) => each.topic === topic && each.payload === payload)
    if (index < 0) return false
    this.#expected = this.#expected.toSpliced(index, 1)
    return true
  }

  clear(): void {
    this.#expected = []
  }
}
