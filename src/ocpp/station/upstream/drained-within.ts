/** Lets what is stored reach the CSMS before the station shows itself anew; never for long. */
import type { Clock } from '../../../model/clock.ts'
import type { Upstream } from './upstream.ts'

/** @param signal the station closes: nothing to wait for then */
export async function drainedWithin(upstream: Upstream, ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const enough = new AbortController()
  const stop = AbortSignal.any([enough.signal, signal])
  const longEnough = clock.sleep(ms, stop).catch(() => {}) // closing
  // When the ledger cannot tell, the time alone decides.
  await Promise.race([upstream.drained(stop).catch(() => longEnough), longEnough])
  enough.abort()
}
