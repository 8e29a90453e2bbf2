/** What happens on one open wire, from its opening to its end. */

import type { Clock } from '../../src/model/clock.ts'
import type { PatientWire } from '../../src/wire/wire.ts'
import type { Decoder } from './decoder.ts'

export interface Reception {
  readonly bytes: (chunk: Buffer) => void
  /** Works until the wire should be opened anew; says why. Rejects with the reason when `signal` aborts. */
  readonly run: (wire: PatientWire, signal: AbortSignal) => Promise<string>
}

/** Nobody sends telegrams as rarely as that; a gateway that lost power does not say that it is gone. */
const SILENCE_LIMIT_MS = 120_000

/**
 * Listens to a meter that speaks by itself.
 * @param strip bit 7 is a parity bit: the meter speaks 7E1 and the adapter is set to 8N1
 * @param network a connection that can die unnoticed
 */
export function listening(decoder: Decoder, clock: Clock, strip: boolean, network: boolean): Reception {
  let heardAt = 0
  return {
    bytes: (chunk) => {
      heardAt = clock.monotonic()
      decoder.push(strip ? withoutParity(chunk) : chunk)
    },
    run: async (_wire, signal) => {
      decoder.reset()
      heardAt = clock.monotonic()
      for (;;) {
        await clock.sleep(Math.max(1, Math.ceil(heardAt + SILENCE_LIMIT_MS - clock.monotonic())), signal)
        if (network && clock.monotonic() - heardAt >= SILENCE_LIMIT_MS) return `silent for ${SILENCE_LIMIT_MS / 1000} s`
        if (!network) heardAt = clock.monotonic()
      }
    },
  }
}

export function withoutParity(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte & 0x7f)
}
