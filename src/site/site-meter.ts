/** A meter of the site: its device and its last currents on the site's phases. */
import type { MeterConfig } from '../config/site-config.ts'
import type { MeterCurrent } from '../model/balance-input.ts'
import type { Clock } from '../model/clock.ts'
import type { Device } from '../model/device.ts'
import type { Phase, PhaseAmps, PhaseRotation } from '../model/phase.ts'
import type { DeviceReading, SignalValues } from '../model/signal.ts'
import { DeviceActor } from './device/device-actor.ts'
import type { Log } from './log.ts'
import type { Pulse } from './pulse.ts'
import type { MeterSnapshot } from './snapshot.ts'

export interface SiteMeterOptions {
  readonly config: MeterConfig
  readonly device: Device
  readonly clock: Clock
  readonly log: Log
  readonly pulse: Pulse
  readonly pollMs: number
  readonly fullPollMs: number
  /** A new current has come: the control loop may run. */
  readonly onCurrent: () => void
}

export class SiteMeter {
  readonly actor: DeviceActor
  readonly #options: SiteMeterOptions
  #amps: PhaseAmps | null = null
  #takenAt = 0
  #powerW: number | null = null

  constructor(options: SiteMeterOptions) {
    this.#options = options
    const { config, device, clock, log, pulse, pollMs, fullPollMs } = options
    this.actor = new DeviceActor({
      name: config.id,
      device,
      clock,
      log,
      pulse,
      pollMs,
      fullPollMs: () => fullPollMs,
      onConnected: () => {},
      prepare: () => Promise.resolve(),
      onReadings: (readings) => this.#take(readings),
      onOnline: () => {
        log.info({ device: config.id }, `${config.id}: meter online`)
        for (const warning of device.warnings) log.warn({ device: config.id }, `${config.id}: ${warning}`)
      },
      onOffline: () => {},
    })
  }

  get id(): string {
    return this.#options.config.id
  }

  /** The last current and its age; it is kept when the meter falls silent, the balancing core judges the age. */
  current(): MeterCurrent {
    return { meterId: this.id, amps: this.#amps, takenAt: this.#takenAt }
  }

  snapshot(): MeterSnapshot {
    const { clock } = this.#options
    return {
      id: this.id,
      online: this.actor.online,
      currentAmps: this.#amps,
      powerW: this.#powerW,
      ageSeconds: this.#amps === null ? null : Math.max(0, clock.monotonic() - this.#takenAt) / 1000,
      problem: this.actor.problem?.message ?? null,
    }
  }

  #take(readings: readonly DeviceReading[]): void {
    const reading = readings[0]
    if (reading === undefined) return
    const { config } = this.#options
    const sign = config.reverse ? -1 : 1
    if (reading.values.power !== null) this.#powerW = reading.values.power * sign
    const amps = meterAmps(reading.values, config.rotation, config.reverse)
    const takenAt = reading.takenAt.current
    if (amps === null || takenAt === undefined) return
    this.#amps = amps
    this.#takenAt = takenAt
    this.#options.onCurrent()
  }
}

/**
 * Currents on the site's phases, positive towards the building. Many meters show currents without a sign; the power of the phase has it.
 * Null when a phase is missing: half a meter is no meter.
 */
export function meterAmps(values: SignalValues, rotation: PhaseRotation, reverse: boolean): PhaseAmps | null {
  if (values.current === null) return null
  const amps: Record<Phase, number> = { L1: 0, L2: 0, L3: 0 }
  for (const [terminal, phase] of rotation.entries()) {
    const value = values.current[terminal] ?? null
    if (value === null || !Number.isFinite(value)) return null
    const power = values.powers?.[terminal] ?? null
    const signed = power !== null && power < 0 ? -Math.abs(value) : value
    amps[phase] = reverse ? -signed : signed
  }
  return amps
}
