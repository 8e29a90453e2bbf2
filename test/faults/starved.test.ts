/** A bridge with too little: memory (F50), processor (F51). Needs root for control groups (version 1). */
import { expect, test } from 'vitest'
import { controlGroup, liveSite, pause, plugAll, residentMib, until } from './live-site.ts'
import { note } from './note.ts'

const HOUSE = [{ id: 'house', limit: 63, meter: 'grid', failSafe: 24 }]
const FOUR = ['CP-1', 'CP-2', 'CP-3', 'CP-4'].map((id) => ({ id, circuit: 'house' }))
const TWO_CYCLES_MS = 2000
const MIB = 2 ** 20

/** The least that is given beside what the bridge needs for itself, MiB. */
const ROOM_MIB = 40

test('F50: bounded buffers: a CSMS that floods and then refuses everything does not fill a memory that is little more than is needed', async (context) => {
  const site = await liveSite(HOUSE, FOUR, { MeterValueSampleInterval: 1 })
  const free = await site.start()
  await plugAll(site.world)
  await until('all charge', () => FOUR.every(({ id }) => site.world.box(id).drawnAmps >= 6), 90_000)
  await pause(15_000)
  const needsMib = residentMib(free.pid)
  free.kill('SIGTERM')
  await free.ended

  const group = controlGroup('memory')
  const limitMib = Math.ceil(needsMib) + ROOM_MIB
  group.set('memory.limit_in_bytes', String(limitMib * MIB))
  const bridge = await site.start({ group })
  let died = ''
  void bridge.ended.then(({ code, signal }) => (died = String(signal ?? code)))
  await until('the CSMS is connected', () => site.csms.socket('CP-1') !== null)
  const calls = site.csms.calls.length
  const big = JSON.stringify([2, 'big', 'DataTransfer', { vendorId: 'x', data: 'y'.repeat(10_000_000) }])
  for (let second = 0; second < 30; second += 1) {
    for (const { id } of FOUR) {
      const socket = site.csms.socket(id)
      if (second % 5 === 0) socket?.send(big)
      for (let number = 0; number < 50; number += 1)
        socket?.send(JSON.stringify([2, `${second}-${number}`, 'GetConfiguration', {}]))
    }
    await pause(1000)
  }
  site.csms.refuse(() => ({ status: 503 }))
  site.csms.dropAll()
  await pause(30_000)
  expect(died).toBe('')
  const mostMib = Number(group.get('memory.max_usage_in_bytes')) / MIB
  const residentAtEnd = residentMib(bridge.pid)
  expect(residentAtEnd).toBeLessThanOrEqual(needsMib * 1.5)
  expect(site.csms.calls.length).toBeGreaterThan(calls)
  expect(site.world.longestOverloadMs).toBeLessThanOrEqual(TWO_CYCLES_MS)
  note(
    context,
    `it needs ${needsMib.toFixed(0)} MiB for 4 chargers; limit ${limitMib} MiB, most used with caches ${mostMib.toFixed(0)} MiB, resident at the end ${residentAtEnd.toFixed(0)} MiB; not killed`,
  )
  bridge.kill('SIGTERM')
  expect((await bridge.ended).code).toBe(0)
})

test('F50: limits of 80 MiB (three starts), 128 and 160 MiB: where it cannot run it loses nothing', async (context) => {
  const site = await liveSite(HOUSE, FOUR.slice(0, 1))
  const endings: string[] = []
  for (const limitMib of [80, 80, 80, 128, 160]) {
    const group = controlGroup('memory')
    group.set('memory.limit_in_bytes', String(limitMib * MIB))
    let ending = 'killed while starting'
    try {
      const bridge = await site.start({ group })
      site.world.box('CP-1').plug({ maxAmps: 32 })
      let died = false
      void bridge.ended.then(() => (died = true))
      await pause(12_000)
      ending = died ? 'killed later' : 'runs'
      bridge.kill('SIGTERM')
      await bridge.ended
    } catch {
      // told by `ending`
    }
    endings.push(`${limitMib} MiB ${ending}`)
  }
  note(context, endings.join(', '))
  // with enough memory it goes on where it was
  site.world.box('CP-1').plug({ maxAmps: 32 })
  const bridge = await site.start()
  await until('the car charges', () => site.world.box('CP-1').drawnAmps >= 6, 90_000)
  await until('the CSMS knows', () => site.csms.transactions.length > 0)
  expect(site.csms.transactions).toHaveLength(1)
  expect((await bridge.snapshot()).alarms).toEqual([])
  bridge.kill('SIGTERM')
  expect((await bridge.ended).code).toBe(0)
})

test('F51: 5 % of one processor for 60 s', async (context) => {
  const { world, start } = await liveSite(HOUSE, FOUR)
  world.building.set('house', 20)
  const group = controlGroup('cpu')
  const bridge = await start({ group })
  await plugAll(world)
  await until('all charge', () => FOUR.every(({ id }) => world.box(id).drawnAmps >= 10), 90_000)
  const before = (await bridge.snapshot()).loop
  group.set('cpu.cfs_period_us', '100000')
  group.set('cpu.cfs_quota_us', '5000')
  let building = 20
  const from = performance.now()
  while (performance.now() - from < 60_000) {
    building = building === 20 ? 30 : 20
    world.building.set('house', building)
    await pause(10_000)
  }
  group.set('cpu.cfs_quota_us', '-1')
  const throttled = /nr_throttled (\d+)/.exec(group.get('cpu.stat'))?.[1]
  await pause(3000)
  const after = (await bridge.snapshot()).loop
  const ticks = after.ticks - before.ticks
  note(
    context,
    `throttled in ${throttled} of 600 periods; ${ticks} ticks in 63 s, ${after.missedTicks - before.missedTicks} missed; a building that jumps by 10 A overloaded the fuse for at most ${(world.longestOverloadMs / 1000).toFixed(1)} s`,
  )
  expect(after.missedTicks - before.missedTicks).toBeLessThanOrEqual(30)
  expect(world.longestOverloadMs).toBeLessThanOrEqual(2 * TWO_CYCLES_MS + 1000)
  bridge.kill('SIGTERM')
  expect((await bridge.ended).code).toBe(0)
})
