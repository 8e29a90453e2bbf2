/** Shows on a charger's own display or lamp that an outlet is reserved, where its mapping can. A show ends by itself, so it is repeated. */
import type { Clock } from '../model/clock.ts'
import type { DeviceCommandKind } from '../model/device.ts'
import { toBridgeError } from '../model/errors.ts'
import type { DeviceActor } from './device/device-actor.ts'
import type { Log } from './log.ts'

export interface ReservationSignOptions {
  /** For the log. */
  readonly chargerId: string
  /** The charger's own number. */
  readonly connector: number
  readonly commands: readonly DeviceCommandKind[]
  readonly clock: Clock
  readonly log: Log
}

const AGAIN_MS = 30_000

export class ReservationSign {
  readonly #actor: Pick<DeviceActor, 'order' | 'online'>
  readonly #options: ReservationSignOptions
  #wanted = false
  /** What it was told last; null: an order that failed, which is not repeated before something changes. */
  #shown: { readonly reserved: boolean; readonly at: number } | null = { reserved: false, at: 0 }
  #busy = false

  constructor(actor: Pick<DeviceActor, 'order' | 'online'>, options: ReservationSignOptions) {
    this.#actor = actor
    this.#options = options
  }

  /** As it should be now; call again and again. Never waits. */
  keep(reserved: boolean): void {
    const { commands, clock } = this.#options
    if (!commands.includes('reserved')) return
    if (reserved !== this.#wanted) this.#shown ??= { reserved: !reserved, at: 0 }
    this.#wanted = reserved
    if (this.#busy || !this.#actor.online) return
    if (this.#shown === null) return
    const again = reserved && clock.monotonic() >= this.#shown.at + AGAIN_MS
    if (again || this.#shown.reserved !== reserved) void this.#show(reserved)
  }

  async #show(reserved: boolean): Promise<void> {
    const { chargerId, connector, commands, clock, log } = this.#options
    const kind = reserved ? 'reserved' : 'unreserved'
    this.#shown = { reserved, at: clock.monotonic() }
    if (!commands.includes(kind)) return
    this.#busy = true
    try {
      await this.#actor.order(connector, { kind })
    } catch (error) {
      // A box without a display: charging goes on, and it is not asked again for this reservation.
      const problem = toBridgeError(error)
      this.#shown = null
      log.warn(
        { station: chargerId, code: problem.code },
        `${chargerId}: the reservation could not be shown: ${problem.message}`,
      )
    } finally {
      this.#busy = false
    }
  }
}
