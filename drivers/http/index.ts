/** Devices that answer over HTTP: requests of a mapping go out, bodies come back. */

import type {
  AddressScheme,
  DeviceServer,
  DocumentBank,
  DocumentServerDriver,
  Driver,
  LinkSettings,
} from '../../src/model/driver.ts'
import { HttpLink } from './link.ts'
import { serveHttp } from './server.ts'
import { HTTP_SCHEMES, parseHttpUrl } from './url.ts'

const COMMON = {
  speaks: 'http',
  at: 'host',
  path: true,
  sharing: 'many',
  settings: ['insecure', 'login'],
  format: null,
  login: true,
  /** With the prefix: behind one host there may be several devices. */
  place: (url: string): string => {
    const { host, port, prefix } = parseHttpUrl(url)
    return `${host}:${port}${prefix}`
  },
} as const
const ADDRESSES: readonly AddressScheme[] = [
  { ...COMMON, name: 'http', port: 80, portOfMapping: true, example: 'http://HOST' },
  { ...COMMON, name: 'https', port: 443, portOfMapping: false, example: 'https://HOST' },
]

export const httpDriver = {
  schemes: HTTP_SCHEMES,
  addresses: ADDRESSES,
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
