/**
 * Asks one CSMS to register the station until it says yes (OCPP 1.6 §4.2): at the interval that the CSMS gives, across links that come and
 * go, and never so often that a flapping line makes a storm.
 */
import type { Clock } from '../../../model/clock.ts'
import type { StationAnswer } from '../../../model/csms.ts'
import type { StationIdentity } from '../../../model/station.ts'
import { LONGEST_INTERVAL_S } from './heartbeats.ts'

/** `none`: the CSMS has not answered yet. */
export type Registration = 'none' | 'pending' | 'rejected' | 'accepted'

export type BootAnswer = Extract<StationAnswer, { kind: 'boot' }>

export interface BootShell {
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly identify: () => Promise<StationIdentity>
  /** One BootNotification; null: it failed, and that was told. */
  readonly send: (identity: StationIdentity, signal: AbortSignal) => Promise<StationAnswer | null>
  /** It was answered; the registration is still the one of before. `sentAt`: wall ms. */
  readonly onAnswer: (answer: BootAnswer, sentAt: number) => void
  /** The registration is what the answer says. `intervalSeconds`: of heartbeats; 0: it is ours to choose. */
  readonly onRegistration: (answer: BootAnswer, intervalSeconds: number) => void
}

/** Shortest time between two BootNotifications when the CSMS gave no interval. */
const REST_MS = 60_000

export class BootNotifications {
  readonly #shell: BootShell
  #registration: Registration = 'none'
  #vendor: string | null = null
  /** The link on which we ask. */
  #asking: AbortSignal | null = null
  /** Monotonic ms. */
  #nextAt = 0

  constructor(shell: BootShell) {
    this.#shell = shell
  }

  get registration(): Registration {
    return this.#registration
  }

  /** As the last BootNotification told it; null: there was none. */
  get vendor(): string | null {
    return this.#vendor
  }

  /** The station starts anew: the next link begins with a BootNotification. */
  forget(): void {
    this.#registration = 'none'
    this.#nextAt = 0
  }

  /** Asks on this link until the CSMS has accepted the station or the link is gone. */
  async ask(link: AbortSignal): Promise<void> {
    const { clock } = this.#shell
    if (this.#asking === link) return
    this.#asking = link
    try {
      while (!link.aborted && this.#registration !== 'accepted') {
        const waitMs = this.#nextAt - clock.monotonic()
        if (waitMs > 0) await clock.sleep(waitMs, link)
        else await this.send(link)
      }
    } catch {
      // The link went away while we waited; the next one goes on from here.
    }
    if (this.#asking === link) this.#asking = null
  }

  /** One BootNotification now. It may take a registration away: then we ask again as at the start. */
  async send(link: AbortSignal): Promise<void> {
    const { clock, random, identify, send, onAnswer, onRegistration } = this.#shell
    const identity = await identify()
    if (link.aborted) return
    this.#vendor = identity.vendor
    const sentAt = clock.now()
    this.#nextAt = clock.monotonic() + REST_MS
    const answer = await send(identity, link)
    if (answer?.kind !== 'boot' || link.aborted) return
    const intervalSeconds = Math.min(answer.intervalSeconds, LONGEST_INTERVAL_S)
    // An interval of 0 leaves the choice to us; it must not flood (§4.2).
    const restMs = intervalSeconds > 0 ? intervalSeconds * 1000 : REST_MS * (1 + random())
    this.#nextAt = clock.monotonic() + restMs
    onAnswer(answer, sentAt)
    this.#registration = answer.status
    onRegistration(answer, intervalSeconds)
    if (answer.status !== 'accepted') void this.ask(link)
  }
}
