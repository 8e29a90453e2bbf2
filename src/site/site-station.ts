/**
 * The site's side of one charging station: joins the device (registers) with the virtual station (OCPP) and the balancing core.
 * Up: readings become EVSE states. Down: allocations become orders, and are confirmed by what the device shows.
 */
import type { StationConfig } from '../config/site-config.ts'
import type { Allocation, Outlet } from '../model/balance-input.ts'
import type { Clock } from '../model/clock.ts'
import type { Device, DeviceCommand } from '../model/device.ts'
import { BridgeError, toBridgeError } from '../model/errors.ts'
import type { Binding } from '../model/set-point.ts'
import { explainBinding } from '../model/set-point.ts'
import type { DeviceReading, SignalName, SignalValues } from '../model/signal.ts'
import { NO_SIGNALS } from '../model/signal.ts'
import type { EvseState, StationDescription, StationIdentity } from '../model/station.ts'
import type { VirtualStation } from '../ocpp/station/virtual-station.ts'
import { DeviceActor } from './device-actor.ts'
import { type FailSafe, fallback } from './fallback.ts'
import type { Log } from './log.ts'
import {
  acknowledged,
  highestOrder,
  mustSend,
  observed,
  ordered,
  type OutletState,
  reconnected,
  shownAmps,
  UNKNOWN_OUTLET,
} from './outlet-state.ts'
import type { Pulse } from './pulse.ts'
import type { EvseSnapshot, StationSnapshot } from './snapshot.ts'

export interface SiteStationOptions {
  readonly config: StationConfig
  readonly device: Device
  readonly station: VirtualStation
  readonly description: StationDescription
  readonly clock: Clock
  readonly log: Log
  readonly pulse: Pulse
  readonly pollMs: number
  readonly fullPollMs: number
  /** Something that the balancing core must know has changed. */
  readonly onChange: () => void
}

interface EvseControl {
  readonly evse: number
  state: OutletState
  values: SignalValues
  takenAt: DeviceReading['takenAt']
  observation: EvseState | null
  binding: Binding
  /** The order that is being written now. */
  onWire: { readonly amps: number; readonly giveWay: AbortController } | null
  /** An energy register read before the session changed would lose the last watt-hours: one full poll comes first. */
  waitingForEnergy: boolean
}

export class SiteStation {
  readonly actor: DeviceActor
  readonly #options: SiteStationOptions
  readonly #evses: readonly EvseControl[]
  readonly #signals: ReadonlySet<SignalName>
  #failSafe: FailSafe | null = null
  #lastSeenAt: number

  constructor(options: SiteStationOptions) {
    this.#options = options
    const { config, device, description, clock, log, pulse, pollMs, fullPollMs } = options
    this.#signals = new Set(device.capabilities.signals)
    this.#lastSeenAt = clock.monotonic()
    this.#evses = description.evses.map(({ evse }) => ({
      evse,
      state: UNKNOWN_OUTLET,
      values: NO_SIGNALS,
      takenAt: {},
      observation: null,
      binding: { kind: 'hold', reason: 'not connected yet' },
      onWire: null,
      waitingForEnergy: false,
    }))
    this.actor = new DeviceActor({
      name: config.id,
      device,
      clock,
      log,
      pulse,
      pollMs,
      fullPollMs: () => (this.#someoneWaits() ? CARD_POLL_MS : fullPollMs),
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
  }

  get id(): string {
    return this.#options.config.id
  }

  /** Resumes what the ledger has, connects to the CSMS, then starts with the device. */
  async start(): Promise<void> {
    await this.#options.station.start()
    this.actor.start()
  }

  /** What the charger says of itself, once it was asked; a dead one holds the BootNotification up for a moment only. */
  async identify(): Promise<StationIdentity> {
    const { config, device, clock } = this.#options
    const asked = new AbortController()
    await Promise.race([this.actor.firstContact, clock.sleep(FIRST_CONTACT_MS, asked.signal).catch(() => {})])
    asked.abort()
    return identityOf(config, device)
  }

  /** Disconnects from the CSMS; call after the actor has stopped. */
  close(): Promise<void> {
    return this.#options.station.close()
  }

  get circuitId(): string {
    return this.#options.config.circuitId
  }

  get rotation(): StationConfig['rotation'] {
    return this.#options.config.rotation
  }

  upstreams(): ReturnType<VirtualStation['upstreams']> {
    return this.#options.station.upstreams()
  }

  /** What the balancing core is told of each EVSE. `wallAt`: wall ms, for schedules. */
  outlets(wallAt: number): readonly Outlet[] {
    const { config, station, device } = this.#options
    const range = device.capabilities.current
    if (range === null) return []
    const maxAmps = Math.min(range.maxAmps, config.maxAmps ?? range.maxAmps)
    return this.#evses.map((control) => {
      const demand = station.demand(control.evse, wallAt)
      const { state } = control
      const silent = fallback(state, this.#failSafe, this.#lastSeenAt, maxAmps)
      return {
        id: outletId(config.id, control.evse),
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
        previousAmps: state.previousAmps,
        measuredAmps: control.values.current?.slice(0, config.rotation.length) ?? null,
        measuredAt: control.takenAt.current ?? 0,
      }
    })
  }

  /** Carries an allocation out, when it differs from what is in force or on its way. */
  apply(allocation: Allocation, at: number): void {
    const control = this.#evses.find(({ evse }) => outletId(this.id, evse) === allocation.outletId)
    if (control === undefined) return
    control.binding = allocation.binding
    if (!this.actor.online || !mustSend(control.state, allocation.amps, at)) return
    const { onWire } = control
    if (onWire !== null) {
      // A cut does not wait behind an order that still keeps the device's own gap between writes; anything else can wait a tick.
      if (allocation.amps < onWire.amps)
        onWire.giveWay.abort(new BridgeError('LINK_CLOSED', `${this.id}: a lower set-point follows`))
      return
    }
    const command = commandFor(control.state, allocation.amps)
    control.state = ordered(control.state, allocation.amps, at)
    void this.#send(control, command)
  }

  /** Opens the socket's lock, where the device can. */
  async unlock(evse: number): Promise<'unlocked' | 'failed' | 'not-supported'> {
    if (!this.#options.device.capabilities.commands.includes('unlock')) return 'not-supported'
    try {
      await this.actor.order(evse, { kind: 'unlock' })
      return 'unlocked'
    } catch (error) {
      const problem = toBridgeError(error)
      this.#options.log.warn({ station: this.id, code: problem.code }, `${this.id}: unlock failed: ${problem.message}`)
      return 'failed'
    }
  }

  snapshot(): StationSnapshot {
    const { config, description } = this.#options
    return {
      id: config.id,
      vendor: description.identity.vendor,
      model: description.identity.model,
      circuitId: config.circuitId,
      rotation: config.rotation,
      online: this.actor.online,
      problem: this.actor.problem?.message ?? null,
      evses: this.#evses.map((control) => this.#evseSnapshot(control)),
      upstreamIds: config.upstreamIds,
    }
  }

  #evseSnapshot(control: EvseControl): EvseSnapshot {
    const { config, station } = this.#options
    const { status, fault, transaction, meterWh } = station.view(control.evse)
    const phasesAmps: Partial<Record<'L1' | 'L2' | 'L3', number>> = {}
    for (const [terminal, phase] of config.rotation.entries()) {
      const amps = control.values.current?.[terminal]
      if (amps !== null && amps !== undefined) phasesAmps[phase] = amps
    }
    return {
      evse: control.evse,
      pilot: control.values.state,
      status,
      fault,
      setAmps: control.state.confirmedAmps,
      pendingAmps: control.state.orders.at(-1)?.amps ?? null,
      measuredAmps: control.values.current,
      phasesAmps,
      powerW: control.values.power,
      energyWh: control.values.energy,
      why: explainBinding(control.binding),
      transaction:
        transaction === null
          ? null
          : {
              id: transaction.id,
              csmsTransactionId: transaction.csmsTransactionId,
              idToken: transaction.idToken,
              startedAt: transaction.startedAt,
              energyWh: Math.max(0, meterWh - transaction.startWh),
            },
    }
  }

  async #send(control: EvseControl, command: DeviceCommand): Promise<void> {
    const { clock, log } = this.#options
    const amps = 'amps' in command ? command.amps : 0
    const giveWay = new AbortController()
    control.onWire = { amps, giveWay }
    try {
      await this.actor.order(control.evse, command, giveWay.signal)
      const readsBack = this.#signals.has('limit') || this.#signals.has('enabled')
      control.state = acknowledged(control.state, amps, clock.monotonic(), readsBack)
      if (readsBack) this.actor.pollSoon()
      else this.#noteSetPoint(control)
    } catch (error) {
      // It may have arrived: it counts as drawn until a later order is confirmed, and is sent again by a later tick.
      const problem = toBridgeError(error)
      if (!giveWay.signal.aborted && !this.actor.stopping)
        log.warn({ station: this.id, code: problem.code }, `${this.id}: set-point ${amps} A failed: ${problem.message}`)
    } finally {
      control.onWire = null
      if (giveWay.signal.aborted) this.#options.onChange()
    }
  }

  #reset(): void {
    for (const control of this.#evses) control.state = reconnected(control.state)
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
      for (const { evse } of this.#evses) await device.command(evse, command, signal)
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
    const { clock, onChange } = this.#options
    this.#lastSeenAt = clock.monotonic()
    for (const reading of readings) {
      const control = this.#evses.find(({ evse }) => evse === reading.connector)
      if (control === undefined) continue
      const before = control.values.state
      control.values = reading.values
      control.takenAt = reading.takenAt
      this.#confirm(control, reading)
      if (this.#mustReadEnergyFirst(control, before)) {
        control.waitingForEnergy = true
        this.actor.wantFullPoll()
        continue
      }
      control.waitingForEnergy = false
      this.#observe(control, true)
      if (before !== reading.values.state) onChange()
    }
  }

  #confirm(control: EvseControl, reading: DeviceReading): void {
    const shown = shownAmps(reading.values, this.#signals.has('enabled'))
    const takenAt = reading.takenAt.enabled ?? reading.takenAt.limit ?? reading.takenAt.state
    if (takenAt === undefined) return
    const before = control.state
    control.state = observed(before, shown, takenAt, tellsLost(reading.values))
    if (before.confirmedAmps !== control.state.confirmedAmps) this.#noteSetPoint(control)
  }

  #noteSetPoint(control: EvseControl): void {
    this.#options.station.noteSetPoint(control.evse, control.state.confirmedAmps ?? 0, control.binding)
    this.#options.onChange()
  }

  #mustReadEnergyFirst(control: EvseControl, before: SignalValues['state']): boolean {
    const now = control.values.state
    if (control.waitingForEnergy || before === null || now === null) return false
    const plugChanged = (before === 'A') !== (now === 'A')
    const energyAt = control.takenAt.energy
    const stateAt = control.takenAt.state
    return plugChanged && energyAt !== undefined && stateAt !== undefined && energyAt < stateAt - ENERGY_FRESH_MS
  }

  /** A vehicle stands there and waits for a card: the reader is among the slow values, and nobody likes to wait at a reader. */
  #someoneWaits(): boolean {
    const { config, station, clock } = this.#options
    if (config.authorize !== 'card') return false
    return this.#evses.some(({ evse }) => station.demand(evse, clock.now()).refusal === 'not-authorised')
  }

  #goOffline(): void {
    for (const control of this.#evses) this.#observe(control, false)
    this.#options.onChange()
  }

  #observe(control: EvseControl, online: boolean): void {
    const { clock, station } = this.#options
    const { values } = control
    control.observation = {
      evse: control.evse,
      online,
      quality: online ? 'good' : 'stale',
      pilot: values.state,
      fault: values.error,
      tag: values.tag,
      offeredAmps: control.state.confirmedAmps,
      measuredAmps: values.current,
      voltage: values.voltage,
      powerW: values.power,
      powersW: values.powers,
      energyWh: values.energy,
      sessionWh: values.session,
      frequencyHz: values.frequency,
      temperatureC: values.temperature,
      socPercent: values.soc,
      at: clock.now(),
    }
    station.observe(control.observation)
  }
}

const FIRST_CONTACT_MS = 3000
/** How often the card reader is read while somebody waits. */
const CARD_POLL_MS = 2000
/** An energy value this much older than the state belongs to the time before. */
const ENERGY_FRESH_MS = 1000

export function outletId(stationId: string, evse: number): string {
  return `${stationId}/${evse}`
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

/** What the site file says wins over what the device tells. */
export function identityOf(config: StationConfig, { identity }: Device): StationIdentity {
  return {
    vendor: config.vendor ?? identity.vendor,
    model: config.model ?? identity.model,
    serial: config.serial ?? identity.serial,
    firmware: config.firmware ?? identity.firmware,
  }
}
