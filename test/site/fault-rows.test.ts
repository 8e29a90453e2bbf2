/**
 * Rows of the fault list on a whole simulated site (docs/faults.md). Everywhere: no circuit truly above its limit for longer than the row
 * grants, no set-point between 0 and 6 A, no trouble told more than once a minute.
 */
import { afterEach, describe, expect, it } from 'vitest'
import { repeatedLines, simulatedSite, type SimulatedSite } from './simulated-site.ts'

const HOUSE = [{ id: 'house', limit: 63, meter: 'grid', failSafe: 12 }]
const TWO = [
  { id: 'A', circuit: 'house' },
  { id: 'B', circuit: 'house' },
]
/** Two ticks of the control loop. */
const TWO_CYCLES_MS = 2000
/** What the balancing core grants a charger and its car to follow (IEC 61851-1 A.4: 5 s). */
const SETTLE_MS = 8000

const begun: SimulatedSite[] = []

/** Two cars of 32 A share what a building of 20 A leaves of 63 A: 21.5 A each. */
async function twoCars(): Promise<SimulatedSite> {
  const site = await simulatedSite(HOUSE, TWO)
  begun.push(site)
  site.world.building.set('house', 20)
  await site.run(5000)
  for (const { id } of TWO) site.world.box(id).plug({ maxAmps: 32 })
  await site.run(60_000)
  expect([site.world.box('A').drawnAmps, site.world.box('B').drawnAmps]).toEqual([21.5, 21.5])
  expect(site.world.overloads).toEqual([])
  return site
}

afterEach(() => {
  for (const site of begun.splice(0)) {
    expect(repeatedLines(site.log)).toEqual([])
    expect(site.log.filter(({ level }) => level === 'error')).toEqual([])
  }
})

describe('a charger that cannot be reached', () => {
  it.each(['refused', 'silent'] as const)(
    'F26, F27: %s. It is offline, what it may draw stays reserved, the other goes on in time',
    async (state) => {
      const site = await twoCars()
      const before = site.clock.monotonic()
      let offlineAfter = 0
      let latest = 0
      site.world.box('A').state = state
      await site.run(60_000, () => {
        const [a, b] = site.bridge.snapshot().stations
        if (a?.online === true) offlineAfter = site.clock.monotonic() - before
        expect(b?.online).toBe(true)
        latest = Math.max(latest, site.clock.monotonic() - site.world.box('B').device.connectors[0]!.orders.heardAt)
      })
      // three cycles; a silent device costs its time-out of 2 s and one retry in each
      expect(offlineAfter).toBeLessThanOrEqual(state === 'refused' ? 3000 : 3 * 4000 + 1000)
      expect(latest).toBeLessThanOrEqual(1100)
      expect(site.bridge.snapshot().stations[0]?.evses[0]?.status).toMatch(/^(faulted|unavailable)$/)
      expect(site.alarm('device-offline')?.text).toMatch(/^A does not answer: /)
      expect(site.world.overloads).toEqual([])
      site.world.box('A').state = 'up'
      await site.run(45_000)
      expect(site.bridge.snapshot().stations[0]?.online).toBe(true)
      expect(site.world.longestOverloadMs).toBeLessThanOrEqual(TWO_CYCLES_MS)
    },
  )

  it('whose answers are lost may still hear us and be fed by our reads: it keeps its last set-point in the sum', async () => {
    const site = await simulatedSite(
      [{ id: 'garage', limit: 30 }],
      [
        { id: 'A', circuit: 'garage', mapping: 'heidelberg-energy-control' },
        { id: 'B', circuit: 'garage' },
      ],
    )
    begun.push(site)
    await site.run(5000)
    for (const id of ['A', 'B']) site.world.box(id).plug({ maxAmps: 32 })
    await site.run(60_000)
    // whole amperes of A: it gets the one that rounding leaves over
    expect([site.world.box('A').drawnAmps, site.world.box('B').drawnAmps]).toEqual([16, 14])
    site.world.box('A').state = 'unheard'
    await site.run(180_000)
    expect(site.bridge.snapshot().stations[0]?.online).toBe(false)
    expect(site.world.box('A').drawnAmps).toBe(16)
    expect(site.world.overloads).toEqual([])
  })

  it.each([2, 4, 6, 11])('F28: a storm of exception %i costs that charger only', async (code) => {
    const site = await twoCars()
    site.world.box('A').device.setFault({ kind: 'exception', code })
    await site.run(40_000)
    expect(site.bridge.snapshot().stations[1]?.online).toBe(true)
    expect(site.world.overloads).toEqual([])
    site.world.box('A').device.setFault(null)
    await site.run(70_000)
    expect(site.bridge.snapshot().stations[0]?.online).toBe(true)
    expect(site.world.box('A').drawnAmps).toBeGreaterThanOrEqual(6)
    // the box had fallen back; fed again it offers its old set-point until the first order arrives
    expect(site.world.longestOverloadMs).toBeLessThanOrEqual(TWO_CYCLES_MS)
  })
})

describe('a charger that reboots', () => {
  it('F33: all its registers read 0 for 20 s. No transaction runs backwards, no 0 reaches a bill', async () => {
    const site = await twoCars()
    site.world.box('A').device.setFault({ kind: 'zeros' })
    await site.run(20_000)
    site.world.box('A').device.setFault(null)
    await site.run(60_000)
    site.world.box('A').unplug()
    await site.run(5000)
    const bills = [...site.ledger.transactions.values()].filter(({ stationId }) => stationId === 'A')
    expect(bills.length).toBeGreaterThan(0)
    for (const { startWh, endWh } of bills) {
      expect(startWh).toBeGreaterThanOrEqual(1_000_000)
      expect(endWh).toBeGreaterThanOrEqual(startWh)
    }
    expect(site.world.overloads).toEqual([])
  })
})

describe('a charger that does not do what it is told', () => {
  it.each(['ignored', 'refused'] as const)(
    'F41: set-points are %s. It counts with what it shows, the other makes room, an alarm tells',
    async (setPoints) => {
      const site = await twoCars()
      site.world.box('A').setPoints = setPoints
      site.world.building.set('house', 35)
      await site.run(25_000)
      // 35 + 21.5 A are taken: less than 6.5 A is left, and B's car may still be slow
      expect(site.alarm('outlet-disobeys')?.text).toBe('A/1 still allows 21.5 A, less was ordered')
      expect(site.world.longestOverloadMs).toBeLessThanOrEqual(SETTLE_MS + TWO_CYCLES_MS + 1000)
      expect(site.world.carried('house')).toBeLessThanOrEqual(63)
      site.world.box('A').setPoints = 'obeyed'
      await site.run(30_000)
      expect(site.alarm('outlet-disobeys')).toBeUndefined()
    },
  )

  it('F45: a car that draws what it likes is paused when it overloads a fuse', async () => {
    const site = await twoCars()
    site.world.box('A').plug({ maxAmps: 32, ignores: true })
    let told = ''
    await site.run(30_000, () => {
      if (told === '') told = site.alarm('outlet-disobeys')?.text ?? ''
    })
    expect(told).toMatch(/^A\/1 draws 32\.0 A, allowed are \d+\.\d A$/)
    expect(site.world.longestOverloadMs).toBeLessThanOrEqual(SETTLE_MS + TWO_CYCLES_MS + 1000)
    expect(site.world.box('A').drawnAmps).toBe(0)
  })

  it('F45: a car that takes 8 s to follow is waited for, then paused', async () => {
    const site = await twoCars()
    for (const { id } of TWO) site.world.box(id).plug({ maxAmps: 32, reactionMs: 8000 })
    site.world.building.set('house', 35)
    await site.run(30_000)
    expect(site.world.longestOverloadMs).toBeLessThanOrEqual(8000 + TWO_CYCLES_MS)
    expect(site.world.carried('house')).toBeLessThanOrEqual(63)
  })
})

describe('the grid meter', () => {
  it.each([2, 10, 60])(
    'F42: silent for %i s. Held, then reduced to the fail-safe current at the configured age',
    async (seconds) => {
      const site = await twoCars()
      const from = site.clock.monotonic()
      site.world.meter('grid').state = 'silent'
      let reducedAfter: number | null = null
      await site.run(seconds * 1000, () => {
        if (site.world.box('A').offeredAmps < 21.5) reducedAfter ??= site.clock.monotonic() - from
      })
      site.world.meter('grid').state = 'up'
      if (seconds === 2) expect(reducedAfter).toBeNull()
      else {
        // the last value was up to a second old; age 10 s, one tick, one write
        expect(reducedAfter).toBeGreaterThanOrEqual(9000)
        expect(reducedAfter).toBeLessThanOrEqual(12_000)
      }
      if (seconds === 60) expect(site.world.box('A').offeredAmps + site.world.box('B').offeredAmps).toBe(12)
      await site.run(75_000)
      expect(site.alarm('meter-silent')).toBeUndefined()
      expect([site.world.box('A').drawnAmps, site.world.box('B').drawnAmps]).toEqual([21.5, 21.5])
      expect(site.world.overloads).toEqual([])
    },
  )

  it('F43: frozen at a plausible value. Found within a minute after our own cars have changed', async () => {
    const site = await twoCars()
    let amps = 20
    // the building hums: a frozen value is one that no longer does
    const hum = (): void => void site.world.building.set('house', (amps = amps === 20 ? 20.2 : 20))
    for (let second = 0; second < 10; second++) {
      hum()
      await site.run(1000)
    }
    site.world.meter('grid').frozen = true
    const from = site.clock.monotonic()
    site.world.box('B').unplug()
    while (site.alarm('meter-frozen') === undefined && site.clock.monotonic() - from < 90_000) {
      hum()
      await site.run(1000)
    }
    expect(site.clock.monotonic() - from).toBeLessThanOrEqual(62_000)
    await site.run(10_000)
    expect(site.world.box('A').offeredAmps).toBe(12)
    // the hum of 0.2 A itself, until the next tick
    expect(site.world.longestOverloadMs).toBeLessThanOrEqual(TWO_CYCLES_MS)
  })

  it('F44: shows 21 A less than the meter below it. The higher value counts', async () => {
    const site = await simulatedSite(
      [
        { id: 'house', limit: 63, meter: 'grid', failSafe: 12 },
        { id: 'garage', parent: 'house', limit: 63, meter: 'sub', failSafe: 12 },
      ],
      [{ id: 'A', circuit: 'garage' }],
    )
    begun.push(site)
    site.world.meter('grid').offsetAmps = -21
    site.world.building.set('garage', 40)
    await site.run(5000)
    site.world.box('A').plug({ maxAmps: 32 })
    await site.run(60_000)
    expect(site.alarm('meters-disagree')?.about).toBe('grid')
    expect(site.world.box('A').drawnAmps).toBe(23)
    expect(site.world.overloads).toEqual([])
  })
})

describe('many at once', () => {
  it('F46: 32 cars plug in within a second. As many as charge efficiently do, the fuse never notices', async () => {
    const ids = Array.from({ length: 32 }, (_, index) => `CP-${index + 1}`)
    const site = await simulatedSite(
      HOUSE,
      ids.map((id) => ({
        id,
        circuit: 'house',
        mapping: 'heidelberg-energy-control',
        failSafe: { amps: 0, afterSeconds: 30 },
      })),
    )
    begun.push(site)
    site.world.building.set('house', 10)
    await site.run(12_000)
    let plugged = 0
    await site.run(1000, () => {
      for (const id of ids.slice(plugged, plugged + 2)) site.world.box(id).plug({ maxAmps: 32, reactionMs: 5000 })
      plugged += 2
    })
    await site.run(45_000)
    const charging = ids.filter((id) => site.world.box(id).drawnAmps >= 6)
    // 53 A are left; three-phase cars are started from 14 A on
    expect(charging).toHaveLength(3)
    expect(site.world.carried('house')).toBeLessThanOrEqual(63)
    expect(site.world.overloads).toEqual([])
  })
})
