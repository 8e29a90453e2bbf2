import type { DeviceCapabilities, DeviceCommand, DeviceIdentity, DeviceWrite } from '../../model/device.ts'
import type { DeviceReading } from '../../model/signal.ts'
import { capabilitiesOf } from '../language/capabilities.ts'
import type { MappedDevice } from './mapped-device.ts'
import { refused } from '../values/encode.ts'
import type { Look } from './look.ts'
import type { Mapping } from '../mapping.ts'
import type { Fingerprint } from '../language/variants.ts'
import type { Wear } from './wear.ts'

export interface Choice {
  readonly device: MappedDevice
  /** Why nothing may be written to it; null: it is known. */
  readonly strange: string | null
  /** What else people should know of it. */
  readonly warnings: readonly string[]
}

/**
 * A device that shows only at connect what it really is: a variant of its mapping, a list of SunSpec models. It is chosen before anything is
 * written, at every connect anew; everything else is left to the chosen one.
 */
export class LateDevice implements MappedDevice {
  readonly #file: Mapping
  readonly #choose: (signal: AbortSignal) => Promise<Choice>
  #active: MappedDevice
  #strange: string | null = null
  #warnings: readonly string[] = []
  #isChosen = false

  /** `before` stands in until the first choice. */
  constructor(file: Mapping, before: MappedDevice, choose: (signal: AbortSignal) => Promise<Choice>) {
    this.#file = file
    this.#choose = choose
    this.#active = before
  }

  get mapping(): Mapping {
    return this.#strange === null ? this.#active.mapping : this.#file
  }

  get connectors(): number {
    return this.#active.connectors
  }

  /** Before connect those of the file as it stands. A device that is not known can still draw what its kind can. */
  get capabilities(): DeviceCapabilities {
    if (this.#strange === null) return this.#active.capabilities
    return { ...capabilitiesOf(this.#file), commands: [], failSafe: false }
  }

  get identity(): DeviceIdentity {
    return this.#active.identity
  }

  get warnings(): readonly string[] {
    return [...(this.#strange === null ? [] : [this.#strange]), ...this.#warnings, ...this.#active.warnings]
  }

  get wear(): readonly Wear[] {
    return this.#active.wear
  }

  async connect(signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    await this.#decide(signal)
    return this.#active.connect(signal)
  }

  /** Without a connect, as for a single look, the choice is made here; nothing is written for that. */
  async poll(rate: 'fast' | 'all', signal: AbortSignal): Promise<readonly DeviceReading[]> {
    if (!this.#isChosen) await this.#decide(signal)
    return this.#active.poll(rate, signal)
  }

  async command(connector: number, command: DeviceCommand, signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    if (!this.#isChosen) await this.#decide(signal)
    if (this.#strange !== null) throw refused(this.#strange)
    return this.#active.command(connector, command, signal)
  }

  serve(signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    return this.#active.serve(signal)
  }

  nextServeAt(): number | null {
    return this.#active.nextServeAt()
  }

  release(signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    return this.#active.release(signal)
  }

  startUp(signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    return this.#active.startUp(signal)
  }

  keepAlive(timeoutSeconds: number | null, signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    return this.#active.keepAlive(timeoutSeconds, signal)
  }

  resumeAsIs(connector: number, signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    return this.#active.resumeAsIs(connector, signal)
  }

  look(connector: number): Look {
    return this.#active.look(connector)
  }

  async fingerprint(names: Iterable<string>, signal: AbortSignal): Promise<Fingerprint> {
    if (!this.#isChosen) await this.#decide(signal)
    return this.#active.fingerprint(names, signal)
  }

  readHolding(address: number, count: number, signal: AbortSignal): Promise<readonly number[] | null> {
    return this.#active.readHolding(address, count, signal)
  }

  async #decide(signal: AbortSignal): Promise<void> {
    const { device, strange, warnings } = await this.#choose(signal)
    this.#active = device
    this.#strange = strange
    this.#warnings = warnings
    this.#isChosen = true
  }
}
