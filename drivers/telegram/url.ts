/** Connection addresses of the three formats, over a serial port or a socket. */

import { withoutSecrets } from '../../src/model/address.ts'
import { badAddress, parseHostAndPort, parsePortPath, refuseUnknown, takeApart } from '../../src/wire/address.ts'
import { parseSerialLine, type SerialLine } from '../../src/wire/serial-line.ts'

export const TELEGRAM_SCHEMES = ['dsmr', 'dsmr+tcp', 'sml', 'sml+tcp', 'iec62056', 'iec62056+tcp'] as const
export type TelegramScheme = (typeof TELEGRAM_SCHEMES)[number]
export type TelegramFormat = 'dsmr' | 'sml' | 'iec62056'

export interface TelegramAddress {
  readonly format: TelegramFormat
  readonly place: { readonly path: string } | { readonly host: string; readonly port: number }
  /** Of the serial port, or of the line behind a gateway. */
  readonly line: SerialLine
  /** Key of an encrypted P1 port. */
  readonly key: Buffer | null
  readonly readout: ReadoutOptions
  /** The address without its key: this one may be shown. */
  readonly shown: string
}

/** Of an IEC 62056-21 meter that is asked. */
export interface ReadoutOptions {
  /** C: asked, also where the meter answers as A or B does. D: it speaks by itself. */
  readonly mode: 'A' | 'C' | 'D'
  /** Time from one read-out to the next. */
  readonly everyMs: number
  /** Device address in the sign-on; empty: whoever hears it. */
  readonly device: string
}

/** Speeds as the field has them: P1 of DSMR 4 and 5; optical heads; IEC 62056-21, 3.2 and 6.3.4. */
export const DEFAULT_LINES: Readonly<Record<TelegramFormat, { readonly baud: string; readonly format: string }>> = {
  dsmr: { baud: '115200', format: '8N1' },
  sml: { baud: '9600', format: '8N1' },
  iec62056: { baud: '300', format: '7E1' },
}
const PUSHED_IEC_BAUD = '2400'
export const OPTIONS: Readonly<Record<TelegramFormat, readonly string[]>> = {
  dsmr: ['baud', 'format', 'key'],
  sml: ['baud', 'format'],
  iec62056: ['baud', 'format', 'every', 'device', 'mode'],
}
const EVERY_S = { default: 60, least: 10, most: 86_400 }

/**
 * Reads `dsmr:/dev/ttyUSB0?baud=115200&format=8N1`, `dsmr+tcp://HOST:PORT?key=HEX`, `sml:`, `sml+tcp:`, `iec62056:`, `iec62056+tcp:`
 * with `?every=60` (seconds), `device=` and `mode=D`. `serial` wins over the address. Throws LINK_BAD_URL, which never holds a key.
 */
export function parseTelegramUrl(
  url: string,
  serial: { readonly baud: number; readonly format: string } | null,
): TelegramAddress {
  const bad = badAddress(url)
  const { scheme, place, options } = takeApart(url, TELEGRAM_SCHEMES, bad)
  const format = formatOf(scheme)
  refuseUnknown(options, OPTIONS[format], bad)

  const mode = options.get('mode') ?? 'C'
  if (mode !== 'A' && mode !== 'C' && mode !== 'D') throw bad(`mode ${mode} is not A, C or D`)
  const device = options.get('device') ?? ''
  if (!/^[0-9A-Za-z ]{0,32}$/.test(device)) throw bad('a device address is at most 32 letters and digits')
  const every = Number(options.get('every') ?? EVERY_S.default)
  if (!(every >= EVERY_S.least && every <= EVERY_S.most)) {
    throw bad(`every ${options.get('every') ?? ''} is not ${EVERY_S.least} to ${EVERY_S.most} seconds`)
  }
  const defaults = DEFAULT_LINES[format]
  const baud = serial === null ? options.get('baud') : String(serial.baud)
  const line = parseSerialLine(
    baud ?? (mode === 'D' ? PUSHED_IEC_BAUD : defaults.baud),
    (serial === null ? options.get('format') : serial.format) ?? defaults.format,
    bad,
  )
  const key = options.get('key')
  if (key !== null && !/^[0-9A-Fa-f]{32}$/.test(key)) throw bad('the key is not 32 hexadecimal digits')
  return {
    format,
    place: scheme.endsWith('+tcp') ? parseHostAndPort(place, null, bad) : { path: parsePortPath(place, bad) },
    line,
    key: key === null ? null : Buffer.from(key, 'hex'),
    readout: { mode, everyMs: every * 1000, device },
    shown: withoutSecrets(url),
  }
}

function formatOf(scheme: TelegramScheme): TelegramFormat {
  switch (scheme) {
    case 'dsmr':
    case 'dsmr+tcp':
      return 'dsmr'
    case 'sml':
    case 'sml+tcp':
      return 'sml'
    case 'iec62056':
    case 'iec62056+tcp':
      return 'iec62056'
  }
}

/** The address as a server shows it, with the port that the system gave. */
export function withPort(shown: string, port: number): string {
  return shown.replace(/:\d{1,5}(?=\/?(?:\?|$))/, `:${port}`)
}
