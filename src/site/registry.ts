/** Which drivers, OCPP versions and mappings there are. The only place that names them; a new one is one line here. */
import { httpDriver, httpServer } from '../../drivers/http/index.ts'
import { modbusDriver, modbusServer } from '../../drivers/modbus/index.ts'
import { mqttDriver, mqttServer } from '../../drivers/mqtt/index.ts'
import { speedwireDriver, speedwireServer } from '../../drivers/speedwire/index.ts'
import { telegramDriver, telegramServer } from '../../drivers/telegram/index.ts'
import { udpDriver, udpServer } from '../../drivers/udp/index.ts'
import { type MappingLibrary, mappingLibrary } from '../mapping/index.ts'
import { withoutSecrets } from '../model/address.ts'
import type { AddressScheme, DocumentServerDriver, Driver, ServerDriver } from '../model/driver.ts'
import { BridgeError } from '../model/errors.ts'
import type { OcppVersion } from '../model/ocpp-version.ts'
import { ocpp16 } from '../ocpp/v16/ocpp16.ts'

const DRIVERS: readonly Driver[] = [modbusDriver, httpDriver, mqttDriver, udpDriver, telegramDriver, speedwireDriver]
const SERVERS: readonly ServerDriver[] = [modbusServer]
const DOCUMENT_SERVERS: readonly DocumentServerDriver[] = [
  httpServer,
  mqttServer,
  udpServer,
  telegramServer,
  speedwireServer,
]
const VERSIONS: readonly OcppVersion[] = [ocpp16]

export interface Registry {
  /** URL schemes that some driver knows. */
  readonly schemes: readonly string[]
  /** What may be written with them. */
  readonly addresses: readonly AddressScheme[]
  readonly versions: readonly OcppVersion[]
  readonly mappings: MappingLibrary
  /** Throws LINK_BAD_URL. */
  driverOf(url: string): Driver
  /** Throws LINK_BAD_URL. */
  serverOf(url: string): ServerDriver
  /** Throws LINK_BAD_URL. */
  documentServerOf(url: string): DocumentServerDriver
  /** Names of the schemes at which a simulated device can be served. */
  readonly servedSchemes: readonly string[]
  /** Throws CONFIG_INVALID. */
  version(id: string): OcppVersion
}

/** @param ownMappings folders whose files win over the shipped ones, e.g. `mappings/` beside the site file */
export function createRegistry(ownMappings: readonly string[] = []): Registry {
  const shipped = new URL('../../mappings/', import.meta.url).pathname
  return {
    schemes: DRIVERS.flatMap(({ schemes }) => schemes),
    addresses: DRIVERS.flatMap(({ addresses }) => addresses),
    servedSchemes: [...SERVERS, ...DOCUMENT_SERVERS].flatMap(({ schemes }) => schemes),
    versions: VERSIONS,
    mappings: mappingLibrary([...ownMappings, shipped]),
    driverOf: (url) => ofScheme(DRIVERS, url),
    serverOf: (url) => ofScheme(SERVERS, url),
    documentServerOf: (url) => ofScheme(DOCUMENT_SERVERS, url),
    version: (id) => {
      const found = VERSIONS.find((version) => version.id === id)
      if (found !== undefined) return found
      throw new BridgeError(
        'CONFIG_INVALID',
        `OCPP ${id} is not known; there is ${VERSIONS.map((v) => v.id).join(', ')}`,
      )
    },
  }
}

function ofScheme<Known extends { readonly schemes: readonly string[] }>(known: readonly Known[], url: string): Known {
  const scheme = url.slice(0, Math.max(0, url.indexOf(':')))
  const found = known.find(({ schemes }) => schemes.includes(scheme))
  if (found !== undefined) return found
  const schemes = known.flatMap((one) => one.schemes).join(', ')
  throw new BridgeError('LINK_BAD_URL', `no driver for "${withoutSecrets(url).slice(0, 100)}"; known are ${schemes}`)
}
