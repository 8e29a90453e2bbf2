/** Times on a serial line (Modbus over serial line V1.02, 2.5.1.1), in milliseconds. */

import type { SerialLine } from '../../src/wire/serial-line.ts'

export interface LineTiming {
  /** One character with start, parity and stop bits; 0 when the speed is not known. */
  readonly characterMs: number
  /** t3.5: silence that separates frames. */
  readonly silenceMs: number
  /** Silence after which an unfinished frame is given up. USB adapters deliver in parts up to 16 ms apart. */
  readonly resyncMs: number
}

/** Above this speed the standard fixes t3.5 at 1.75 ms, so that timers can keep up. */
const FIXED_ABOVE_BAUD = 19_200
const FIXED_SILENCE_MS = 1.75
/** For a gateway whose line is not known: it keeps the silence itself, this only separates our own frames. */
const UNKNOWN_LINE: LineTiming = { characterMs: 0, silenceMs: 2, resyncMs: 40 }
const ADAPTER_LATENCY_MS = 20
/** Timers are late by up to a millisecond and bytes reach us later than they were on the line: so much of the silence has passed already. */
export const TIMER_SLACK_MS = 0.75
/** An ASCII frame may pause for up to a second between characters (2.5.2.1). */
const ASCII_RESYNC_MS = 1000

export function bitsPerCharacter(line: SerialLine): number {
  return 1 + line.dataBits + (line.parity === 'none' ? 0 : 1) + line.stopBits
}

export function lineTiming(line: SerialLine | null, ascii: boolean): LineTiming {
  if (line === null) return ascii ? { ...UNKNOWN_LINE, resyncMs: ASCII_RESYNC_MS } : UNKNOWN_LINE
  const characterMs = (bitsPerCharacter(line) * 1000) / line.baud
  const silenceMs = line.baud > FIXED_ABOVE_BAUD ? FIXED_SILENCE_MS : 3.5 * characterMs
  return { characterMs, silenceMs, resyncMs: ascii ? ASCII_RESYNC_MS : silenceMs + ADAPTER_LATENCY_MS }
}
