/** One wire from dialling to its end, whatever ends it. */

import type { Clock } from '../../src/model/clock.ts'
import { within } from '../../src/wire/waiting.ts'
import type { Dial, PatientWire } from '../../src/wire/wire.ts'
import { watch } from './watch.ts'

const CONNECT_LIMIT_MS = 5000

export interface WireUse {
  readonly bytes: (chunk: Buffer) => void
  readonly opened: () => void
  /** Works until the wire should be opened anew; says why. */
  readonly run: (wire: PatientWire, signal: AbortSignal) => Promise<string>
}

/** Resolves with why the wire ended, or rejects with the reason; it is closed then. */
export async function useWire(
  dial: Dial<PatientWire>,
  clock: Clock,
  life: AbortController,
  { bytes, opened, run }: WireUse,
): Promise<string> {
  const { signal } = life
  const dialled = dial(
    {
      bytes: (chunk) => {
        if (!signal.aborted) bytes(chunk)
      },
      closed: (reason) => life.abort(new Error(reason)),
    },
    signal,
  )
  let wire: PatientWire | null = null
  try {
    wire = await within(clock, CONNECT_LIMIT_MS, signal, dialled)
    if (wire === null) throw new Error(`no connection within ${CONNECT_LIMIT_MS} ms`)
    opened()
    return await Promise.race([run(wire, signal), watch(wire, clock, signal)])
  } finally {
    life.abort(new Error('it ended'))
    if (wire === null) closeLate(dialled)
    else await wire.close()
  }
}

/** A wire that comes when nobody waits for it any more. */
function closeLate(dialled: Promise<PatientWire>): void {
  dialled.then(
    (wire) => wire.close(),
    () => undefined,
  )
}
