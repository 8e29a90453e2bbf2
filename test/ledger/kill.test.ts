import { expect, test } from 'vitest'
import { killRun, seeded } from './kill-run.ts'
import { temporaryFolder } from './records.ts'

const LANES = 4
const KILLS_PER_LANE = 10

test('40 kills at random moments: nothing acknowledged is lost, nothing is sent twice as new, order is kept (F47)', async () => {
  const lanes = Array.from({ length: LANES }, (_, lane) => killRun(temporaryFolder(), KILLS_PER_LANE, seeded(lane + 1)))
  for (const result of await Promise.all(lanes)) {
    expect(result.faults).toEqual([])
    // the run is worth something only when the ledger was at work
    expect(result.acknowledged).toBeGreaterThan(KILLS_PER_LANE / 4)
    expect(result.delivered).toBeGreaterThan(KILLS_PER_LANE / 4)
  }
}, 180_000)
