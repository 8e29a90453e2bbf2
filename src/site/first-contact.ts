/** Waits until devices have been met, but never for long: a dead one holds nobody up. */
import type { Clock } from '../model/clock.ts'

/** Resolves when each has been tried once, when `withinMs` have passed, or when `stop` aborts. Never rejects. */
export async function metWithin(
  actors: readonly { readonly firstContact: Promise<void> }[],
  withinMs: number,
  clock: Clock,
  stop: AbortSignal | null = null,
): Promise<void> {
  const met = new AbortController()
  const enough = stop === null ? met.signal : AbortSignal.any([stop, met.signal])
  const contacts = Promise.all(actors.map(({ firstContact }) => firstContact))
  await Promise.race([contacts, clock.sleep(withinMs, enough).catch(() => {})])
  met.abort()
}
