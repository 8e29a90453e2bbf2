/** A link to a meter that speaks by itself: kept open, answered with what came last. */

import type {
  DocumentAnswer,
  DocumentLink,
  DocumentRead,
  DocumentWrite,
  LinkCounters,
  LinkSettings,
  LinkState,
  RequestOptions,
  TraceEntry,
} from '../model/driver.ts'
import { BridgeError } from '../model/errors.ts'
import type { BackOff } from './back-off.ts'
import { KeptOpen, type KeptOpenSettings } from './kept-open.ts'
import { LinkRecord } from './link-record.ts'
import { Waiters } from './waiters.ts'

/** No honest caller has more questions under way. */
const WAITING_LIMIT = 200

/** What a driver hears the meter with. */
export interface Ear {
  readonly once: KeptOpenSettings['once']
  /** What is an answer now; null: nothing yet, or nothing any more. */
  readonly newest: () => DocumentAnswer | null
  /** Why there is no answer though something is heard; null: nothing speaks against one. */
  readonly doubt: () => string | null
  /** What else is heard while the meter is silent; empty: nothing to say about that. */
  readonly beside: () => string
}

/** What a driver tells of what it hears. */
export interface Heard {
  readonly record: LinkRecord
  /** A meter speaks, whichever: the wire is good. */
  readonly alive: () => void
  /** A whole telegram of the meter. @param answer for those who wait; null: it answers nothing yet */
  readonly telegram: (bytes: Uint8Array, answer: DocumentAnswer | null) => void
  /** Bytes that were thrown away, and why. */
  readonly broken: (why: string, bytes: Uint8Array) => void
}

export class ListeningLink implements DocumentLink {
  readonly kind = 'documents'
  readonly url: string
  readonly #record: LinkRecord
  readonly #waiters: Waiters<DocumentAnswer>
  readonly #ear: Ear
  readonly #kept: KeptOpen
  /** Why the last bytes were thrown away; null: a whole telegram came after them. */
  #broken: string | null = null
  /** Why it is not open. */
  #away = 'not open yet'

  /** @param url as it may be shown */
  constructor(url: string, backOff: BackOff, { clock, random }: LinkSettings, ear: (heard: Heard) => Ear) {
    this.url = url
    this.#record = new LinkRecord(clock)
    this.#waiters = new Waiters(clock)
    this.#ear = ear({
      record: this.#record,
      alive: () => this.#kept.good(),
      telegram: (bytes, answer) => this.#telegram(bytes, answer),
      broken: (why, bytes) => {
        this.#broken = why
        this.#record.counts.badAnswers += 1
        this.#record.frame('received', bytes, why)
      },
    })
    const { once } = this.#ear
    this.#kept = new KeptOpen({
      clock,
      random,
      backOff,
      once: (life, opened) =>
        once(life, () => {
          this.#record.event('open')
          opened()
        }),
      ended: (reason, wasOpen) => this.#ended(reason, wasOpen),
    })
  }

  get state(): LinkState {
    return this.#kept.state
  }

  get counters(): LinkCounters {
    return { ...this.#record.counts, reconnects: this.#kept.reconnects }
  }

  async ask(request: DocumentRead, { timing, signal }: RequestOptions): Promise<DocumentAnswer> {
    this.#check(signal)
    if (request.kind !== 'telegram')
      throw this.#fault('REQUEST_INVALID', 'a meter that sends telegrams answers nothing else')
    if (this.#waiters.size >= WAITING_LIMIT) throw this.#fault('LINK_OVERLOADED', `${WAITING_LIMIT} questions wait`)
    this.#record.counts.requests += 1
    const answer = this.#ear.newest() ?? (await this.#waiters.next(timing.timeoutMs, signal))
    if (answer === null) throw this.#late(timing.timeoutMs)
    return answer
  }

  async tell(_request: DocumentWrite, { signal }: RequestOptions): Promise<null> {
    this.#check(signal)
    throw this.#fault('REQUEST_INVALID', 'a meter that sends telegrams takes no orders')
  }

  trace(listener: (entry: TraceEntry) => void): () => void {
    return this.#record.listen(listener)
  }

  close(): Promise<void> {
    if (this.state !== 'closed') {
      this.#record.event('closed')
      this.#record.close()
      this.#waiters.fail(this.#fault('LINK_CLOSED', 'the link was closed'))
    }
    return this.#kept.close()
  }

  #check(signal: AbortSignal): void {
    signal.throwIfAborted()
    if (this.state === 'closed') throw this.#fault('LINK_CLOSED', 'the link is closed')
  }

  #telegram(bytes: Uint8Array, answer: DocumentAnswer | null): void {
    this.#broken = null
    this.#kept.good()
    this.#record.frame('received', bytes)
    if (answer !== null) this.#waiters.came(answer)
  }

  #ended(reason: string, wasOpen: boolean): void {
    this.#away = reason
    this.#record.event(wasOpen ? `ended: ${reason}` : `not open: ${reason}`)
    if (!wasOpen) this.#waiters.fail(this.#fault('LINK_UNREACHABLE', reason))
  }

  #late(timeoutMs: number): BridgeError {
    this.#record.counts.timeouts += 1
    if (this.state !== 'open') return this.#fault('LINK_UNREACHABLE', this.#away)
    const doubt = this.#ear.doubt()
    if (doubt !== null) return this.#fault('DEVICE_BAD_ANSWER', doubt)
    if (this.#broken !== null) return this.#fault('DEVICE_BAD_ANSWER', `no whole telegram: ${this.#broken}`)
    const beside = this.#ear.beside()
    const why = `no telegram within ${timeoutMs} ms${beside === '' ? '' : `; ${beside}`}`
    return this.#fault('DEVICE_TIMEOUT', why)
  }

  #fault(
    code:
      | 'LINK_CLOSED'
      | 'LINK_OVERLOADED'
      | 'LINK_UNREACHABLE'
      | 'REQUEST_INVALID'
      | 'DEVICE_BAD_ANSWER'
      | 'DEVICE_TIMEOUT',
    why: string,
  ): BridgeError {
    return new BridgeError(code, `${this.url}: ${why}`)
  }
}
