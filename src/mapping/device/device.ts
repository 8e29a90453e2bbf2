import type { Link } from '../../model/driver.ts'
import { BridgeError } from '../../model/errors.ts'
import { registerCells } from './cells.ts'
import type { Cells } from './cells.ts'
import { DocumentCells } from './document-cells.ts'
import type { Mapping } from '../mapping.ts'
import { textsOf } from '../values/message.ts'
import { asInstalled } from '../language/options.ts'
import { sunSpecDevice } from './sunspec-device.ts'
import { variantDevice } from './variant-device.ts'
import type { DeviceOptions, MappedDevice } from './mapped-device.ts'
import { MappingDevice } from './mapping-device.ts'

/**
 * Joins a mapping with a link. Nothing is sent before the first call. Throws CONFIG_INVALID for wrong options or an unknown meter,
 * LINK_BAD_URL for a link of another kind.
 */
export function createDevice(mapping: Mapping, link: Link, options: DeviceOptions): MappedDevice {
  const chosen = asInstalled(mapping, options)
  const make = (one: Mapping): MappedDevice => new MappingDevice(one, cellsOf(one, link, options), link.url, options)
  const makeFound = (one: Mapping): MappedDevice =>
    one.transport.sunspec === null ? make(one) : sunSpecDevice(one, make)
  return chosen.variants.length === 0 ? makeFound(chosen) : variantDevice(chosen, makeFound)
}

/** Throws LINK_BAD_URL when the link cannot carry what the file describes. */
function cellsOf(mapping: Mapping, link: Link, options: DeviceOptions): Cells {
  if (mapping.documents === null) {
    if (link.kind === 'registers') return registerCells(link, options.clock)
    throw new BridgeError('LINK_BAD_URL', `${mapping.device} speaks Modbus; ${link.url} is no Modbus address`)
  }
  if (link.kind === 'documents') return new DocumentCells(mapping.documents, link, options.clock, textsOf(mapping))
  throw new BridgeError(
    'LINK_BAD_URL',
    `${mapping.device} speaks ${mapping.documents.family}; ${link.url} is a Modbus address`,
  )
}
