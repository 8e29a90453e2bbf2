/** A limit and the control loop, in a test's own time: it holds with the next tick, and ends when it should. */
import { expect, it } from 'vitest'
import type { SignalConfig } from '../../../src/config/site-config.ts'
import { simulatedSite } from '../simulated-site.ts'

const BOSS: SignalConfig = {
  id: 'boss',
  source: 'dso',
  circuitId: 'house',
  priority: 1,
  expiresMs: null,
  way: { kind: 'api' },
}
const TICK_MS = 1000

async function charging() {
  const circuits = [{ id: 'house', limit: 100 }]
  const site = await simulatedSite(circuits, [{ id: 'A', circuit: 'house' }], {}, { signals: [BOSS] })
  await site.run(5000)
  site.world.box('A').plug({ maxAmps: 32 })
  await site.run(60_000)
  expect(site.world.box('A').drawnAmps).toBe(32)
  return site
}

it('is decided on with the next tick, with the grid operator named', async () => {
  const site = await charging()
  await site.bridge.limits.set('peak', { kW: 10 }, 'a test')
  await site.run(TICK_MS)
  const [station] = site.bridge.snapshot().stations
  expect(station?.evses[0]?.why).toBe('the cars of circuit house may take 10.0 kW by the grid operator')
  await site.run(5000)
  expect(site.world.box('A').drawnAmps * 690).toBeLessThanOrEqual(10_000)
  expect(site.world.box('A').drawnAmps).toBeGreaterThan(6)
})

it('ends when its time is over, whatever is done to the wall clock', async () => {
  const site = await charging()
  await site.bridge.limits.set('peak', { kW: 10, forSeconds: 120 }, 'a test')
  await site.run(10_000)
  site.clock.jumpWall(24 * 3_600_000)
  await site.run(105_000, () => expect(site.bridge.limits.view().limits.length).toBe(1))
  expect(site.world.box('A').drawnAmps * 690).toBeLessThanOrEqual(10_000)
  site.clock.jumpWall(-48 * 3_600_000)
  await site.run(60_000)
  expect(site.bridge.limits.view().limits).toEqual([])
  expect(site.world.box('A').drawnAmps).toBe(32)
})

it('holds over a restart from the first decision on, and is proven as one command', async () => {
  const site = await charging()
  await site.bridge.limits.set('peak', { kW: 10 }, 'a test')
  await site.run(20_000)
  await site.restart()
  await site.run(60_000, () => expect(site.world.box('A').drawnAmps * 690).toBeLessThanOrEqual(10_000))
  const { commands } = await site.bridge.limits.proofs(0, site.clock.now())
  expect(commands).toMatchObject([{ command: { limitId: 'peak' }, exceededMinutes: 0, endedAt: null }])
  expect(commands[0]?.takenUpAt.length).toBe(1)
  expect(commands[0]?.reachedAfterMs).toBeLessThan(10_000)
})
