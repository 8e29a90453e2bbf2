/** The life with a broker: connected at once, again after each end with back-off and jitter, for as long as it takes. */

import type { Clock } from '../../src/model/clock.ts'
import type { LinkState } from '../../src/model/driver.ts'
import { KeptOpen } from '../../src/wire/kept-open.ts'
import { orAbort, within } from '../../src/wire/waiting.ts'
import type { OnMessage, Session } from './session.ts'
import type { MqttAddress } from './url.ts'

const BACK_OFF = { firstMs: 250, limitMs: 10_000 }
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
  readonly #kept: KeptOpen
  #session: Session | null = null
  #reason = ''

  constructor(settings: ConnectionSettings) {
    const { clock, random, failed } = settings
    this.#settings = settings
    this.#kept = new KeptOpen({
      clock,
      random,
      backOff: BACK_OFF,
      once: (life, opened) => this.#once(life.signal, opened),
      ended: (reason, wasOpen) => {
        this.#reason = reason
        failed(reason, wasOpen)
      },
    })
  }

  get state(): LinkState {
    return this.#kept.state
  }

  /** Null while there is none. */
  get session(): Session | null {
    return this.state === 'open' ? this.#session : null
  }

  /** Why the last session or attempt ended. */
  get reason(): string {
    return this.#reason
  }

  get reconnects(): number {
    return this.#kept.reconnects
  }

  close(): Promise<void> {
    return this.#kept.close()
  }

  async #once(signal: AbortSignal, opened: () => void): Promise<string> {
    const { address, clientId, clock, message } = this.#settings
    // Read from disk when the first broker is needed: most sites have none.
    const { Session: NewSession } = await import('./session.ts')
    signal.throwIfAborted()
    const session = new NewSession(address, clientId, (...arrived) => {
      if (!signal.aborted) message(...arrived)
    })
    this.#session = session
    let openedAt = Number.POSITIVE_INFINITY
    try {
      const done = await within(
        clock,
        CONNECT_LIMIT_MS,
        signal,
        session.opened.then(() => true),
      )
      if (done === null) throw new Error(`no connection within ${CONNECT_LIMIT_MS} ms`)
      openedAt = clock.monotonic()
      opened()
      this.#settings.opened(session)
      return await orAbort(session.ended, signal)
    } finally {
      session.end()
      if (clock.monotonic() - openedAt >= STEADY_MS) this.#kept.good()
    }
  }
}
