/** One link per address: devices on one bus, or behind one TCP client slot (F32), share it. */
import type { DeviceAddress } from '../config/site-config.ts'
import type { Clock } from '../model/clock.ts'
import type { Link } from '../model/driver.ts'
import type { Registry } from './registry.ts'

export interface LinkPoolOptions {
  readonly registry: Registry
  readonly clock: Clock
  readonly random: () => number
}

export class LinkPool {
  readonly #options: LinkPoolOptions
  readonly #links = new Map<string, Link>()

  constructor(options: LinkPoolOptions) {
    this.#options = options
  }

  /** The link to this address; opened on first use. Throws LINK_BAD_URL. */
  open(address: DeviceAddress, serial: { readonly baud: number; readonly format: string } | null): Link {
    const known = this.#links.get(address.connect)
    if (known !== undefined) return known
    const { registry, clock, random } = this.#options
    const link = registry.driverOf(address.connect).open(address.connect, {
      clock,
      random,
      serial: address.serial ?? serial,
      echo: address.echo,
    })
    this.#links.set(address.connect, link)
    return link
  }

  get links(): readonly Link[] {
    return [...this.#links.values()]
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.links.map((link) => link.close()))
    this.#links.clear()
  }
}
