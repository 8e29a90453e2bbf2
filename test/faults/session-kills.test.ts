/** F47 with whole stations: ledger, outbox and OCPP over a WebSocket, as test/ocpp/station/session-kills.test.ts does it quickly. */
import { env } from 'node:process'
import { expect, test } from 'vitest'
import { seeded } from '../ledger/kill-run.ts'
import { temporaryFolder } from '../ledger/records.ts'
import { sessionKills } from '../ocpp/station/session-kills.ts'
import { note } from './note.ts'

const KILLS = Number(env['AMPBRIDGE_KILLS'] ?? 10_000)
const LANES = 2
/** A folder is used for as many lives, then a new one begins. */
const KILLS_PER_FOLDER = 100

test(`F47: ${KILLS} kills amid random sessions, the CSMS away half of the time: each transaction once, in order, with its true energy`, async (context) => {
  const seed = Date.now() % 1_000_000
  const sum = { kills: 0, transactions: 0, acknowledged: 0, repeated: 0, killedWhileOpening: 0 }
  const lane = async (number: number): Promise<void> => {
    for (let round = 0; sum.kills < KILLS; round += 1) {
      const kills = Math.min(KILLS_PER_FOLDER, KILLS - sum.kills)
      sum.kills += kills
      const result = await sessionKills(temporaryFolder(), kills, seeded(seed + number * 10_000 + round))
      expect({ seed, number, round, faults: result.faults }).toEqual({ seed, number, round, faults: [] })
      sum.transactions += result.transactions
      sum.acknowledged += result.acknowledged
      sum.repeated += result.repeated
      sum.killedWhileOpening += result.killedWhileOpening
    }
  }
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)))
  note(
    context,
    `${sum.kills} kills, ${sum.killedWhileOpening} of them while opening; seed ${seed}; ${sum.transactions} transactions, each started and stopped once; ` +
      `${sum.repeated} messages repeated as they were`,
  )
  expect(sum.acknowledged).toBeGreaterThan(KILLS / 4)
})
