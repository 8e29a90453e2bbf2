/** What a whole site records, on a simulated day of minutes. */
import { expect, test } from 'vitest'
import { simulatedSite } from '../simulated-site.ts'

const CIRCUITS = [{ id: 'house', limit: 32, meter: 'grid', failSafe: 12 }]
const CHARGERS = [
  { id: 'A', circuit: 'house' },
  { id: 'B', circuit: 'house' },
]

test('each outlet can be asked why, now and at any moment before', async () => {
  const site = await simulatedSite(CIRCUITS, CHARGERS)
  await site.run(5000)
  const early = site.clock.now()
  site.world.box('A').plug({ maxAmps: 32 })
  await site.run(60_000)
  const alone = site.clock.now()
  site.world.box('B').plug({ maxAmps: 32 })
  await site.run(60_000)

  const { decisions } = site.bridge
  expect(await decisions.why('A', 1, early)).toMatchObject({ sentence: 'no current: no vehicle' })
  const then = await decisions.why('A', 1, alone)
  const now = await decisions.why('A', 1, null)
  expect([then, now]).toMatchObject([
    { decision: { stationId: 'A', evse: 1 } },
    { decision: { binding: { kind: 'circuit', circuitId: 'house', origin: 'fuse' } } },
  ])
  const amps = [then, now].map((why) => (typeof why === 'string' ? null : why.decision.amps))
  expect(amps[0]).toBeGreaterThan(amps[1] ?? 99)
  expect(await decisions.why('C', 1, null)).toBe('unknown-station')
  expect(await decisions.why('A', 2, null)).toBe('unknown-evse')
  expect(await decisions.why('A', 1, early - 86_400_000)).toBe('nothing-stored')
  const all = await decisions.decisions('A', 1, 0, alone, 100)
  expect(Array.isArray(all) && all.length).toBeGreaterThan(1)
})

test('the minutes of a metered circuit and the visit of a car are kept', async () => {
  const site = await simulatedSite(CIRCUITS, CHARGERS)
  site.world.building.set('house', 7)
  await site.run(5000)
  site.world.box('A').plug({ maxAmps: 16 })
  await site.run(115_000)
  await site.restart()
  await site.run(60_000)
  site.world.box('A').unplug()
  await site.run(20_000)

  const samples = [...site.ledger.samples.values()]
  expect(samples.length).toBeGreaterThanOrEqual(2)
  for (const { circuitId, meanAmps } of samples) {
    expect(circuitId).toBe('house')
    expect(meanAmps.L1).toBeGreaterThan(5)
    expect(meanAmps.L1).toBeLessThan(9)
  }
  const [visit, ...others] = [...site.ledger.visits.values()]
  expect(others).toEqual([])
  expect(visit).toMatchObject({ stationId: 'A', evse: 1, circuitId: 'house', phases: 3, highestAmps: 16, pauses: 0 })
  expect((visit?.leftAt ?? 0) - (visit?.arrivedAt ?? 0)).toBeGreaterThan(170_000)
  expect(visit?.energyWh).toBeGreaterThan(0)
})

test('a disk that hangs moves neither the loop nor a car', async () => {
  const site = await simulatedSite(CIRCUITS, CHARGERS)
  await site.run(10_000)
  site.world.box('A').plug({ maxAmps: 16 })
  await site.run(30_000)
  const { promise, resolve } = Promise.withResolvers<void>()
  site.ledger.hanging = promise
  const before = site.bridge.snapshot().loop
  site.world.building.set('house', 20)
  await site.run(60_000)
  const { loop } = site.bridge.snapshot()
  expect(loop.ticks - before.ticks).toBeGreaterThanOrEqual(59)
  expect(loop.missedTicks).toBe(before.missedTicks)
  expect(site.world.box('A').drawnAmps).toBeLessThan(13)
  site.ledger.hanging = null
  resolve()
  await site.run(12_000)
  expect(site.ledger.decisions.at(-1)).toMatchObject({ stationId: 'A', amps: site.world.box('A').drawnAmps })
})

test('a full disk is told as an alarm only when records were lost', async () => {
  const site = await simulatedSite(CIRCUITS, CHARGERS)
  await site.run(5000)
  site.ledger.full = true
  site.world.box('A').plug({ maxAmps: 16 })
  await site.run(60_000)
  expect(site.alarm('records-lost')).toBeUndefined()
  site.ledger.full = false
  await site.run(20_000)
  expect(site.ledger.decisions.some(({ binding }) => binding.kind === 'no-vehicle')).toBe(true)
  expect(site.ledger.decisions.some(({ amps }) => amps > 0)).toBe(true)
})

test('a memory of the core that rotted is an alarm, and the site runs', async () => {
  const site = await simulatedSite(CIRCUITS, CHARGERS)
  await site.run(2000)
  site.ledger.memory = '{"sessions":['
  await site.restart()
  await site.run(5000)
  expect(site.alarm('LEDGER_DAMAGED')?.text).toMatch(/memory of the balancing core could not be read/)
  expect(site.bridge.snapshot().loop.ticks).toBeGreaterThan(3)
})
