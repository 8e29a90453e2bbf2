/** KEBA's energy is a slow value (`poll: slow`): a sample must not carry one of ten seconds ago under the stamp of now. */
import { expect, it } from 'vitest'
import { simulatedSite } from './simulated-site.ts'

const SAMPLE_MS = 60_000
/** 22 kW for a poll and a half, and rounding. */
const FRESH_WH = 12

it('the energy is read just before each sample', async () => {
  const site = await simulatedSite([{ id: 'house', limit: 63 }], [{ id: 'A', circuit: 'house' }])
  const box = site.world.box('A')
  let startedAt: number | null = null
  let knownWh = 0
  let fullPolls = 0
  site.bridge.onEvent((event) => {
    if (event.kind === 'transaction-started') startedAt = site.clock.monotonic()
    if (event.kind !== 'observed' || event.state.energyWh === null) return
    if (event.state.energyWh !== knownWh) fullPolls++
    knownWh = event.state.energyWh
  })
  await site.run(3300)
  box.plug({ maxAmps: 32 })
  const late: number[] = []
  let samples = 0
  await site.run(10 * SAMPLE_MS, () => {
    if (startedAt === null || site.clock.monotonic() < startedAt + (samples + 1) * SAMPLE_MS) return
    samples++
    late.push(Math.round(box.energyWh - knownWh))
  })
  expect(samples).toBeGreaterThanOrEqual(9)
  expect(Math.max(...late)).toBeLessThanOrEqual(FRESH_WH)
  // and the bus is not asked for everything all the time
  expect(fullPolls).toBeLessThan(samples * 9)
})
