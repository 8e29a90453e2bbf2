/** Modbus over TCP, RTU and ASCII, as client and as device. */

import type {
  AddressScheme,
  Driver,
  DeviceServer,
  LinkSettings,
  RegisterBank,
  ServerDriver,
  ServerSettings,
} from '../../src/model/driver.ts'
import { dialSerial } from '../../src/wire/serial-port.ts'
import { dialTcp } from '../../src/wire/tcp.ts'
import { asciiFraming } from './ascii-framing.ts'
import type { Framing } from './framing.ts'
import { ModbusLink } from './link.ts'
import { rtuFraming } from './rtu-framing.ts'
import { serveModbus } from './server.ts'
import { tcpFraming } from './tcp-framing.ts'
import { lineTiming } from './timing.ts'
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

/** The wires only: one host and port, or one serial port, whatever the framing. */
function place(url: string): string {
  const address = parseModbusUrl(url, null)
  return 'host' in address ? `${address.host.toLowerCase()}:${address.port}` : address.path
}

const COMMON = { speaks: 'modbus', portOfMapping: false, path: false, sharing: 'units', login: false, place } as const
const LINE = { ...COMMON, at: 'serial port', port: null, settings: ['baud', 'format'], format: '8N1' } as const
const GATEWAY = { ...COMMON, at: 'host', port: 502, settings: ['baud', 'format'], format: '8N1' } as const
const ADDRESSES: readonly AddressScheme[] = [
  { ...GATEWAY, name: 'tcp', example: 'tcp://HOST:502', settings: [], format: null },
  { ...GATEWAY, name: 'rtu+tcp', example: 'rtu+tcp://HOST:502' },
  { ...GATEWAY, name: 'ascii+tcp', example: 'ascii+tcp://HOST:502', format: '7E1' },
  { ...LINE, name: 'rtu', example: 'rtu:/dev/ttyUSB0?baud=9600&format=8N1' },
  { ...LINE, name: 'ascii', example: 'ascii:/dev/ttyUSB0?baud=9600&format=7E1', format: '7E1' },
]

export const modbusDriver = {
  schemes: MODBUS_SCHEMES,
  addresses: ADDRESSES,
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
