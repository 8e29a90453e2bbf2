import { BridgeError, isBridgeError } from '../../model/errors.ts'
import type { MappedDevice } from './mapped-device.ts'
import { LateDevice } from './late-device.ts'
import type { Mapping } from '../mapping.ts'
import { bindSunSpec, chainOf } from './sunspec.ts'
import type { SunSpecChain } from './sunspec.ts'

/**
 * A device whose registers are found by SunSpec at every connect: firmware moves them. Throws DEVICE_NOT_RECOGNISED at connect when there
 * is no SunSpec marker or `detect` names a model that the device does not have.
 */
export function sunSpecDevice(file: Mapping, make: (mapping: Mapping) => MappedDevice): MappedDevice {
  const search = make({
    ...file,
    points: new Map(),
    signals: new Map(),
    detect: [],
    require: [],
    state: null,
    error: null,
  })
  let known: { readonly chain: string; readonly device: MappedDevice } | null = null
  return new LateDevice(file, make(file), async (signal) => {
    const chain = await findChain(file, search, signal)
    const { mapping, missing } = bindSunSpec(file, chain)
    if (missing.length > 0)
      throw new BridgeError(
        'DEVICE_NOT_RECOGNISED',
        `this is not a ${file.device}: it has no SunSpec point ${missing.join(', ')}`,
      )
    // The same device as before goes on with what it knows.
    const text = JSON.stringify(chain)
    if (known?.chain !== text) known = { chain: text, device: make(mapping) }
    const broken = chain.broken === null ? [] : [`the list of SunSpec models is cut short: ${chain.broken}`]
    return { device: known.device, strange: null, warnings: broken }
  })
}

/** Nobody answers behind the gateway: as good as a time-out. */
const GATEWAY_FAULTS: readonly unknown[] = [10, 11]

async function findChain(file: Mapping, device: MappedDevice, signal: AbortSignal): Promise<SunSpecChain> {
  const bases = file.transport.sunspec ?? []
  const chain = await chainOf(bases, (address, count) =>
    device.readHolding(address, count, signal).catch((error: unknown) => {
      // Some answer a failure where no register is.
      if (isBridgeError(error, 'DEVICE_EXCEPTION') && !GATEWAY_FAULTS.includes(error.details['exceptionCode']))
        return null
      throw error
    }),
  )
  if (chain !== null) return chain
  throw new BridgeError(
    'DEVICE_NOT_RECOGNISED',
    `this is not a ${file.device}: no SunSpec marker at ${bases.join(', ')}`,
  )
}
