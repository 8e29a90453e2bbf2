/** Whoever asks which limits stand sees all that bind, also those that nobody tells as a command. */
import { expect, it } from 'vitest'
import { simulatedSite } from './simulated-site.ts'

const HOUSE = { id: 'house', limit: 100, meter: 'grid' }
const SIGNAL = {
  id: 'boss',
  source: 'operator',
  circuitId: 'house',
  priority: 5,
  expiresMs: null,
  way: { kind: 'api' },
} as const

it('the CSMS’s whole-site profile and the demand target stand beside the commands, and are in no log that proves', async () => {
  const site = await simulatedSite([HOUSE], [{ id: 'A', circuit: 'house' }], undefined, {
    demandTarget: { circuitId: 'house', watts: 40_000 },
    controller: { identity: 'SITE-NORD', upstreamIds: [], startValues: {} },
    signals: [SIGNAL],
  })
  await site.ledger.process().ledger.saveProfile('SITE-NORD', {
    id: 7,
    evse: 0,
    purpose: 'station-max',
    stackLevel: 0,
    kind: 'absolute',
    recurrency: null,
    csmsTransactionId: null,
    validFrom: null,
    validTo: null,
    unit: 'W',
    startSchedule: 0,
    durationSeconds: null,
    minChargingRate: null,
    periods: [{ startSeconds: 0, limit: 9000, phases: null }],
  })
  await site.restart()
  await site.run(5000)
  await site.bridge.limits.set('wish', { kW: 50, forSeconds: 600 }, 'a test')
  site.world.box('A').plug({ maxAmps: 32 })
  await site.run(30_000)
  const { limits } = site.bridge.limits.view()
  expect(limits).toMatchObject([
    { id: 'wish', source: 'operator', kW: 50, inForce: true, proved: true },
    { id: 'profile 7', source: 'operator', kW: 9, inForce: true, proved: false },
    // what the quarter hour still leaves
    { id: 'demand-target', source: 'demand-target', circuit: 'house', inForce: true, proved: false },
  ])
  const offeredWatts = site.world.box('A').offeredAmps * 3 * 230
  expect(offeredWatts).toBeGreaterThan(8500)
  expect(offeredWatts).toBeLessThanOrEqual(9000)
  const { commands } = await site.bridge.limits.proofs(0, site.clock.now())
  expect(commands.map(({ command }) => command?.limitId)).toEqual(['wish'])
  // a key can take back what the API set, and nothing else
  expect(await site.bridge.limits.end('profile 7', 'a test')).toBe('unknown')
  expect(await site.bridge.limits.end('demand-target', 'a test')).toBe('unknown')
})
