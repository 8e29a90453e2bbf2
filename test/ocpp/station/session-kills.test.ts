import { expect, test } from 'vitest'
import { seeded } from '../../ledger/kill-run.ts'
import { temporaryFolder } from '../../ledger/records.ts'
import { sessionKills } from './session-kills.ts'

const LANES = 2
const KILLS_PER_LANE = 80

test('F47: 160 kills amid random sessions, the CSMS away half of the time: each transaction is started and stopped once, in order, with its true energy', async () => {
  const lanes = Array.from({ length: LANES }, (_, lane) =>
    sessionKills(temporaryFolder(), KILLS_PER_LANE, seeded(lane + 1)),
  )
  for (const result of await Promise.all(lanes)) {
    expect(result.faults).toEqual([])
    // the run is worth something only when sessions went on, and were cut
    expect(result.transactions).toBeGreaterThan(KILLS_PER_LANE / 4)
    expect(result.acknowledged).toBeGreaterThan(KILLS_PER_LANE / 4)
  }
}, 240_000)
