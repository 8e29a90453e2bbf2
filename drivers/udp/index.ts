/** Devices that answer text datagrams with text datagrams. */

import type {
  AddressScheme,
  DeviceServer,
  DocumentBank,
  DocumentServerDriver,
  Driver,
  LinkSettings,
} from '../../src/model/driver.ts'
import { UdpLink } from './link.ts'
import { serveUdp } from './server.ts'
import { parseUdpUrl, UDP_SCHEMES } from './url.ts'

const ADDRESSES: readonly AddressScheme[] = [
  {
    name: 'udp',
    speaks: 'udp',
    at: 'host',
    example: 'udp://HOST:PORT',
    port: null,
    portOfMapping: true,
    path: false,
    sharing: 'many',
    settings: ['local'],
    format: null,
    login: false,
    /** Another port than a TCP port of the same number. */
    place: (url) => {
      const { host, port } = parseUdpUrl(url, 'link')
      return `udp ${host}:${port}`
    },
  },
]

export const udpDriver = {
  schemes: UDP_SCHEMES,
  addresses: ADDRESSES,
  open(url: string, settings: LinkSettings): UdpLink {
    return new UdpLink(parseUdpUrl(url, 'link'), settings)
  },
} as const satisfies Driver

export const udpServer = {
  schemes: UDP_SCHEMES,
  async serve(url: string, bank: DocumentBank): Promise<DeviceServer> {
    return serveUdp(parseUdpUrl(url, 'device'), bank)
  },
} as const satisfies DocumentServerDriver
