/** Meters that speak in telegrams over one stream of bytes: DSMR P1, SML and IEC 62056-21, as listener and as meter. */

import type {
  AddressScheme,
  DeviceServer,
  DocumentBank,
  DocumentServerDriver,
  DocumentServerSettings,
  Driver,
  LinkSettings,
} from '../../src/model/driver.ts'
import type { ListeningLink } from '../../src/wire/listening-link.ts'
import { dialSerial } from '../../src/wire/serial-port.ts'
import { dialTcp } from '../../src/wire/tcp.ts'
import type { Decoder, TelegramEvents } from './decoder.ts'
import { dsmrDecoder } from './dsmr.ts'
import { telegramLink } from './link.ts'
import { asking } from './readout.ts'
import { listening } from './reception.ts'
import { serveTelegrams } from './server.ts'
import { smartyDecoder } from './smarty.ts'
import { smlDecoder } from './sml-framing.ts'
import { DEFAULT_LINES, OPTIONS, parseTelegramUrl, TELEGRAM_SCHEMES, type TelegramAddress } from './url.ts'

const NETWORK_BACK_OFF = { firstMs: 250, limitMs: 10_000 }
/** Short, so that an adapter that is plugged in again works within 5 s. */
const SERIAL_BACK_OFF = { firstMs: 250, limitMs: 3000 }
/** Which age is too old the mapping says (`max_age`); what is older than this comes from a meter that has fallen silent. */
const KEEP_MS = 15 * 60_000

const COMMON = {
  port: null,
  portOfMapping: true,
  path: false,
  sharing: 'one',
  login: false,
  place: (url: string): string => {
    const { place } = parseTelegramUrl(url, null)
    return 'host' in place ? `${place.host.toLowerCase()}:${place.port}` : place.path
  },
} as const
const ADDRESSES: readonly AddressScheme[] = (['dsmr', 'sml', 'iec62056'] as const).flatMap((name) => {
  const common = { ...COMMON, speaks: name, settings: OPTIONS[name], format: DEFAULT_LINES[name].format }
  return [
    { ...common, name, at: 'serial port', example: `${name}:/dev/ttyUSB0` },
    { ...common, name: `${name}+tcp`, at: 'host', example: `${name}+tcp://HOST:PORT` },
  ]
})

export const telegramDriver = {
  schemes: TELEGRAM_SCHEMES,
  addresses: ADDRESSES,
  open(url: string, settings: LinkSettings): ListeningLink {
    const address = parseTelegramUrl(url, settings.serial)
    const { place, line, readout, shown } = address
    const network = 'host' in place
    const asks = isAsked(address)
    return telegramLink({
      url: shown,
      dial: network ? dialTcp(place.host, place.port) : dialSerial(place.path, line),
      backOff: network ? NETWORK_BACK_OFF : SERIAL_BACK_OFF,
      keepMs: asks ? 2 * readout.everyMs + KEEP_MS : KEEP_MS,
      settings,
      reception: (events, record) => {
        const { clock } = settings
        if (asks) return asking(line, readout, events, record, clock)
        const text = address.format !== 'sml' && address.key === null
        return listening(decoderOf(address, events), clock, text, network)
      },
    })
  },
} as const satisfies Driver

export const telegramServer = {
  schemes: TELEGRAM_SCHEMES,
  async serve(url: string, bank: DocumentBank, settings: DocumentServerSettings): Promise<DeviceServer> {
    return serveTelegrams(parseTelegramUrl(url, settings.serial), bank, settings)
  },
} as const satisfies DocumentServerDriver

function isAsked({ format, readout }: TelegramAddress): boolean {
  return format === 'iec62056' && readout.mode !== 'D'
}

function decoderOf({ format, key }: TelegramAddress, events: TelegramEvents): Decoder {
  if (format === 'sml') return smlDecoder(events)
  return key === null ? dsmrDecoder(events) : smartyDecoder(key, events)
}
