import type { DeviceCapabilities, DeviceCommand, DeviceIdentity, DeviceWrite } from '../model/device.ts'
import type { DeviceReading } from '../model/signal.ts'
import { capabilitiesOf } from './capabilities.ts'
import type { MappedDevice } from './device.ts'
import { refused } from './encode.ts'
import type { Look } from './look.ts'
import type { Mapping } from './mapping.ts'
import { namesOfRule, pickVariant } from './variants.ts'
import type { Fingerprint, Variant } from './variants.ts'
import type { Wear } from './wear.ts'

/**
 * A device whose mapping has variants: which one it is is asked at every connect, before anything is written; everything else is left
 * to the device of that variant. One that fits no variant is read by the file as it stands, and nothing is written to it.
 */
export class VariantDevice implements MappedDevice {
  readonly #file: Mapping
  readonly #make: (mapping: Mapping) => MappedDevice
  /** The file as it stands, and without its writes: asks for the fingerprint, and reads a device that fits no variant. */
  readonly #reading: MappedDevice
  readonly #devices = new Map<Variant, MappedDevice>()
  #active: MappedDevice
  #strange: string | null = null
  #isPicked = false

  constructor(mapping: Mapping, make: (mapping: Mapping) => MappedDevice) {
    this.#file = mapping
    this.#make = make
    this.#reading = make({ ...mapping, write: null, variants: [] })
    this.#active = make({ ...mapping, variants: [] })
  }

  /** The variant's, once the device is connected. */
  get mapping(): Mapping {
    return this.#active === this.#reading ? this.#file : this.#active.mapping
  }

  get connectors(): number {
    return this.#active.connectors
  }

  /** Before connect those of the file as it stands. A device that fits no variant can still draw what its kind can. */
  get capabilities(): DeviceCapabilities {
    if (this.#strange === null) return this.#active.capabilities
    return { ...capabilitiesOf(this.#file), commands: [], failSafe: false }
  }

  get identity(): DeviceIdentity {
    return this.#active.identity
  }

  get warnings(): readonly string[] {
    const { warnings } = this.#active
    return this.#strange === null ? warnings : [this.#strange, ...warnings]
  }

  get wear(): readonly Wear[] {
    return this.#active.wear
  }

  async connect(signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    await this.#pick(signal)
    return this.#active.connect(signal)
  }

  /** Without a connect, as for a single look, the variant is picked here; nothing is written for that. */
  async poll(rate: 'fast' | 'all', signal: AbortSignal): Promise<readonly DeviceReading[]> {
    if (!this.#isPicked) await this.#pick(signal)
    return this.#active.poll(rate, signal)
  }

  async command(connector: number, command: DeviceCommand, signal: AbortSignal): Promise<readonly DeviceWrite[]> {
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

  fingerprint(names: Iterable<string>, signal: AbortSignal): Promise<Fingerprint> {
    return this.#active.fingerprint(names, signal)
  }

  async #pick(signal: AbortSignal): Promise<void> {
    const names = new Set(this.#file.variants.flatMap(namesOfRule))
    const fingerprint = await this.#reading.fingerprint(names, signal)
    const variant = pickVariant(this.#file.variants, fingerprint)
    this.#strange = variant === null ? this.#describe(fingerprint, [...names]) : null
    this.#active = variant === null ? this.#reading : this.#deviceOf(variant)
    this.#isPicked = true
  }

  #deviceOf(variant: Variant): MappedDevice {
    const device = this.#devices.get(variant) ?? this.#make(variant.mapping)
    this.#devices.set(variant, device)
    return device
  }

  #describe({ firmware, valueOf }: Fingerprint, names: readonly string[]): string {
    const shown = [
      ...(this.#file.identity.firmware === null ? [] : [`firmware ${firmware ?? 'unreadable'}`]),
      ...names.map((name) => `${name} ${String(valueOf(name) ?? 'unreadable')}`),
    ].join(', ')
    return `${this.#file.device}: ${shown} fits no variant of the mapping, so it is only read and nothing is written`
  }
}
