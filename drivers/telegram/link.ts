/** The listening side: keeps a wire open, keeps the newest whole telegram, answers with it. */

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
} from '../../src/model/driver.ts'
import { BridgeError } from '../../src/model/errors.ts'
import { LinkRecord } from '../../src/wire/link-record.ts'
import { orAbort } from '../../src/wire/waiting.ts'
import type { Dial, PatientWire } from '../../src/wire/wire.ts'
import type { TelegramEvents } from './decoder.ts'
import { NewestTelegram, WAITING_LIMIT } from './newest-telegram.ts'
import type { Reception } from './reception.ts'
import { watch } from './watch.ts'

const CONNECT_LIMIT_MS = 5000

export interface TelegramLinkSettings {
  /** Without a key. */
  readonly url: string
  readonly dial: Dial<PatientWire>
  readonly backOff: { readonly firstMs: number; readonly limitMs: number }
  /** How long a telegram is an answer. */
  readonly keepMs: number
  readonly settings: LinkSettings
  readonly reception: (events: TelegramEvents, record: LinkRecord) => Reception
}

export class TelegramLink implements DocumentLink {
  readonly kind = 'documents'
  readonly url: string
  readonly #parts: TelegramLinkSettings
  readonly #record: LinkRecord
  readonly #newest: NewestTelegram
  readonly #reception: Reception
  readonly #life = new AbortController()
  readonly #done: Promise<void>
  #state: LinkState = 'connecting'
  #openings = 0
  /** Attempts since the last whole telegram. */
  #failures = 0
  /** Why the last bytes were thrown away; null: a whole telegram came after them. */
  #broken: string | null = null
  /** Why there is no connection. */
  #away = 'not connected yet'

  constructor(parts: TelegramLinkSettings) {
    const { clock } = parts.settings
    this.url = parts.url
    this.#parts = parts
    this.#record = new LinkRecord(clock)
    this.#newest = new NewestTelegram(clock, parts.keepMs)
    this.#reception = parts.reception(
      {
        telegram: (values, bytes) => {
          this.#failures = 0
          this.#broken = null
          this.#record.frame('received', bytes)
          this.#newest.came(values)
        },
        broken: (why, bytes) => {
          this.#broken = why
          this.#record.counts.badAnswers += 1
          this.#record.frame('received', bytes, why)
        },
      },
      this.#record,
    )
    this.#done = this.#live(this.#life.signal)
  }

  get state(): LinkState {
    return this.#state
  }

  get counters(): LinkCounters {
    return { ...this.#record.counts, reconnects: Math.max(0, this.#openings - 1) }
  }

  ask(request: DocumentRead, { timing, signal }: RequestOptions): Promise<DocumentAnswer> {
    if (signal.aborted) return Promise.reject(signal.reason)
    if (this.#state === 'closed') return Promise.reject(this.#fault('LINK_CLOSED', 'the link was closed'))
    if (request.kind !== 'telegram') {
      return Promise.reject(this.#fault('REQUEST_INVALID', 'a meter that sends telegrams answers nothing else'))
    }
    if (this.#newest.crowded) return Promise.reject(this.#fault('LINK_OVERLOADED', `${WAITING_LIMIT} questions wait`))
    this.#record.counts.requests += 1
    return this.#newest.get(timing.timeoutMs, signal, () => this.#late(timing.timeoutMs))
  }

  tell(_request: DocumentWrite, { signal }: RequestOptions): Promise<null> {
    if (signal.aborted) return Promise.reject(signal.reason)
    if (this.#state === 'closed') return Promise.reject(this.#fault('LINK_CLOSED', 'the link was closed'))
    return Promise.reject(this.#fault('REQUEST_INVALID', 'a meter that sends telegrams takes no orders'))
  }

  trace(listener: (entry: TraceEntry) => void): () => void {
    return this.#record.listen(listener)
  }

  close(): Promise<void> {
    if (this.#state !== 'closed') {
      this.#state = 'closed'
      this.#record.event('closed')
      this.#record.close()
      this.#life.abort(new Error('the link was closed'))
      this.#newest.failAll(this.#fault('LINK_CLOSED', 'the link was closed'))
    }
    return this.#done
  }

  #late(timeoutMs: number): BridgeError {
    this.#record.counts.timeouts += 1
    if (this.#state !== 'open') return this.#fault('LINK_UNREACHABLE', this.#away)
    if (this.#broken !== null) return this.#fault('DEVICE_BAD_ANSWER', `no whole telegram: ${this.#broken}`)
    return this.#fault('DEVICE_TIMEOUT', `no telegram within ${timeoutMs} ms`)
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

  // ---- the wire

  async #live(signal: AbortSignal): Promise<void> {
    const { backOff, settings } = this.#parts
    while (!signal.aborted) {
      this.#state = 'connecting'
      const { opened, reason } = await this.#once(signal)
      if (signal.aborted) return
      this.#state = 'waiting'
      this.#away = reason
      this.#record.event(opened ? `connection lost: ${reason}` : `not connected: ${reason}`)
      if (!opened) this.#newest.failAll(this.#fault('LINK_UNREACHABLE', reason))
      const delay = Math.min(backOff.limitMs, backOff.firstMs * 2 ** Math.min(20, this.#failures))
      this.#failures += 1
      // Aborted by close(): the loop ends.
      await settings.clock.sleep(delay * (0.5 + 0.5 * settings.random()), signal).catch(() => undefined)
    }
  }

  /** One wire, from dialling to its end. */
  async #once(signal: AbortSignal): Promise<{ readonly opened: boolean; readonly reason: string }> {
    const life = new AbortController()
    const end = (reason: unknown): void => life.abort(reason)
    const stop = (): void => end(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    let wire: PatientWire | null = null
    try {
      wire = await this.#dial(life, (reason) => end(new Error(reason)))
      this.#state = 'open'
      this.#openings += 1
      this.#record.event('connected')
      const { clock } = this.#parts.settings
      const reason = Promise.race([this.#reception.run(wire, life.signal), watch(wire, clock, life.signal)])
      return { opened: true, reason: await reason }
    } catch (error) {
      return { opened: wire !== null, reason: error instanceof Error ? error.message : String(error) }
    } finally {
      signal.removeEventListener('abort', stop)
      end(new Error('it ended'))
      await wire?.close()
    }
  }

  /** A wire that comes too late is closed at once. */
  async #dial(life: AbortController, closed: (reason: string) => void): Promise<PatientWire> {
    const { dial, settings } = this.#parts
    const connected = new AbortController()
    settings.clock.sleep(CONNECT_LIMIT_MS, connected.signal).then(
      () => life.abort(new Error(`no connection within ${CONNECT_LIMIT_MS} ms`)),
      () => undefined,
    )
    const bytes = (chunk: Buffer): void => {
      if (!life.signal.aborted) this.#reception.bytes(chunk)
    }
    const dialled = dial({ bytes, closed }, life.signal)
    try {
      return await orAbort(dialled, life.signal)
    } catch (error) {
      dialled.then(
        (wire) => wire.close(),
        () => undefined,
      )
      throw error
    } finally {
      connected.abort()
    }
  }
}
