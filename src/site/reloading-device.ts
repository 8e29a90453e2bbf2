/**
 * A device whose mapping may change on disk while it runs: the new file is read, and the device is met anew with it, without ending a
 * session. A file with mistakes is told once, and the one before stays.
 */
import type { Mapping } from '../mapping/index.ts'
import type { Clock } from '../model/clock.ts'
import type { Device, DeviceCapabilities, DeviceCommand, DeviceIdentity, DeviceWrite } from '../model/device.ts'
import { BridgeError, isBridgeError } from '../model/errors.ts'
import type { DeviceReading } from '../model/signal.ts'

export interface ReloadingOptions {
  /** The mapping as it is on disk now: the same object as long as the file is the same. Throws MAPPING_INVALID, MAPPING_UNKNOWN. */
  readonly load: () => Mapping
  /** Throws CONFIG_INVALID when the site's settings do not fit the mapping. */
  readonly make: (mapping: Mapping) => Device
  readonly clock: Clock
  readonly onProblem: (text: string) => void
}

/** A person who saves a file looks for the effect within a few seconds; a file with mistakes is being worked on. */
const LOOK_EVERY_MS = 2000
const LOOK_AGAIN_MS = 10_000

export class ReloadingDevice implements Device {
  readonly #options: ReloadingOptions
  #mapping: Mapping
  #device: Device
  #next: { readonly mapping: Mapping; readonly device: Device } | null = null
  #lookAt: number
  #told = ''

  constructor(options: ReloadingOptions) {
    this.#options = options
    this.#mapping = options.load()
    this.#device = options.make(this.#mapping)
    this.#lookAt = options.clock.monotonic() + LOOK_EVERY_MS
  }

  get connectors(): number {
    return this.#device.connectors
  }

  get capabilities(): DeviceCapabilities {
    return this.#device.capabilities
  }

  get identity(): DeviceIdentity {
    return this.#device.identity
  }

  get warnings(): readonly string[] {
    return this.#device.warnings
  }

  async connect(signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    if (this.#next !== null) {
      this.#mapping = this.#next.mapping
      this.#device = this.#next.device
      this.#next = null
    }
    return this.#device.connect(signal)
  }

  /** Rejects with MAPPING_CHANGED when the file is another one by now: the next `connect` takes it. */
  async poll(rate: 'fast' | 'all', signal: AbortSignal): Promise<readonly DeviceReading[]> {
    if (this.#isChanged())
      throw new BridgeError('MAPPING_CHANGED', `${this.#mapping.file} has changed; the device is met anew`)
    return this.#device.poll(rate, signal)
  }

  command(connector: number, command: DeviceCommand, signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    return this.#device.command(connector, command, signal)
  }

  serve(signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    return this.#device.serve(signal)
  }

  nextServeAt(): number | null {
    return this.#device.nextServeAt()
  }

  release(signal: AbortSignal): Promise<readonly DeviceWrite[]> {
    return this.#device.release(signal)
  }

  #isChanged(): boolean {
    const now = this.#options.clock.monotonic()
    if (this.#next !== null || now < this.#lookAt) return false
    this.#lookAt = now + LOOK_EVERY_MS
    try {
      const mapping = this.#options.load()
      if (mapping === this.#mapping) return false
      const device = this.#options.make(mapping)
      this.#checkFits(mapping, device)
      this.#next = { mapping, device }
      this.#told = ''
      return true
    } catch (error) {
      if (!isBridgeError(error)) throw error
      this.#lookAt = now + LOOK_AGAIN_MS
      const text = `the changed mapping is not used: ${error.message}`
      if (text !== this.#told) this.#options.onProblem(text)
      this.#told = text
      return false
    }
  }

  /** What the site was built on must stay: it is a charger or a meter, steered or not, with its outlets. */
  #checkFits(mapping: Mapping, device: Device): void {
    const before = this.#device
    const same =
      mapping.kind === this.#mapping.kind &&
      (device.capabilities.current === null) === (before.capabilities.current === null) &&
      (typeof mapping.connectors.count !== 'number' || mapping.connectors.count === before.connectors)
    if (!same)
      throw new BridgeError(
        'MAPPING_INVALID',
        `${mapping.file}: another kind or number of outlets needs a restart of the bridge`,
      )
  }
}
