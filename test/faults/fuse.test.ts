/** More random days for the fuses than `npm test` has time for. AMPBRIDGE_DAYS says how many. */
import { env } from 'node:process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { play, randomDay } from '../chain/days.ts'
import { note } from './note.ts'

const DAYS = Number(env['AMPBRIDGE_DAYS'] ?? 300)
const LANES = 4
const MOMENTS = 60
const SPEED = 60

it('no fuse is overloaded in random days', async (context) => {
  const seed = Number(env['AMPBRIDGE_SEED'] ?? Date.now() % 1_000_000)
  const days = fc.sample(randomDay(MOMENTS), { seed, numRuns: DAYS }).entries()
  const lane = async (): Promise<void> => {
    for (const [number, day] of days) {
      const { faults, finallyAmps } = await play(day, SPEED)
      const told = `seed ${seed}, day ${number}: ${JSON.stringify(day)}`
      expect(faults, told).toEqual([])
      expect(finallyAmps, told).toBeGreaterThan(20)
    }
  }
  note(context, `${DAYS} days, seed ${seed}`)
  await Promise.all(Array.from({ length: LANES }, lane))
})
