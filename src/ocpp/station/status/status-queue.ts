/** Statuses on their way to one CSMS: the newest per connector, one call at a time, overtaking queued transactions (OCPP 1.6 §3.7). */
import type { StationAnswer, StationMessage } from '../../../model/csms.ts'
import { isBridgeError } from '../../../model/errors.ts'
import type { StationHappening } from '../../../model/event.ts'

type StatusMessage = Extract<StationMessage, { kind: 'status' }>

export class StatusQueue {
  readonly #send: (message: StatusMessage) => Promise<StationAnswer>
  readonly #emit: (happening: StationHappening) => void
  readonly #upstreamId: string
  readonly #waiting = new Map<number, StatusMessage>()
  #pumping = false
  /** Requests of the CSMS that are being answered: what they change is told after their answers. */
  #holds = 0

  constructor(
    send: (message: StatusMessage) => Promise<StationAnswer>,
    emit: (happening: StationHappening) => void,
    upstreamId: string,
  ) {
    this.#send = send
    this.#emit = emit
    this.#upstreamId = upstreamId
  }

  put(message: StatusMessage): void {
    // To the end of the line: what changed last is told last.
    this.#waiting.delete(message.evse)
    this.#waiting.set(message.evse, message)
  }

  /** Sends what waits; stops when the link goes away and keeps the rest. */
  pump(): void {
    if (this.#pumping || this.#holds > 0) return
    this.#pumping = true
    void this.#run()
  }

  /** Statuses wait until `release`, which is called as often. */
  hold(): void {
    this.#holds++
  }

  release(): void {
    this.#holds--
  }

  async #run(): Promise<void> {
    while (this.#holds === 0) {
      const next = this.#waiting.values().next()
      if (next.done === true) break
      const message = next.value
      this.#waiting.delete(message.evse)
      try {
        await this.#send(message)
      } catch (error) {
        if (isBridgeError(error, 'LINK_CLOSED')) {
          if (!this.#waiting.has(message.evse)) this.#waiting.set(message.evse, message)
          break
        }
        const reason = error instanceof Error ? error.message : String(error)
        this.#emit({ kind: 'call-failed', upstreamId: this.#upstreamId, message: 'status', reason })
      }
    }
    this.#pumping = false
  }
}
