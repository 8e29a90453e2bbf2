/** Time on a serial wire (Modbus over serial line 2.5.1): 11 bits per character, frames apart by 3.5 characters. */
const BITS = 11
/** Request: unit, function, address, count, checksum. Answer without its registers: unit, function, length, checksum. */
const FRAME_CHARACTERS = 8 + 5
const SILENCE_CHARACTERS = 3.5
/** Above 19,200 baud the silence does not get shorter any more. */
const SILENCE_MS = 1.75
const LAST_SCALED_BAUD = 19_200

function characterMs(baud: number): number {
  return (BITS * 1000) / baud
}

/** What one more register adds to an answer. */
export function registerMs(baud: number): number {
  return 2 * characterMs(baud)
}

/** A read of `registers` with its answer and the silences after both; without the time that the device takes. */
export function wireMs(registers: number, baud: number): number {
  const silenceMs = baud > LAST_SCALED_BAUD ? SILENCE_MS : SILENCE_CHARACTERS * characterMs(baud)
  return FRAME_CHARACTERS * characterMs(baud) + registers * registerMs(baud) + 2 * silenceMs
}
