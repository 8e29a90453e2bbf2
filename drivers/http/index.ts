/** Devices that answer over HTTP: requests of a mapping go out, bodies come back. */

import type { DeviceServer, DocumentBank, DocumentServerDriver, Driver, LinkSettings } from '../../src/model/driver.ts'
import { HttpLink } from './link.ts'
import { serveHttp } from './server.ts'
import { HTTP_SCHEMES, parseHttpUrl } from './url.ts'

export const httpDriver = {
  schemes: HTTP_SCHEMES,
  open(url: string, settings: LinkSettings): HttpLink {
    return new HttpLink(parseHttpUrl(url), settings)
  },
} as const satisfies Driver

/** Without TLS: a simulated device has no certificate. */
export const httpServer = {
  schemes: ['http'],
  async serve(url: string, bank: DocumentBank): Promise<DeviceServer> {
    return serveHttp(parseHttpUrl(url), bank)
  },
} as const satisfies DocumentServerDriver
