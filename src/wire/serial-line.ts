/** How a serial line is set: speed, bits, parity. */

import type { Bad } from './address.ts'

export interface SerialLine {
  readonly baud: number
  readonly dataBits: 7 | 8
  readonly parity: 'none' | 'even' | 'odd'
  readonly stopBits: 1 | 2
}

const PARITIES: Readonly<Record<string, SerialLine['parity']>> = { N: 'none', E: 'even', O: 'odd' }

/** Reads `9600` and `8N1`. Throws LINK_BAD_URL. */
export function parseSerialLine(baud: string, format: string, bad: Bad): SerialLine {
  const speed = Number(baud)
  if (!/^\d{3,7}$/.test(baud) || speed < 300 || speed > 4_000_000) throw bad(`baud ${baud} is not 300 to 4000000`)
  const [, bits, letter, stop] = /^([78])([NEO])([12])$/.exec(format.toUpperCase()) ?? []
  const parity = letter === undefined ? undefined : PARITIES[letter]
  if (parity === undefined) throw bad(`format ${format} is not like 8N1, 8E1 or 7E1`)
  return { baud: speed, dataBits: bits === '7' ? 7 : 8, parity, stopBits: stop === '2' ? 2 : 1 }
}

/** `8N1` and the like. */
export function formatName({ dataBits, parity, stopBits }: SerialLine): string {
  return `${dataBits}${parity === 'none' ? 'N' : parity === 'even' ? 'E' : 'O'}${stopBits}`
}
