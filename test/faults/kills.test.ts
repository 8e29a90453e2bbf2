/**
 * F47 on the whole bridge: killed at random moments, while it starts and while it works, with cars that come and go. The ledger alone is
 * killed far more often in ledger/kills.test.ts.
 */
import { env } from 'node:process'
import { expect, test } from 'vitest'
import { seeded } from '../ledger/kill-run.ts'
import type { RecordedTransaction } from '../peers/scripted-csms.ts'
import { liveSite, pause, until } from './live-site.ts'
import { note } from './note.ts'

const KILLS = Number(env['AMPBRIDGE_SITE_KILLS'] ?? 300)
const HOUSE = [{ id: 'house', limit: 63, meter: 'grid', failSafe: 24 }]
const FOUR = ['CP-1', 'CP-2', 'CP-3', 'CP-4'].map((id) => ({ id, circuit: 'house' }))

/** A message that came twice with the same words is the same message (its answer was lost with the process). */
function distinct(calls: RecordedTransaction['stops']): number {
  return new Set(calls.map(({ payload }) => JSON.stringify(payload))).size
}

test('F47: the bridge is killed at random moments: every transaction has one start and one end, no fuse notices', async (context) => {
  const seed = Date.now() % 1_000_000
  const random = seeded(seed)
  const { world, csms, start } = await liveSite(HOUSE, FOUR, { MeterValueSampleInterval: 2 })
  world.building.set('house', 15)
  const plugged = new Set<string>()
  const starts: number[] = []
  let killedWhileStarting = 0
  for (let kill = 0; kill < KILLS; kill += 1) {
    for (const { id } of FOUR) {
      if (random() < 0.7) continue
      if (plugged.delete(id)) world.box(id).unplug()
      else {
        plugged.add(id)
        world.box(id).plug({ maxAmps: 32 })
      }
    }
    if (random() < 0.2) {
      // somewhere in its first second
      const bridge = await start({ killAfterMs: random() * 1000 }).catch(() => null)
      if (bridge === null) killedWhileStarting += 1
      await bridge?.ended
      continue
    }
    const bridge = await start()
    starts.push(bridge.startMs)
    await pause(random() * 4000)
    bridge.kill('SIGKILL')
    await bridge.ended
  }
  for (const { id } of FOUR) world.box(id).unplug()
  const last = await start()
  await until(
    'all is told',
    async () => {
      const { stations, upstreams } = await last.snapshot()
      return (
        stations.every(({ online, evses }) => online && evses.every(({ transaction }) => transaction === null)) &&
        upstreams.every(({ backlog, state }) => backlog === 0 && state === 'accepted') &&
        csms.transactions.every(({ stops }) => stops.length > 0)
      )
    },
    120_000,
  )

  const { transactions } = csms
  expect(transactions.length).toBeGreaterThan(0)
  for (const one of transactions) {
    expect({ seed, one: one.transactionId, starts: distinct(one.starts), stops: distinct(one.stops) }).toEqual({
      seed,
      one: one.transactionId,
      starts: 1,
      stops: 1,
    })
    const stop = one.stops[0]?.payload
    expect(Number(stop?.['meterStop'])).toBeGreaterThanOrEqual(one.meterStart)
    const stamps = one.meterValues.map(({ payload }) => {
      const [first] = payload['meterValue'] as readonly { readonly timestamp: string }[]
      return first?.timestamp ?? ''
    })
    expect(stamps).toEqual(stamps.toSorted())
  }
  // one after the other on each connector
  for (const { id } of FOUR) {
    const own = transactions.filter(({ stationId }) => stationId === id)
    for (const [index, next] of own.slice(1).entries()) {
      const before = own[index]?.stops[0]?.payload['timestamp']
      expect(String(next.starts[0]?.payload['timestamp']) >= String(before)).toBe(true)
    }
  }
  const median = starts.toSorted((a, b) => a - b)[Math.floor(starts.length / 2)] ?? 0
  note(
    context,
    `${KILLS} kills, ${killedWhileStarting} of them while starting; seed ${seed}; ${transactions.length} transactions, each started and stopped once; ` +
      `running again ${(median / 1000).toFixed(1)} s (median) after a start; longest overload ${(world.longestOverloadMs / 1000).toFixed(1)} s`,
  )
  expect(world.longestOverloadMs).toBeLessThanOrEqual(3000)
  last.kill('SIGTERM')
  expect((await last.ended).code).toBe(0)
})
