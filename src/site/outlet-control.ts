/**
 * Steers one outlet: sends a set-point when it differs from what is in force or on its way, one at a time, and confirms it by what
 * the device shows.
 */
import type { Allocation } from '../model/balance-input.ts'
import type { Clock } from '../model/clock.ts'
import type { DeviceCommand } from '../model/device.ts'
import { BridgeError, toBridgeError } from '../model/errors.ts'
import type { Binding, Rank } from '../model/set-point.ts'
import type { DeviceReading, SignalName, SignalValues } from '../model/signal.ts'
import type { DeviceActor } from './device/device-actor.ts'
import type { Log } from './log.ts'
import {
  acknowledged,
  mustSend,
  observed,
  ordered,
  type OutletState,
  reconnected,
  shownAmps,
  UNKNOWN_OUTLET,
} from './outlet-state.ts'

export interface OutletControlOptions {
  readonly stationId: string
  readonly evse: number
  readonly signals: ReadonlySet<SignalName>
  readonly clock: Clock
  readonly log: Log
  /** Another set-point is in force. */
  readonly onConfirmed: (amps: number, binding: Binding) => void
  /** The balancing core should decide again. */
  readonly onChange: () => void
}

export class OutletControl {
  readonly #options: OutletControlOptions
  readonly #actor: DeviceActor
  #state: OutletState = UNKNOWN_OUTLET
  #binding: Binding = { kind: 'hold', reason: 'not connected yet' }
  #rank: Rank | null = null
  /** The order that is being written now. */
  #onWire: { readonly amps: number; readonly giveWay: AbortController } | null = null

  constructor(actor: DeviceActor, options: OutletControlOptions) {
    this.#actor = actor
    this.#options = options
  }

  get state(): OutletState {
    return this.#state
  }

  get binding(): Binding {
    return this.#binding
  }

  /** Its place in the queue; null: no current is wanted. */
  get rank(): Rank | null {
    return this.#rank
  }

  /** After a reconnect: what the device offers is unknown until it shows it. */
  reset(): void {
    this.#state = reconnected(this.#state)
  }

  /** Carries an allocation out. Never waits. `at`: monotonic ms. */
  apply({ amps, binding, rank }: Allocation, at: number): void {
    this.#binding = binding
    this.#rank = rank
    if (!this.#actor.online || !mustSend(this.#state, amps, at)) return
    if (this.#onWire !== null) {
      // A cut does not wait behind an order that still keeps the device's own gap between writes; anything else can wait a tick.
      if (amps < this.#onWire.amps) this.#onWire.giveWay.abort(this.#overtaken())
      return
    }
    const command = commandFor(this.#state, amps)
    this.#state = ordered(this.#state, amps, at)
    void this.#send(command, amps)
  }

  /** What a poll showed of the set-point. */
  confirm({ values, takenAt }: DeviceReading): void {
    const { signals } = this.#options
    const readAt = takenAt.enabled ?? takenAt.limit ?? takenAt.state
    if (readAt === undefined) return
    this.#become(observed(this.#state, shownAmps(values, signals.has('enabled')), readAt, tellsLost(values)))
  }

  async #send(command: DeviceCommand, amps: number): Promise<void> {
    const { stationId, evse, signals, clock, log, onChange } = this.#options
    const giveWay = new AbortController()
    this.#onWire = { amps, giveWay }
    try {
      await this.#actor.order(evse, command, giveWay.signal)
      const readsBack = signals.has('limit') || signals.has('enabled')
      this.#become(acknowledged(this.#state, amps, clock.monotonic(), readsBack))
      if (readsBack) this.#actor.pollSoon()
    } catch (error) {
      // It may have arrived: it counts as drawn until a later order is confirmed, and is sent again by a later tick.
      const problem = toBridgeError(error)
      if (!giveWay.signal.aborted && !this.#actor.stopping)
        log.warn(
          { station: stationId, code: problem.code },
          `${stationId}: set-point ${amps} A failed: ${problem.message}`,
        )
    } finally {
      this.#onWire = null
      if (giveWay.signal.aborted) onChange()
    }
  }

  #become(state: OutletState): void {
    const before = this.#state
    this.#state = state
    if (before.confirmedAmps === state.confirmedAmps) return
    this.#options.onConfirmed(state.confirmedAmps ?? 0, this.#binding)
    this.#options.onChange()
  }

  #overtaken(): BridgeError {
    return new BridgeError('LINK_CLOSED', `${this.#options.stationId}: a lower set-point follows`)
  }
}

/**
 * Only a charger that surely runs gets nothing but a number. After a pause, after its own fail-safe, and while an earlier order may have
 * arrived in part (the number written, the release not), it is switched on again.
 */
function commandFor(state: OutletState, amps: number): DeviceCommand {
  if (amps === 0) return { kind: 'pause' }
  const runs = state.confirmedAmps !== null && state.confirmedAmps > 0
  return runs && state.orders.length === 0 && state.lowSince === null
    ? { kind: 'current', amps }
    : { kind: 'resume', amps }
}

/** Whether less than ordered means that the order is lost: a car charges with less, or one stands there and the box is switched off. */
function tellsLost({ state, enabled }: SignalValues): boolean {
  return state === 'C' || (enabled === false && state === 'B')
}
