/** Devices that answer text datagrams with text datagrams. */

import type { DeviceServer, DocumentBank, DocumentServerDriver, Driver, LinkSettings } from '../../src/model/driver.ts'
import { UdpLink } from './link.ts'
import { serveUdp } from './server.ts'
import { parseUdpUrl, UDP_SCHEMES } from './url.ts'

export const udpDriver = {
  schemes: UDP_SCHEMES,
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
