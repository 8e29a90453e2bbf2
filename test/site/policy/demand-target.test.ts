import { describe, expect, test } from 'vitest'
import type { ChargingSession, Outlet } from '../../../src/model/balance-input.ts'
import type { CircuitLimit } from '../../../src/model/site-limit.ts'
import { demandLimit } from '../../../src/site/policy/demand-target.ts'
import { circuit, outlet, session, SETTINGS } from './policy-world.ts'

const MINUTE = 60_000
const HOUR = 3_600_000
const TARGET = { circuitId: 'house', watts: 100_000 }
const CIRCUITS = [circuit('house', null, 250, 'grid'), circuit('garage', 'house', 160)]

/** Five minutes into a quarter hour, always at this power: 100 kW in the mean leave as much as is missing. */
function limitAt(
  watts: number | null,
  outlets: readonly Outlet[],
  before: CircuitLimit | null = null,
  at = 5 * MINUTE,
) {
  const quarter = { start: 0, wattMs: (watts ?? 0) * at, knownMs: at, seenAt: at, watts }
  const input = { at, circuits: CIRCUITS, outlets, settings: SETTINGS }
  return demandLimit(before, { target: TARGET, quarter, wallAt: at, input })
}

/** A car that draws 16 A on three phases: 11.04 kW. */
const charging = (id: string, own: Partial<ChargingSession> = {}): Outlet =>
  outlet(id, 'garage', { confirmedAmps: 16, measuredAmps: [16, 16, 16], session: session(id, own) })

describe('the demand target', () => {
  test('leaves the cars what the building leaves them', () => {
    // 40 kW of building and two cars: for the rest 100 + (100 - 62) / 2 kW, less the building
    const limit = limitAt(40_000 + 2 * 11_040, [charging('a'), charging('b')])
    expect(limit).toMatchObject({ source: 'demand-target', circuitId: 'house', maxAmps: null, carsMaxWatts: 78_500 })
  })

  test('throttles cars that charge and never pauses them', () => {
    const limit = limitAt(250_000, [charging('a'), charging('b')])
    expect(limit?.carsMaxWatts).toBe(2 * 6 * 3 * 230)
  })

  test('holds cars that have not begun where the building has used it up', () => {
    const waiting = outlet('a', 'garage', { confirmedAmps: 0, session: session('a') })
    expect(limitAt(250_000, [waiting])?.carsMaxWatts).toBe(0)
  })

  test('gives way to a promise that is getting tight', () => {
    // 15 kWh in an hour
    const commitment = { energyWh: 15_000, byAt: 5 * MINUTE + HOUR }
    const promised = outlet('a', 'garage', { confirmedAmps: 0, session: session('a', { commitment }) })
    expect(limitAt(250_000, [promised])?.carsMaxWatts).toBe(15_000 * 1.25)
  })

  test('does not give way to a promise that has time', () => {
    const commitment = { energyWh: 20_000, byAt: 10 * HOUR }
    const promised = outlet('a', 'garage', { confirmedAmps: 0, session: session('a', { commitment }) })
    expect(limitAt(250_000, [promised])?.carsMaxWatts).toBe(0)
  })

  test('a silent meter sets no limit: the fuses and the fail-safe hold without it', () => {
    expect(limitAt(null, [charging('a')])).toBeNull()
  })

  test('follows down at once, and up only after half a minute', () => {
    const cars = [charging('a')]
    const first = limitAt(60_000, cars)
    const lower = limitAt(90_000, cars, first, 5 * MINUTE + 1000)
    expect(lower?.carsMaxWatts).toBeLessThan(first?.carsMaxWatts ?? 0)
    expect(limitAt(60_000, cars, lower, 5 * MINUTE + 2000)).toBe(lower)
    expect(limitAt(60_000, cars, lower, 5 * MINUTE + 32_000)?.carsMaxWatts).toBeGreaterThan(lower?.carsMaxWatts ?? 0)
  })

  test('cars on other circuits are not its own', () => {
    const elsewhere = outlet('x', 'barn', { confirmedAmps: 16, measuredAmps: [16, 16, 16], session: session('x') })
    expect(limitAt(250_000, [elsewhere])?.carsMaxWatts).toBe(0)
  })
})
