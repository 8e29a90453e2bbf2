import type { Clock } from '../../model/clock.ts'
import type { PerPhase } from '../../model/signal.ts'
import type { SimulatedDevice } from './simulator.ts'

/** A grid meter whose currents the world sets. Time moves with `tick`; plus = import. */
export class SimulatedMeter {
  readonly #device: SimulatedDevice
  readonly #clock: Clock
  readonly #voltage: number
  #amps: PerPhase = [0, 0, 0]
  #importWh: number
  #exportWh: number
  #tickedAt: number

  constructor(
    device: SimulatedDevice,
    options: {
      readonly clock: Clock
      readonly voltage?: number
      readonly importWh?: number
      readonly exportWh?: number
    },
  ) {
    this.#device = device
    this.#clock = options.clock
    this.#voltage = options.voltage ?? 230
    this.#importWh = options.importWh ?? 5_000_000
    this.#exportWh = options.exportWh ?? 0
    this.#tickedAt = options.clock.monotonic()
    this.tick()
  }

  /** Amperes per phase; negative exports; null: the meter does not give this phase. */
  setAmps(amps: PerPhase): void {
    this.tick()
    this.#amps = amps
    this.tick()
  }

  tick(): void {
    const now = this.#clock.monotonic()
    const hours = (now - this.#tickedAt) / 3_600_000
    this.#tickedAt = now
    const powers = this.#amps.map((amps) => (amps === null ? null : amps * this.#voltage))
    const power = powers.reduce<number>((sum, watts) => sum + (watts ?? 0), 0)
    if (power > 0) this.#importWh += power * hours
    else this.#exportWh -= power * hours
    this.#device.set({
      current: this.#amps,
      voltage: this.#amps.map(() => this.#voltage),
      powers,
      power,
      frequency: 50,
      temperature: 25,
      energy: this.#importWh,
      export: this.#exportWh,
    })
  }
}
