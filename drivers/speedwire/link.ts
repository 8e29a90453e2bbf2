/** The listening side: stays in the group, keeps what each meter said last, answers with it. */

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
import { readDatagram } from './datagram.ts'
import { HeardMeters, WAITING_LIMIT } from './heard-meters.ts'
import type { Ear } from './socket.ts'
import type { SpeedwireAddress } from './url.ts'

const BACK_OFF = { firstMs: 250, limitMs: 10_000 }
/** A network that was away and came back no longer carries the group to us: join it anew. */
const SILENCE_LIMIT_MS = 30_000

export type Listen = (events: {
  readonly datagram: (bytes: Buffer) => void
  readonly failed: (reason: string) => void
}) => Promise<Ear>

type FaultCode =
  | 'LINK_CLOSED'
  | 'LINK_OVERLOADED'
  | 'LINK_UNREACHABLE'
  | 'REQUEST_INVALID'
  | 'DEVICE_BAD_ANSWER'
  | 'DEVICE_TIMEOUT'

export class SpeedwireLink implements DocumentLink {
  readonly kind = 'documents'
  readonly url: string
  readonly #serial: number | null
  readonly #listen: Listen
  readonly #settings: LinkSettings
  readonly #record: LinkRecord
  readonly #meters: HeardMeters
  readonly #life = new AbortController()
  readonly #done: Promise<void>
  #state: LinkState = 'connecting'
  #openings = 0
  /** Openings since a meter was heard. */
  #failures = 0
  #heardAt = 0
  /** Why the last datagram was thrown away; null: a good one came after it. */
  #broken: string | null = null
  #away = 'not open yet'

  constructor(url: string, { serial }: SpeedwireAddress, listen: Listen, settings: LinkSettings) {
    this.url = url
    this.#serial = serial
    this.#listen = listen
    this.#settings = settings
    this.#record = new LinkRecord(settings.clock)
    this.#meters = new HeardMeters(settings.clock, serial)
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
    if (this.#meters.crowded) return Promise.reject(this.#fault('LINK_OVERLOADED', `${WAITING_LIMIT} questions wait`))
    this.#record.counts.requests += 1
    return this.#meters.get(timing.timeoutMs, signal, () => this.#late(timing.timeoutMs))
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
      this.#meters.failAll(this.#fault('LINK_CLOSED', 'the link was closed'))
    }
    return this.#done
  }

  #late(timeoutMs: number): BridgeError {
    this.#record.counts.timeouts += 1
    if (this.#state !== 'open') return this.#fault('LINK_UNREACHABLE', this.#away)
    const { serials } = this.#meters
    if (this.#serial === null && serials.length > 1) {
      return this.#fault('DEVICE_BAD_ANSWER', `several meters are heard; say which with ?serial= ${serials.join(', ')}`)
    }
    if (this.#broken !== null) return this.#fault('DEVICE_BAD_ANSWER', `no whole telegram: ${this.#broken}`)
    const others = serials.length === 0 ? 'no meter is heard' : `heard are ${serials.join(', ')}`
    return this.#fault('DEVICE_TIMEOUT', `no telegram within ${timeoutMs} ms; ${others}`)
  }

  #fault(code: FaultCode, why: string): BridgeError {
    return new BridgeError(code, `${this.url}: ${why}`)
  }

  // ---- the socket

  async #live(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#settings
    while (!signal.aborted) {
      this.#state = 'connecting'
      const { opened, reason } = await this.#once(signal)
      if (signal.aborted) return
      this.#state = 'waiting'
      this.#away = reason
      this.#record.event(opened ? `opened anew: ${reason}` : `not open: ${reason}`)
      if (!opened) this.#meters.failAll(this.#fault('LINK_UNREACHABLE', reason))
      const delay = Math.min(BACK_OFF.limitMs, BACK_OFF.firstMs * 2 ** Math.min(20, this.#failures))
      this.#failures += 1
      // Aborted by close(): the loop ends.
      await clock.sleep(delay * (0.5 + 0.5 * random()), signal).catch(() => undefined)
    }
  }

  async #once(signal: AbortSignal): Promise<{ readonly opened: boolean; readonly reason: string }> {
    const { clock } = this.#settings
    const life = new AbortController()
    const stop = (): void => life.abort(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    let ear: Ear | null = null
    try {
      ear = await this.#listen({
        datagram: (bytes) => {
          if (!life.signal.aborted) this.#heard(bytes)
        },
        failed: (reason) => life.abort(new Error(reason)),
      })
      life.signal.throwIfAborted()
      this.#state = 'open'
      this.#openings += 1
      this.#heardAt = clock.monotonic()
      this.#record.event('open')
      for (;;) {
        const silentMs = clock.monotonic() - this.#heardAt
        if (silentMs >= SILENCE_LIMIT_MS) return { opened: true, reason: `silent for ${SILENCE_LIMIT_MS / 1000} s` }
        await clock.sleep(Math.ceil(SILENCE_LIMIT_MS - silentMs), life.signal)
      }
    } catch (error) {
      return { opened: ear !== null, reason: error instanceof Error ? error.message : String(error) }
    } finally {
      signal.removeEventListener('abort', stop)
      life.abort(new Error('it ended'))
      await ear?.close()
    }
  }

  #heard(bytes: Buffer): void {
    const datagram = readDatagram(bytes)
    switch (datagram.kind) {
      case 'other':
        return
      case 'broken':
        this.#broken = datagram.why
        this.#record.counts.badAnswers += 1
        this.#record.frame('received', bytes, datagram.why)
        return
      case 'meter': {
        const { serial, values } = datagram
        const ours = this.#serial === null || this.#serial === serial
        this.#heardAt = this.#settings.clock.monotonic()
        this.#failures = 0
        if (ours) {
          this.#broken = null
          this.#record.frame('received', bytes)
        }
        this.#meters.came(serial, values)
      }
    }
  }
}
