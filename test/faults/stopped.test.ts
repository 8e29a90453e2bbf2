/** A bridge that stands still: stopped from outside (F48), or busy with itself (F49). */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type LiveSite, liveSite, pause, plugAll, until } from './live-site.ts'
import { note } from './note.ts'

const HOUSE = [{ id: 'house', limit: 63, meter: 'grid', failSafe: 12 }]
const TWO = [
  { id: 'CP-1', circuit: 'house' },
  { id: 'CP-2', circuit: 'house' },
]
/** KEBA: milliamperes of the set-point, and the switch that pauses with 0. */
const SET_POINT = 5004
const ENABLE = 5014
const FAIL_SAFE_SECONDS = 10
const TWO_CYCLES_MS = 2000

async function twoCars(node: readonly string[] = []) {
  const site = await liveSite(HOUSE, TWO)
  site.world.building.set('house', 20)
  const bridge = await site.start({ node })
  await plugAll(site.world)
  await until(
    'both cars charge with their share',
    () => TWO.every(({ id }) => site.world.box(id).drawnAmps >= 20),
    90_000,
  )
  return { ...site, bridge }
}

function setPointsSince(world: LiveSite['world'], at: number): readonly number[] {
  return TWO.flatMap(({ id }) =>
    world
      .box(id)
      .writes.filter(
        ({ at: writtenAt, address, words }) =>
          writtenAt >= at && (address === SET_POINT || (address === ENABLE && words[0] === 0)),
      )
      .map(({ words }) => (words[0] ?? 0) / 1000),
  )
}

test.for([5, 60])('F48: stopped for %i s while the building rises by 20 A, then let go', async (seconds, context) => {
  const { world, bridge } = await twoCars()
  bridge.kill('SIGSTOP')
  world.building.set('house', 40)
  await pause(seconds * 1000)
  const tripped = TWO.map(({ id }) => world.box(id).tripped)
  expect(tripped).toEqual(seconds > FAIL_SAFE_SECONDS ? [true, true] : [false, false])
  const fallen = world.carried('house')
  const overloadWhileStopped = world.longestOverloadMs
  const letGoAt = performance.now()
  bridge.kill('SIGCONT')
  await pause(20_000)
  // 63 A less a building of 40 A are left for both
  const sent = setPointsSince(world, letGoAt)
  expect(sent.length).toBeGreaterThan(0)
  expect(Math.max(...sent)).toBeLessThanOrEqual(11.5)
  const after = world.overloads.filter(({ from, forMs }) => from + forMs > letGoAt)
  const longestAfter = Math.max(0, ...after.map(({ from, forMs }) => from + forMs - Math.max(from, letGoAt)))
  expect(longestAfter).toBeLessThanOrEqual(TWO_CYCLES_MS + 1000)
  expect(overloadWhileStopped).toBeLessThanOrEqual((Math.min(seconds, FAIL_SAFE_SECONDS) + 2) * 1000 + 1000)
  expect(world.carried('house')).toBeLessThanOrEqual(63)
  const snapshot = await bridge.snapshot()
  note(
    context,
    `the building's 20 A overloaded the fuse for ${(overloadWhileStopped / 1000).toFixed(1)} s while nobody steered (fail-safe after ${FAIL_SAFE_SECONDS} s), ` +
      `${fallen.toFixed(1)} A at the end of the stop; after it ${(longestAfter / 1000).toFixed(1)} s over, set-points sent ${sent.join(', ')} A; ${snapshot.loop.missedTicks} cycles counted as missed`,
  )
  bridge.kill('SIGTERM')
  expect((await bridge.ended).code).toBe(0)
})

test('F49: the event loop is blocked for 3 s', async (context) => {
  const preload = fileURLToPath(new URL('./block-on-signal.ts', import.meta.url))
  const { world, bridge } = await twoCars(['--import', preload])
  const before = (await bridge.snapshot()).loop
  world.building.set('house', 30)
  bridge.kill('SIGUSR2')
  await pause(10_000)
  const after = (await bridge.snapshot()).loop
  const missed = after.missedTicks - before.missedTicks
  expect(missed).toBeGreaterThanOrEqual(2)
  expect(missed).toBeLessThanOrEqual(4)
  expect(world.longestOverloadMs).toBeLessThanOrEqual(3000 + TWO_CYCLES_MS + 1000)
  expect(world.carried('house')).toBeLessThanOrEqual(63)
  note(
    context,
    `${missed} cycles counted as missed; a building that rose by 10 A at the same moment overloaded the fuse for ${(world.longestOverloadMs / 1000).toFixed(1)} s`,
  )
  bridge.kill('SIGTERM')
  expect((await bridge.ended).code).toBe(0)
})
