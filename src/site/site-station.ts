/**
 * The site's side of one charging station: joins the device (registers) with the virtual station (OCPP) and the balancing core.
 * Up: readings become EVSE states. Down: allocations become orders, and are confirmed by what the device shows.
 */
import type { StationConfig } from '../config/site-config.ts'
import type { Allocation, Outlet } from '../model/balance-input.ts'
import type { Clock } from '../model/clock.ts'
import type { Device } from '../model/device.ts'
import { toBridgeError } from '../model/errors.ts'
import type { Phase } from '../model/phase.ts'
import { explainBinding } from '../model/set-point.ts'
import type { DeviceReading } from '../model/signal.ts'
import type { StationDescription, StationIdentity } from '../model/station.ts'
import type { VirtualStation } from '../ocpp/station/virtual-station.ts'
import { DeviceActor } from './device-actor.ts'
import { evseStateOf, mustReadEnergyFirst, noReading } from './evse-reading.ts'
import { type FailSafe, fallback } from './fallback.ts'
import type { Log } from './log.ts'
import { OutletControl } from './outlet-control.ts'
import { highestOrder } from './outlet-state.ts'
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

interface Evse {
  readonly evse: number
  readonly control: OutletControl
  reading: DeviceReading
  /** One more full poll comes before the station hears of a vehicle that came or left. */
  waitingForEnergy: boolean
}

export class SiteStation {
  readonly actor: DeviceActor
  readonly #options: SiteStationOptions
  readonly #evses: readonly Evse[]
  #failSafe: FailSafe | null = null
  #lastSeenAt: number

  constructor(options: SiteStationOptions) {
    this.#options = options
    const { config, device, description, clock, log, pulse, pollMs, fullPollMs } = options
    this.#lastSeenAt = clock.monotonic()
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
    const signals = new Set(device.capabilities.signals)
    this.#evses = description.evses.map(({ evse }) => ({
      evse,
      reading: noReading(evse),
      waitingForEnergy: false,
      control: new OutletControl(this.actor, {
        stationId: config.id,
        evse,
        signals,
        clock,
        log,
        onConfirmed: (amps, binding) => options.station.noteSetPoint(evse, amps, binding),
        onChange: options.onChange,
      }),
    }))
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

  /** From a set-point to its effect, as the mapping grants it. */
  get settleMs(): number {
    return this.#options.device.capabilities.settleMs
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
    return this.#evses.map(({ evse, control, reading }) => {
      const demand = station.demand(evse, wallAt)
      const { state } = control
      const silent = fallback(state, this.#failSafe, this.#lastFedAt(), maxAmps)
      return {
        id: outletId(config.id, evse),
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
        measuredAmps: reading.values.current?.slice(0, config.rotation.length) ?? null,
        measuredAt: reading.takenAt.current ?? 0,
      }
    })
  }

  /** Carries an allocation for one of its outlets out. `at`: monotonic ms. */
  apply(allocation: Allocation, at: number): void {
    this.#evses.find(({ evse }) => outletId(this.id, evse) === allocation.outletId)?.control.apply(allocation, at)
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
      evses: this.#evses.map((evse) => this.#evseSnapshot(evse)),
      upstreamIds: config.upstreamIds,
    }
  }

  #evseSnapshot({ evse, control, reading: { values } }: Evse): EvseSnapshot {
    const { config, station } = this.#options
    const { status, fault, transaction, meterWh } = station.view(evse)
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

  /** When the charger's own watchdog may have been fed last. */
  #lastFedAt(): number {
    const { any, write } = this.actor.mayHaveHeardAt
    return Math.max(this.#lastSeenAt, this.#options.device.capabilities.fedByReads ? any : write)
  }

  #reset(): void {
    for (const { control } of this.#evses) control.reset()
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
      const evse = this.#evses.find((one) => one.evse === reading.connector)
      if (evse === undefined) continue
      const before = evse.reading
      evse.reading = reading
      evse.control.confirm(reading)
      if (!evse.waitingForEnergy && mustReadEnergyFirst(before, reading)) {
        evse.waitingForEnergy = true
        this.actor.wantFullPoll()
        continue
      }
      evse.waitingForEnergy = false
      this.#observe(evse, true)
      if (before.values.state !== reading.values.state) onChange()
    }
  }

  /** A vehicle stands there and waits for a card: the reader is among the slow values, and nobody likes to wait at a reader. */
  #someoneWaits(): boolean {
    const { config, station, clock } = this.#options
    if (config.authorize !== 'card') return false
    return this.#evses.some(({ evse }) => station.demand(evse, clock.now()).refusal === 'not-authorised')
  }

  #goOffline(): void {
    for (const evse of this.#evses) this.#observe(evse, false)
    this.#options.onChange()
  }

  #observe({ reading, control }: Evse, online: boolean): void {
    const { clock, station } = this.#options
    station.observe(evseStateOf(reading, online, control.state.confirmedAmps, clock.now()))
  }
}

const FIRST_CONTACT_MS = 3000
/** How often the card reader is read while somebody waits. */
const CARD_POLL_MS = 2000

export function outletId(stationId: string, evse: number): string {
  return `${stationId}/${evse}`
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
