/** The life with a broker: connected at once, again after each end with back-off and jitter, for as long as it takes. */

import type { Clock } from '../../src/model/clock.ts'
import type { LinkState } from '../../src/model/driver.ts'
import { within } from '../../src/wire/waiting.ts'
import type { OnMessage, Session } from './session.ts'
import type { MqttAddress } from './url.ts'

const FIRST_MS = 250
const LIMIT_MS = 10_000
const CONNECT_LIMIT_MS = 5000
/** A session that ends sooner counts as a failure: two clients of one name throw each other out for ever. */
const STEADY_MS = 10_000

export interface ConnectionSettings {
  readonly address: MqttAddress
  readonly clientId: string
  readonly clock: Clock
  readonly random: () => number
  readonly opened: (session: Session) => void
  readonly message: OnMessage
  /** It could not be opened, or ended. */
  readonly failed: (reason: string, wasOpen: boolean) => void
}

export class BrokerConnection {
  readonly #settings: ConnectionSettings
  readonly #life = new AbortController()
  readonly #run: Promise<void>
  #state: LinkState = 'connecting'
  #session: Session | null = null
  #openings = 0
  #reason = ''

  constructor(settings: ConnectionSettings) {
    this.#settings = settings
    this.#run = this.#live()
  }

  get state(): LinkState {
    return this.#state
  }

  /** Null while there is none. */
  get session(): Session | null {
    return this.#state === 'open' ? this.#session : null
  }

  /** Why the last session or attempt ended. */
  get reason(): string {
    return this.#reason
  }

  get reconnects(): number {
    return Math.max(0, this.#openings - 1)
  }

  async close(): Promise<void> {
    this.#state = 'closed'
    this.#life.abort()
    this.#session?.end()
    await this.#run
  }

  async #live(): Promise<void> {
    const { clock, random } = this.#settings
    const { signal } = this.#life
    let failures = 0
    while (!signal.aborted) {
      const steady = await this.#attempt(signal)
      if (signal.aborted) return
      failures = steady ? 0 : failures + 1
      this.#state = 'waiting'
      const delay = Math.min(LIMIT_MS, FIRST_MS * 2 ** Math.min(20, Math.max(0, failures - 1))) * (0.5 + 0.5 * random())
      await clock.sleep(Math.ceil(delay), signal).catch(() => undefined)
    }
  }

  /** One session; whether it lasted. */
  async #attempt(signal: AbortSignal): Promise<boolean> {
    const { address, clientId, clock, opened, message, failed } = this.#settings
    this.#state = 'connecting'
    // Read from disk when the first broker is needed: most sites have none.
    const { Session: NewSession } = await import('./session.ts')
    if (signal.aborted) return true
    const session = new NewSession(address, clientId, (...arrived) => {
      if (!signal.aborted) message(...arrived)
    })
    this.#session = session
    let openedAt: number | null = null
    try {
      const done = await within(
        clock,
        CONNECT_LIMIT_MS,
        signal,
        session.opened.then(() => true),
      )
      if (done === null) throw new Error(`no connection within ${CONNECT_LIMIT_MS} ms`)
      openedAt = clock.monotonic()
      this.#state = 'open'
      this.#openings += 1
      opened(session)
      this.#reason = await session.ended
    } catch (error) {
      this.#reason = error instanceof Error ? error.message : String(error)
    } finally {
      session.end()
    }
    if (signal.aborted) return true
    this.#state = 'waiting'
    failed(this.#reason, openedAt !== null)
    return openedAt !== null && clock.monotonic() - openedAt >= STEADY_MS
  }
}
