/**
 * The device side of one charger: joins its device (registers) with the station it belongs to and with the balancing core.
 * Up: readings become EVSE states. Down: allocations become orders, and are confirmed by what the device shows.
 */
import type { ChargerConfig } from '../config/site-config.ts'
import type { Allocation, ChargingSession, Outlet } from '../model/balance-input.ts'
import type { Clock } from '../model/clock.ts'
import type { Device } from '../model/device.ts'
import { toBridgeError } from '../model/errors.ts'
import type { Phase } from '../model/phase.ts'
import { explainBinding } from '../model/set-point.ts'
import type { DeviceReading } from '../model/signal.ts'
import { followMs } from './balance-settings.ts'
import { DeviceActor } from './device/device-actor.ts'
import { evseStateOf, hasEnergySince, mustReadEnergyFirst, noReading } from './evse-reading.ts'
import { type FailSafe, fallback } from './fallback.ts'
import type { Log } from './log.ts'
import { LastReadings } from './last-reading.ts'
import { OutletControl } from './outlet-control.ts'
import { followableAmps, highestOrder } from './outlet-state.ts'
import type { Pulse } from './pulse.ts'
import { ReservationSign } from './reservation-sign.ts'
import type { Seat } from './seat.ts'
import { sessionFacts, type SessionStart, sessionStart } from './session-facts.ts'
import type { EvseSnapshot, StationSnapshot } from './snapshot.ts'

export interface SiteChargerOptions {
  readonly config: ChargerConfig
  readonly device: Device
  readonly seat: Seat
  readonly clock: Clock
  readonly log: Log
  readonly pulse: Pulse
  readonly pollMs: number
  readonly fullPollMs: number
  /** Something that the balancing core must know has changed. */
  readonly onChange: () => void
}

/** One outlet; `connector` is the charger's own number. */
interface Plug {
  readonly connector: number
  readonly control: OutletControl
  readonly sign: ReservationSign
  reading: DeviceReading
  /** Of its session, or the one before. */
  start: SessionStart | null
  /** A vehicle came or left, and the energy was asked for then (monotonic ms): the station hears of it with the energy. */
  energyWantedAt: number | null
}

export class SiteCharger {
  readonly actor: DeviceActor
  readonly #options: SiteChargerOptions
  readonly #lastReadings: LastReadings
  readonly #plugs: readonly Plug[]
  #failSafe: FailSafe | null = null
  #lastSeenAt: number

  constructor(options: SiteChargerOptions) {
    this.#options = options
    const { config, device, seat, clock, log, pulse, pollMs, fullPollMs } = options
    this.#lastSeenAt = clock.monotonic()
    this.actor = new DeviceActor({
      name: config.id,
      device,
      clock,
      log,
      pulse,
      pollMs,
      fullPollMs: () => (this.#isSampledSoon() ? 0 : this.#someoneWaits() ? CARD_POLL_MS : fullPollMs),
      onConnected: () => this.#reset(),
      onReadings: (readings) => this.#take(readings),
      prepare: async (signal) => {
        await this.#armFailSafe(signal)
        for (const warning of device.warnings) log.warn({ station: config.id }, `${config.id}: ${warning}`)
      },
      onOnline: () => {
        log.info({ station: config.id }, `${config.id}: charger online`)
        options.onChange()
      },
      onOffline: () => this.#goOffline(),
    })
    this.#lastReadings = new LastReadings({ clock, wantFullPoll: () => this.actor.wantFullPoll() })
    const signals = new Set(device.capabilities.signals)
    this.#plugs = Array.from({ length: seat.connectors }, (_, index) => index + 1).map((connector) => ({
      connector,
      reading: noReading(connector),
      start: null,
      energyWantedAt: null,
      sign: new ReservationSign(this.actor, {
        chargerId: config.id,
        connector,
        commands: device.capabilities.commands,
        clock,
        log,
      }),
      control: new OutletControl(this.actor, {
        stationId: config.id,
        evse: connector,
        signals,
        clock,
        log,
        onConfirmed: (amps, binding) => seat.noteSetPoint(connector, amps, binding),
        onChange: options.onChange,
      }),
    }))
  }

  get id(): string {
    return this.#options.config.id
  }

  /** From a set-point to its effect, as the mapping grants it. */
  get settleMs(): number {
    return this.#options.device.capabilities.settleMs
  }

  /** What the balancing core is told of each outlet. `wallAt`: wall ms, for schedules. */
  outlets(wallAt: number): readonly Outlet[] {
    const { config, seat, device, clock } = this.#options
    const range = device.capabilities.current
    if (range === null) return []
    const maxAmps = Math.min(range.maxAmps, config.maxAmps ?? range.maxAmps)
    return this.#plugs.map((plug) => {
      const { connector, control, reading } = plug
      const demand = seat.demand(connector, wallAt)
      const { state } = control
      const silent = fallback(state, this.#failSafe, this.#lastFedAt(), maxAmps)
      return {
        id: outletId(config.id, connector),
        circuitId: config.circuitId,
        rotation: config.rotation,
        minAmps: range.minAmps,
        maxAmps,
        stepAmps: range.stepAmps,
        wanted: demand.wanted,
        refusal: demand.refusal,
        profile: demand.profile,
        online: this.actor.online,
        fallbackAmps: silent.amps,
        fallbackSureAt: silent.sureAt,
        confirmedAmps: state.confirmedAmps,
        pendingAmps: highestOrder(state),
        confirmedAt: state.confirmedAt,
        previousAmps: followableAmps(state, clock.monotonic(), followMs(this.settleMs)),
        measuredAmps: reading.values.current?.slice(0, config.rotation.length) ?? null,
        measuredAt: reading.takenAt.current ?? 0,
        session: this.#session(plug),
        softMinAmps: config.softMinAmps,
      }
    })
  }

  #session(plug: Plug): ChargingSession | null {
    const { config, seat, clock } = this.#options
    const { transaction, meterWh, now: wallAt } = seat.view(plug.connector)
    if (transaction === null) return null
    const at = clock.monotonic()
    plug.start = sessionStart(plug.start, transaction, wallAt, at)
    const wish = seat.wish(plug.connector, transaction.id)
    const { priority } = config
    return sessionFacts({ start: plug.start, startWh: transaction.startWh, meterWh, wish, priority, wallAt, at })
  }

  /** Whether the balancing core means an outlet of this charger by that name. */
  owns(outlet: string): boolean {
    return outlet.startsWith(outletId(this.id, 0).slice(0, -1))
  }

  /** Carries an allocation for one of its outlets out. `at`: monotonic ms. */
  apply(allocation: Allocation, at: number): void {
    const plug = this.#plugs.find(({ connector }) => outletId(this.id, connector) === allocation.outletId)
    plug?.control.apply(allocation, at)
  }

  /** Resolves when the meter was read after a session was stopped; never long after. */
  lastReading(connector: number): Promise<void> {
    return this.#lastReadings.wait(connector)
  }

  /** Opens the socket's lock, where the device can. */
  async unlock(connector: number): Promise<'unlocked' | 'failed' | 'not-supported'> {
    if (!this.#options.device.capabilities.commands.includes('unlock')) return 'not-supported'
    try {
      await this.actor.order(connector, { kind: 'unlock' })
      return 'unlocked'
    } catch (error) {
      const problem = toBridgeError(error)
      this.#options.log.warn({ station: this.id, code: problem.code }, `${this.id}: unlock failed: ${problem.message}`)
      return 'failed'
    }
  }

  snapshot(): StationSnapshot {
    const { config, seat } = this.#options
    const { vendor, model } = seat.shown()
    return {
      id: config.id,
      stationId: seat.stationId,
      vendor,
      model,
      circuitId: config.circuitId,
      rotation: config.rotation,
      online: this.actor.online,
      problem: this.actor.problem?.message ?? null,
      evses: this.#plugs.map((plug) => this.#evseSnapshot(plug)),
      upstreamIds: seat.upstreamIds,
    }
  }

  #evseSnapshot({ connector, control, reading: { values } }: Plug): EvseSnapshot {
    const { config, seat } = this.#options
    const { evse, status, fault, transaction, meterWh } = seat.view(connector)
    const phasesAmps: Partial<Record<Phase, number>> = {}
    for (const [terminal, phase] of config.rotation.entries()) {
      const amps = values.current?.[terminal]
      if (amps !== null && amps !== undefined) phasesAmps[phase] = amps
    }
    return {
      evse,
      pilot: values.state,
      status,
      fault,
      setAmps: control.state.confirmedAmps,
      pendingAmps: control.state.orders.at(-1)?.amps ?? null,
      measuredAmps: values.current,
      phasesAmps,
      powerW: values.power,
      energyWh: values.energy,
      why: explainBinding(control.binding),
      rank: control.rank,
      transaction:
        transaction === null
          ? null
          : {
              id: transaction.id,
              csmsTransactionId: transaction.csmsTransactionId,
              idToken: transaction.idToken,
              startedAt: transaction.startedAt,
              energyWh: Math.max(0, meterWh - transaction.startWh),
              wish: seat.wish(connector, transaction.id),
            },
    }
  }

  /** When the charger's own watchdog may have been fed last. */
  #lastFedAt(): number {
    const { any, write } = this.actor.mayHaveHeardAt
    return Math.max(this.#lastSeenAt, this.#options.device.capabilities.fedByReads ? any : write)
  }

  #reset(): void {
    for (const { control } of this.#plugs) control.reset()
  }

  async #armFailSafe(signal: AbortSignal): Promise<void> {
    const { config, device, log } = this.#options
    this.#failSafe = null
    if (!device.capabilities.failSafe) return
    const command = {
      kind: 'failsafe',
      amps: config.failSafeAmps,
      timeoutSeconds: config.failSafeAfterSeconds,
    } as const
    try {
      for (const { connector } of this.#plugs) await device.command(connector, command, signal)
      this.#failSafe = { amps: config.failSafeAmps, afterMs: config.failSafeAfterSeconds * 1000 }
    } catch (error) {
      if (signal.aborted) throw error
      const problem = toBridgeError(error)
      log.warn(
        { station: this.id, code: problem.code },
        `${this.id}: fail-safe could not be armed, its last set-point counts when it is silent: ${problem.message}`,
      )
    }
  }

  #take(readings: readonly DeviceReading[]): void {
    const { clock, seat, onChange } = this.#options
    this.#lastSeenAt = clock.monotonic()
    for (const reading of readings) {
      const plug = this.#plugs.find(({ connector }) => connector === reading.connector)
      if (plug === undefined) continue
      const before = plug.reading
      plug.reading = reading
      plug.control.confirm(reading)
      plug.sign.keep(seat.view(plug.connector).reservedUntil !== null)
      if (plug.energyWantedAt === null && mustReadEnergyFirst(before, reading)) {
        plug.energyWantedAt = clock.monotonic()
        this.actor.wantFullPoll()
        continue
      }
      // A poll of the fast values may come in between; a charger that gives no energy now must not hold its vehicle up.
      if (plug.energyWantedAt !== null && !hasEnergySince(reading, plug.energyWantedAt, clock.monotonic())) continue
      plug.energyWantedAt = null
      this.#observe(plug, true)
      this.#lastReadings.take(reading)
      if (before.values.state !== reading.values.state) onChange()
    }
  }

  /** The energy is among the slow values of many chargers: a sample must not carry an old one under a new stamp. */
  #isSampledSoon(): boolean {
    const { seat, clock, pollMs } = this.#options
    return this.#plugs.some(({ connector }) => {
      const at = seat.nextSampleAt(connector)
      return at !== null && at - clock.monotonic() <= pollMs * SOON
    })
  }

  /** A vehicle stands there and waits for a card: the reader is among the slow values, and nobody likes to wait at a reader. */
  #someoneWaits(): boolean {
    const { seat, clock } = this.#options
    if (seat.authorize !== 'card') return false
    return this.#plugs.some(({ connector }) => seat.demand(connector, clock.now()).refusal === 'not-authorised')
  }

  #goOffline(): void {
    for (const plug of this.#plugs) this.#observe(plug, false)
    this.#options.onChange()
  }

  #observe({ reading, control }: Plug, online: boolean): void {
    const { clock, seat } = this.#options
    seat.observe(evseStateOf(reading, online, control.state.confirmedAmps, clock.now()))
  }
}

/** Polls ahead of a sample, so that the last one before it is a full one though polls are a little late. */
const SOON = 1.5
/** How often the card reader is read while somebody waits. */
const CARD_POLL_MS = 2000

/** @param connector the charger's own number */
export function outletId(chargerId: string, connector: number): string {
  return `${chargerId}/${connector}`
}
