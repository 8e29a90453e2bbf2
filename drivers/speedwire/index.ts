/** SMA Energy Meter and Sunny Home Manager: telegrams over multicast, as listener and as meter. */

import type {
  AddressScheme,
  DeviceServer,
  DocumentBank,
  DocumentServerDriver,
  DocumentServerSettings,
  Driver,
  LinkSettings,
} from '../../src/model/driver.ts'
import type { ListeningLink } from '../../src/wire/listening-link.ts'
import { speedwireLink } from './link.ts'
import { serveSpeedwire } from './server.ts'
import { listen } from './socket.ts'
import { parseSpeedwireUrl } from './url.ts'

const SCHEMES = ['speedwire'] as const

const ADDRESSES: readonly AddressScheme[] = [
  {
    name: 'speedwire',
    speaks: 'speedwire',
    at: 'group',
    example: 'speedwire:?serial=1901234567',
    port: 9522,
    portOfMapping: false,
    path: false,
    sharing: 'one',
    settings: ['serial', 'interface'],
    format: null,
    login: false,
    /** Of the meters that send to one group, each has its own serial number. */
    place: (url) => {
      const { host, port, serial, interfaceAddress } = parseSpeedwireUrl(url)
      return `udp ${host}:${port} ${interfaceAddress ?? ''} ${serial ?? ''}`
    },
  },
]

export const speedwireDriver = {
  schemes: SCHEMES,
  addresses: ADDRESSES,
  open(url: string, settings: LinkSettings): ListeningLink {
    const address = parseSpeedwireUrl(url)
    return speedwireLink(url, address, (events) => listen(address, events), settings)
  },
} as const satisfies Driver

export const speedwireServer = {
  schemes: SCHEMES,
  async serve(url: string, bank: DocumentBank, settings: DocumentServerSettings): Promise<DeviceServer> {
    return serveSpeedwire(url, parseSpeedwireUrl(url), bank, settings)
  },
} as const satisfies DocumentServerDriver
