/** Connection addresses of SMA meters: the group or address that they send to, and which of them is meant. */

import { isIPv4 } from 'node:net'

import { badAddress, parsePort, refuseUnknown, takeApart } from '../../src/wire/address.ts'

export interface SpeedwireAddress {
  /** A multicast group, or this machine's own address for meters that send to it alone. */
  readonly host: string
  readonly multicast: boolean
  readonly port: number
  /** Serial number of the meter; null: the only one there is. */
  readonly serial: number | null
  /** Own address of the network that the meter is in; null: as the system routes. */
  readonly interfaceAddress: string | null
}

/** SMA, "SMA Energy Meter protocol", 2. */
const GROUP = '239.12.255.254'
const PORT = '9522'
const OPTIONS = ['serial', 'interface']

/** Reads `speedwire://239.12.255.254:9522?serial=1901234567&interface=192.168.1.2`; all after the scheme may be left out. Throws LINK_BAD_URL. */
export function parseSpeedwireUrl(url: string): SpeedwireAddress {
  const bad = badAddress(url)
  const { place, options } = takeApart(url, ['speedwire'], bad)
  const [, host = GROUP, digits = PORT] = /^(?:\/\/)?([\d.]+)?(?::(\d{1,5}))?\/?$/.exec(place) ?? ['', '']
  if (!isIPv4(host)) throw bad('not //ADDRESS:PORT with an IPv4 address')
  const port = parsePort(digits, bad)
  if (port === 0) throw bad('port 0 is not 1 to 65535')
  refuseUnknown(options, OPTIONS, bad)
  const serial = options.get('serial')
  if (serial !== null && (!/^\d{1,10}$/.test(serial) || Number(serial) > 0xff_ff_ff_ff)) {
    throw bad(`serial ${serial} is not a serial number of up to 10 digits`)
  }
  const interfaceAddress = options.get('interface')
  if (interfaceAddress !== null && !isIPv4(interfaceAddress)) {
    throw bad(`interface ${interfaceAddress} is not an IPv4 address of this machine`)
  }
  const first = Number(host.split('.')[0])
  return {
    host,
    multicast: first >= 224 && first <= 239,
    port,
    serial: serial === null ? null : Number(serial),
    interfaceAddress,
  }
}
