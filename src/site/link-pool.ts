/** One link per address and login: devices on one bus, at one broker, or behind one TCP client slot (F32), share it. */
import type { DeviceAddress } from '../config/site-config.ts'
import type { Clock } from '../model/clock.ts'
import type { Link } from '../model/driver.ts'
import { revealed } from './address.ts'
import type { Registry } from './registry.ts'

export interface LinkPoolOptions {
  readonly registry: Registry
  readonly clock: Clock
  readonly random: () => number
}

export class LinkPool {
  readonly #options: LinkPoolOptions
  /** By address with its secrets, which leave this map only for a driver. */
  readonly #links = new Map<string, Link>()

  constructor(options: LinkPoolOptions) {
    this.#options = options
  }

  /** The link to this address; opened on first use. Throws LINK_BAD_URL. */
  open(
    address: DeviceAddress,
    serial: { readonly baud: number; readonly format: string } | null,
    loginKind: 'basic' | 'digest' | null = null,
  ): Link {
    const url = revealed(address, loginKind)
    const known = this.#links.get(url)
    if (known !== undefined) return known
    const { registry, clock, random } = this.#options
    const link = registry.driverOf(url).open(url, {
      clock,
      random,
      serial: address.serial ?? serial,
      echo: address.echo,
    })
    this.#links.set(url, link)
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
