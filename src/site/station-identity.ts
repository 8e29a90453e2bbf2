/** Who a station says it is: what its site file says wins over what its device tells. Pure. */
import type { StationConfig } from '../config/site-config.ts'
import type { DeviceIdentity } from '../model/device.ts'
import type { StationIdentity } from '../model/station.ts'

/** @param devices of its chargers; a group has no device whose word could stand for all */
export function identityOf({ identity: said, isGroup }: StationConfig, devices: readonly Told[]): StationIdentity {
  const [device] = devices
  const connectors = devices.reduce((sum, one) => sum + one.connectors, 0)
  const told =
    isGroup || device === undefined
      ? { vendor: 'ampbridge', model: `${connectors} ${connectors === 1 ? 'connector' : 'connectors'}` }
      : device.identity
  return {
    vendor: said.vendor ?? told.vendor,
    model: said.model ?? told.model,
    serial: said.serial ?? ('serial' in told ? told.serial : null),
    firmware: said.firmware ?? ('firmware' in told ? told.firmware : null),
    meterType: said.meterType,
    meterSerial: said.meterSerial,
  }
}

interface Told {
  readonly connectors: number
  readonly identity: DeviceIdentity
}
