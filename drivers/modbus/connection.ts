/** The life of a wire: opened at once, opened again with back-off and jitter after a failure, at once after a good connection ended. */

import type { Clock } from '../../src/model/clock.ts'
import type { LinkState } from '../../src/model/driver.ts'
import { backOffMs, type BackOff } from '../../src/wire/back-off.ts'
import type { Dial, Wire } from '../../src/wire/wire.ts'

export interface ConnectionEvents {
  readonly opened: () => void
  readonly bytes: (chunk: Buffer) => void
  /** It ended after it had been open. */
  readonly lost: (reason: string) => void
  /** An attempt to open it failed. */
  readonly failed: (reason: string) => void
  /** `due` must be called by then. */
  readonly wakeBy: (at: number) => void
}

const CONNECT_LIMIT_MS = 5000

export class Connection {
  readonly #dial: Dial<Wire>
  readonly #clock: Clock
  readonly #random: () => number
  readonly #backOff: BackOff
  readonly #events: ConnectionEvents
  #state: LinkState = 'waiting'
  #wire: Wire | null = null
  #attempt: AbortController | null = null
  #giveUpAt = 0
  #failures = 0
  #openings = 0
  #nextAttemptAt = 0
  /** The last end was a failure: try again even when nobody asks. */
  #eager = false
  openedAt = 0

  constructor(dial: Dial<Wire>, clock: Clock, random: () => number, backOff: BackOff, events: ConnectionEvents) {
    this.#dial = dial
    this.#clock = clock
    this.#random = random
    this.#backOff = backOff
    this.#events = events
  }

  get state(): LinkState {
    return this.#state
  }

  /** The earliest time (monotonic ms) of the next attempt. */
  get nextAttemptAt(): number {
    return this.#nextAttemptAt
  }

  /** How often it was opened again. */
  get reconnects(): number {
    return Math.max(0, this.#openings - 1)
  }

  write(bytes: Buffer): void {
    this.#wire?.write(bytes)
  }

  /** Opens the wire unless it is open, being opened, or its back-off runs. */
  connect(): void {
    if (this.#state !== 'waiting' || this.#clock.monotonic() < this.#nextAttemptAt) return
    const attempt = new AbortController()
    this.#attempt = attempt
    this.#state = 'connecting'
    this.#giveUpAt = this.#clock.monotonic() + CONNECT_LIMIT_MS
    this.#events.wakeBy(this.#giveUpAt)
    const current = (): boolean => this.#attempt === attempt
    const dialled = this.#dial(
      {
        bytes: (chunk) => {
          if (current()) this.#events.bytes(chunk)
        },
        closed: (reason) => {
          if (!current()) return
          if (this.#state === 'open') this.#end(reason, this.#failures > 0)
          else this.#fail(reason)
        },
      },
      attempt.signal,
    )
    dialled.then(
      (wire) => {
        if (!current()) {
          void wire.close()
          return
        }
        this.#wire = wire
        this.#state = 'open'
        this.#openings += 1
        // Opened is not yet answered: a peer that accepts and hangs up must not be hammered.
        this.#failures += 1
        this.openedAt = this.#clock.monotonic()
        this.#events.opened()
      },
      (error: unknown) => {
        if (current()) this.#fail(error instanceof Error ? error.message : String(error))
      },
    )
  }

  /** A good answer came: the next end of the connection is no failure. */
  confirm(): void {
    this.#failures = 0
  }

  /** Ends an open wire that can no longer be trusted; the next request opens it again at once. */
  drop(reason: string): void {
    if (this.#state === 'open') this.#end(reason, false)
  }

  /** Does what is due by now. */
  due(): void {
    const now = this.#clock.monotonic()
    if (this.#state === 'connecting') {
      if (now >= this.#giveUpAt) {
        this.#attempt?.abort()
        this.#fail(`no connection within ${CONNECT_LIMIT_MS} ms`)
      } else this.#events.wakeBy(this.#giveUpAt)
    }
    if (this.#state === 'waiting' && this.#eager) {
      if (now >= this.#nextAttemptAt) this.connect()
      else this.#events.wakeBy(this.#nextAttemptAt)
    }
  }

  async close(): Promise<void> {
    this.#state = 'closed'
    const attempt = this.#attempt
    const wire = this.#wire
    this.#attempt = null
    this.#wire = null
    attempt?.abort()
    await wire?.close()
  }

  #end(reason: string, failure: boolean): void {
    this.#attempt = null
    void this.#wire?.close()
    this.#wire = null
    this.#wait(failure)
    this.#events.lost(reason)
  }

  #fail(reason: string): void {
    this.#attempt = null
    this.#failures += 1
    this.#wait(true)
    this.#events.failed(reason)
  }

  #wait(failure: boolean): void {
    this.#state = 'waiting'
    this.#eager = failure
    const now = this.#clock.monotonic()
    const delayMs = failure ? backOffMs(this.#backOff, this.#failures - 1, this.#random) : 0
    this.#nextAttemptAt = now + delayMs
    if (failure) this.#events.wakeBy(this.#nextAttemptAt)
  }
}
