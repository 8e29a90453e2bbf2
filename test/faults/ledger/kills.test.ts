import { env } from 'node:process'
import { expect, test } from 'vitest'
import { killRun, seeded } from '../../ledger/kill-run.ts'
import { temporaryFolder } from '../../ledger/records.ts'

const KILLS = Number(env['AMPBRIDGE_KILLS'] ?? 10_000)
const LANES = 4
/** A folder is used for as many lives, then a new one begins. */
const KILLS_PER_FOLDER = 250

test(
  `${KILLS} kills at random moments (F47): nothing acknowledged is lost, nothing is sent twice as new, order is kept`,
  async () => {
    const seed = Date.now() % 1_000_000
    let left = KILLS
    let acknowledged = 0
    const lane = async (number: number): Promise<void> => {
      for (let round = 0; left > 0; round += 1) {
        const kills = Math.min(KILLS_PER_FOLDER, left)
        left -= kills
        const result = await killRun(temporaryFolder(), kills, seeded(seed + number * 1000 + round))
        expect({ seed, number, round, faults: result.faults }).toEqual({ seed, number, round, faults: [] })
        acknowledged += result.acknowledged
      }
    }
    await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)))
    expect(acknowledged).toBeGreaterThan(KILLS)
  },
  4 * 3_600_000,
)
