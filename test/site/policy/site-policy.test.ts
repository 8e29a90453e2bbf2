import { describe, expect, test } from 'vitest'
import type { TariffConfig } from '../../../src/config/site-config.ts'
import type { BalanceInput, Outlet } from '../../../src/model/balance-input.ts'
import { PLAIN_PARAMETERS } from '../../../src/model/controller-parameters.ts'
import { everyPhase } from '../../../src/model/phase.ts'
import { silentLog } from '../../../src/site/log.ts'
import { SitePolicy, type SitePolicyOptions } from '../../../src/site/policy/site-policy.ts'
import { circuit, outlet, session, SETTINGS } from './policy-world.ts'

const HOUR = 3_600_000
const MINUTE = 60_000
const CIRCUITS = [circuit('house', null, 250, 'grid'), circuit('garage', 'house', 100)]
const BALANCING = { strategy: 'fair', quantumWh: 10_000, voltage: 230, usualStayMs: 8 * HOUR, usualWh: 12_000 } as const
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6]
const TARIFF: TariffConfig = {
  currency: 'CHF',
  windows: [
    { fromMinute: 7 * 60, toMinute: 21 * 60, days: EVERY_DAY, price: 0.32 },
    { fromMinute: 0, toMinute: 1440, days: EVERY_DAY, price: 0.22 },
  ],
  demandChargePerKWYear: null,
}

/** A site at 18:00 by its clocks; the monotonic clock shows 0 then. */
function site(config: Partial<SitePolicyOptions['config']>) {
  let at = 0
  const clock = {
    now: () => Date.parse('2026-11-23T18:00:00+01:00') + at,
    monotonic: () => at,
    sleep: () => Promise.resolve(),
  }
  const nothing = { tariff: null, demandTarget: null, plan: false }
  const full = { ...nothing, balancing: BALANCING, circuits: CIRCUITS, timezone: 'Europe/Zurich', ...config }
  const policy = new SitePolicy({ config: full, clock, log: silentLog })
  const shape = (outlets: readonly Outlet[], gridAmps: number | null = 100, later = 0): BalanceInput => {
    at += later
    const amps = gridAmps === null ? null : everyPhase(gridAmps)
    return policy.shape({
      at,
      circuits: CIRCUITS,
      outlets,
      meters: [{ meterId: 'grid', amps, takenAt: at }],
      limits: [],
      parameters: PLAIN_PARAMETERS,
      settings: SETTINGS,
    })
  }
  return Object.assign(shape, { seen: () => policy.limitViews() })
}

const parked = outlet('a', 'garage', { session: session('a', { departsAt: 13 * HOUR, wantedWh: 10_000 }) })
const waitOf = (input: BalanceInput) => input.outlets[0]?.session?.mayWait

describe('the policy of a running site', () => {
  test('does nothing where nothing is configured', () => {
    const shaped = site({ plan: true })([parked])
    expect(shaped.outlets[0]).toBe(parked)
    expect(shaped.limits).toEqual([])
  })

  test('lets a car wait for the site’s cheap hours, by its own clocks', () => {
    expect(waitOf(site({ tariff: TARIFF })([parked]))).toEqual({ until: 3 * HOUR, reason: 'tariff' })
  })

  test('no longer when they have begun', () => {
    const shape = site({ tariff: TARIFF })
    shape([parked])
    expect(waitOf(shape([parked], 100, 3 * HOUR))).toBeNull()
  })

  test('lowers what the cars may take together to keep the demand target', () => {
    // 69 kW of building, five minutes long
    const shape = site({ demandTarget: { circuitId: 'house', watts: 80_000 } })
    for (let minute = 0; minute < 5; minute++) shape([parked], 100, MINUTE)
    const [limit] = shape([parked]).limits
    expect(limit).toMatchObject({ id: 'demand-target', source: 'demand-target', circuitId: 'house' })
    expect(limit?.carsMaxWatts).toBeGreaterThanOrEqual(11_000)
    expect(limit?.carsMaxWatts).toBeLessThan(20_000)
  })

  test('shows the demand target’s limit, since when it is so, and that it is reckoned anew in the next quarter hour', () => {
    const shape = site({ demandTarget: { circuitId: 'house', watts: 80_000 } })
    expect(shape.seen()).toEqual([])
    shape([parked], 100, MINUTE)
    const [limit] = shape([parked], 100, 10_000).limits
    expect(shape.seen()).toEqual([
      {
        id: 'demand-target',
        source: 'demand-target',
        circuit: 'house',
        amps: null,
        kW: (limit?.carsMaxWatts ?? NaN) / 1000,
        priority: 0,
        by: 'the site file',
        since: Date.parse('2026-11-23T18:01:00+01:00'),
        until: Date.parse('2026-11-23T18:15:00+01:00'),
        inForce: true,
        proved: false,
      },
    ])
    shape([parked], null, MINUTE)
    expect(shape.seen()).toEqual([])
  })

  test('lets who has not begun wait while the target is used up', () => {
    const shaped = site({ demandTarget: { circuitId: 'house', watts: 75_000 } })([parked], 110)
    expect(waitOf(shaped)).toEqual({ until: 15 * MINUTE, reason: 'peak' })
    expect(shaped.limits[0]?.carsMaxWatts).toBe(0)
  })

  test('sets no limit while the meter is silent', () => {
    expect(site({ demandTarget: { circuitId: 'house', watts: 80_000 } })([parked], null).limits).toEqual([])
  })
})
