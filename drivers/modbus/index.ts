/** Modbus over TCP, RTU and ASCII, as client and as device. */

import type {
  Driver,
  DeviceServer,
  LinkSettings,
  RegisterBank,
  ServerDriver,
  ServerSettings,
} from '../../src/model/driver.ts'
import { asciiFraming } from './ascii-framing.ts'
import type { Framing } from './framing.ts'
import { ModbusLink } from './link.ts'
import { rtuFraming } from './rtu-framing.ts'
import { serveModbus } from './server.ts'
import { tcpFraming } from './tcp-framing.ts'
import { lineTiming } from './timing.ts'
import { dialSerial } from './transport-serial.ts'
import { dialTcp } from './transport-tcp.ts'
import { MODBUS_SCHEMES, parseModbusUrl, type ModbusScheme } from './url.ts'

export type { ModbusLink } from './link.ts'

const FRAMINGS: Readonly<Record<ModbusScheme, Framing>> = {
  tcp: tcpFraming,
  'rtu+tcp': rtuFraming,
  'ascii+tcp': asciiFraming,
  rtu: rtuFraming,
  ascii: asciiFraming,
}
const NETWORK_BACK_OFF = { firstMs: 250, limitMs: 10_000 }
/** Short, so that an adapter that is plugged in again works within 5 s. */
const SERIAL_BACK_OFF = { firstMs: 250, limitMs: 3000 }

export const modbusDriver = {
  schemes: MODBUS_SCHEMES,
  open(url: string, settings: LinkSettings): ModbusLink {
    const address = parseModbusUrl(url, settings.serial)
    const network = 'host' in address
    return new ModbusLink({
      url,
      framing: FRAMINGS[address.scheme],
      dial: network ? dialTcp(address.host, address.port) : dialSerial(address.path, address.line),
      backOff: network ? NETWORK_BACK_OFF : SERIAL_BACK_OFF,
      network,
      line: lineTiming(address.line, address.scheme.startsWith('ascii')),
      settings,
    })
  },
} as const satisfies Driver

export const modbusServer = {
  schemes: MODBUS_SCHEMES,
  async listen(url: string, units: ReadonlyMap<number, RegisterBank>, settings: ServerSettings): Promise<DeviceServer> {
    const address = parseModbusUrl(url, settings.serial)
    return serveModbus(address, FRAMINGS[address.scheme], units, settings, url)
  },
} as const satisfies ServerDriver
