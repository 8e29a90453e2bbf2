import type { Clock } from '../../src/model/clock.ts'
import { orAbort } from '../../src/wire/waiting.ts'
import type { PatientWire } from '../../src/wire/wire.ts'

const CHECK_MS = 1000

/** Looks after a wire whose end is not always told; resolves with the reason once it is gone. Rejects when `signal` aborts. */
export async function watch({ check }: PatientWire, clock: Clock, signal: AbortSignal): Promise<string> {
  for (;;) {
    await clock.sleep(CHECK_MS, signal)
    if (check === null) continue
    const reason = await orAbort(
      check().then(
        () => null,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ),
      signal,
    )
    if (reason !== null) return reason
  }
}
