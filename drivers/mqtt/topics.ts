/** What was heard on each topic that somebody asked for, and who waits for the first message. */

import type { Clock } from '../../src/model/clock.ts'
import type { DocumentAnswer } from '../../src/model/driver.ts'
import { Waiters } from '../../src/wire/waiters.ts'

export const TOPICS_MAX = 1000
export const TOPIC_LIMIT = 1024

interface Heard {
  newest: DocumentAnswer | null
  readonly waiters: Waiters<DocumentAnswer>
}

export class Topics {
  readonly #clock: Clock
  readonly #topics = new Map<string, Heard>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get names(): readonly string[] {
    return [...this.#topics.keys()]
  }

  get full(): boolean {
    return this.#topics.size >= TOPICS_MAX
  }

  has(topic: string): boolean {
    return this.#topics.has(topic)
  }

  add(topic: string): void {
    if (!this.has(topic)) this.#topics.set(topic, { newest: null, waiters: new Waiters(this.#clock) })
  }

  newest(topic: string): DocumentAnswer | null {
    return this.#topics.get(topic)?.newest ?? null
  }

  /** The first message on a topic, or null when none comes in time. */
  async next(topic: string, timeoutMs: number, signal: AbortSignal): Promise<DocumentAnswer | null> {
    return (await this.#topics.get(topic)?.waiters.next(timeoutMs, signal)) ?? null
  }

  arrived(topic: string, body: string, retained: boolean, at: number): void {
    const heard = this.#topics.get(topic)
    if (heard === undefined) return
    // After a reconnect the broker repeats what it kept. The same text says nothing new: the device may have been dead for hours.
    if (retained && heard.newest?.body === body) return
    heard.newest = { body, at }
    heard.waiters.came(heard.newest)
  }

  /** Ends the waiting on one topic. */
  fail(topic: string, error: Error): void {
    this.#topics.get(topic)?.waiters.fail(error)
  }

  /** As if it had never been asked for. */
  forget(topic: string): void {
    this.#topics.delete(topic)
  }
}

/** Why this cannot be the name of one topic, or null (MQTT 3.1.1, 4.7). */
export function topicProblem(topic: string): string | null {
  if (topic === '') return 'the topic is empty'
  if (topic.length > TOPIC_LIMIT) return `the topic is longer than ${TOPIC_LIMIT} characters`
  if (/[+#]/.test(topic)) return 'the topic has + or #, which stand for many topics'
  return /\p{Cc}|\p{Cs}/u.test(topic) ? 'the topic has a character that MQTT does not carry' : null
}
