import { expect, test } from 'vitest'
import { metWithin } from '../../src/site/first-contact.ts'
import { ManualClock } from '../peers/manual-clock.ts'

const MET = { firstContact: Promise.resolve() }
const DEAD = { firstContact: new Promise<void>(() => undefined) }

/** When the wait ended, ms; null: it goes on. */
async function waited(actors: (typeof MET)[], stop: AbortSignal | null, ms: number): Promise<number | null> {
  const clock = new ManualClock()
  let endedAt: number | null = null
  void metWithin(actors, 3000, clock, stop).then(() => (endedAt = clock.monotonic()))
  await clock.advance(ms)
  if (endedAt !== null) expect(clock.sleeping).toBe(0)
  return endedAt
}

test('a dead device holds nobody up for longer than was said', async () => {
  expect(await waited([MET, DEAD], null, 2999)).toBeNull()
  expect(await waited([MET, DEAD], null, 3000)).toBe(3000)
})

test('it ends at once when all are met, when there is none and when all stops', async () => {
  expect(await waited([MET, MET], null, 0)).toBe(0)
  expect(await waited([], null, 0)).toBe(0)
  expect(await waited([DEAD], AbortSignal.abort(), 0)).toBe(0)
})
