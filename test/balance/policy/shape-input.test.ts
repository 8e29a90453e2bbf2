import { describe, expect, test } from 'vitest'
import type { PolicyInput, Wait } from '../../../src/balance/policy/policy-input.ts'
import { POLICY_EVERY_MS, policyShaper, type ShaperOptions } from '../../../src/balance/policy/shape-input.ts'
import type { BalanceInput, ChargingSession, Outlet } from '../../../src/model/balance-input.ts'
import { PLAIN_PARAMETERS } from '../../../src/model/controller-parameters.ts'
import { everyPhase, rotation } from '../../../src/model/phase.ts'
import { outlet, SETTINGS } from '../site.ts'
import { CHEAP_FROM, circuit, hours, NIGHT_TARIFF } from './night-site.ts'

function session(id: string, own: Partial<ChargingSession> = {}): ChargingSession {
  return {
    id,
    startedAt: hours(18),
    energyWh: 0,
    wantedWh: 10_000,
    departsAt: hours(31),
    commitment: null,
    priority: 1,
    mayWait: null,
    ...own,
  }
}

function input(outlets: readonly Outlet[], at = hours(18), own: Partial<BalanceInput> = {}): BalanceInput {
  return {
    at,
    circuits: [circuit('main', null, 100, { meterId: 'grid' })],
    outlets,
    meters: [{ meterId: 'grid', amps: everyPhase(20), takenAt: at }],
    limits: [],
    parameters: PLAIN_PARAMETERS,
    settings: SETTINGS,
    ...own,
  }
}

function shaper(own: Partial<ShaperOptions> = {}) {
  const told: PolicyInput[] = []
  const shape = policyShaper({
    usualStayMs: hours(8),
    usualWh: 12_000,
    tariff: () => NIGHT_TARIFF,
    onDecided: (one) => told.push(one),
    ...own,
  })
  return { shape, told, waitOf: (given: BalanceInput) => shape(given).outlets[0]?.session?.mayWait }
}

const parked = (own: Partial<Outlet> = {}): Outlet => outlet('a', { session: session('s'), ...own })

const isRunning = (own: Partial<Outlet>): boolean | undefined => {
  const { shape, told } = shaper()
  shape(input([parked(own)]))
  return told[0]?.sessions[0]?.running
}

describe('the policy beside the core', () => {
  test('writes into a session that it may wait', () => {
    expect(shaper().waitOf(input([parked()]))).toEqual({ until: CHEAP_FROM, reason: 'tariff' })
  })

  test('leaves all else as it was', () => {
    const given = input([parked(), outlet('b', { session: null, wanted: false })])
    const shaped = shaper().shape(given)
    expect({ ...shaped, outlets: [] }).toEqual({ ...given, outlets: [] })
    expect(shaped.outlets[1]).toBe(given.outlets[1])
  })

  test('decides every half minute, and at once for a session that is new', () => {
    const { shape, told } = shaper()
    const at = hours(18)
    shape(input([parked()], at))
    shape(input([parked()], at + 1000))
    expect(told).toHaveLength(1)
    shape(input([parked(), outlet('b', { session: session('t') })], at + 2000))
    expect(told).toHaveLength(2)
    shape(input([parked()], at + 2000 + POLICY_EVERY_MS))
    expect(told).toHaveLength(3)
  })

  test('a car with a set-point in force or on its way is running', () => {
    expect(isRunning({ confirmedAmps: 16 })).toBe(true)
    expect(isRunning({ confirmedAmps: 0, pendingAmps: 16 })).toBe(true)
    expect(isRunning({ confirmedAmps: 16, pendingAmps: 0 })).toBe(false)
    expect(isRunning({ confirmedAmps: 0 })).toBe(false)
  })

  test('learns a car’s phases while it draws, and remembers them when it does not', () => {
    const { shape, told } = shaper()
    const at = hours(18)
    const wired = { rotation: rotation('L2L3L1'), confirmedAmps: 16 }
    shape(input([parked({ ...wired, measuredAmps: [0, 0, 0] })], at))
    expect(told.at(-1)?.sessions[0]).toMatchObject({ phases: [1, 2, 0], isMeasured: false })
    shape(input([parked({ ...wired, measuredAmps: [15.8, 0.1, 0] })], at + 10_000))
    shape(input([parked({ ...wired, measuredAmps: [0, 0, 0] })], at + POLICY_EVERY_MS))
    expect(told.at(-1)?.sessions[0]).toMatchObject({ phases: [1], isMeasured: true })
  })

  test('takes for building what the meter shows beside the cars', () => {
    const { shape, told } = shaper()
    shape(input([parked({ confirmedAmps: 8, measuredAmps: [8, 8, 0] })]))
    expect(told[0]?.building).toMatchObject([{ circuitId: 'main', amps: [12, 12, 20] }])
  })

  test('keeps what it knew of the building while the meter is silent, and knows nothing before it spoke', () => {
    const { shape, told } = shaper()
    const silent = { meters: [{ meterId: 'grid', amps: null, takenAt: 0 }] }
    shape(input([parked()], hours(18), silent))
    expect(told.at(-1)?.building).toEqual([])
    shape(input([parked()], hours(18) + POLICY_EVERY_MS))
    shape(input([parked()], hours(18) + 2 * POLICY_EVERY_MS, silent))
    expect(told.at(-1)?.building).toMatchObject([{ circuitId: 'main', amps: [20, 20, 20] }])
  })

  test('a limit without an end holds since it was first seen', () => {
    const { shape, told } = shaper()
    const limit = {
      id: 'x',
      source: 'dso' as const,
      circuitId: 'main',
      maxAmps: null,
      carsMaxWatts: 4200,
      priority: 0,
      since: 0,
      until: null,
    }
    shape(input([parked()], hours(18), { limits: [limit] }))
    shape(input([parked()], hours(18) + POLICY_EVERY_MS, { limits: [limit] }))
    expect(told.map(({ limits }) => limits?.[0]?.since)).toEqual([hours(18), hours(18)])
  })

  test('a plan in force takes the place of the plain decision', () => {
    const wait: Wait = { until: hours(23), reason: 'plan' }
    expect(shaper({ plan: () => new Map([['s', wait]]) }).waitOf(input([parked()]))).toEqual(wait)
    expect(shaper({ plan: () => new Map() }).waitOf(input([parked()]))).toBeNull()
    expect(shaper({ plan: () => null }).waitOf(input([parked()]))?.reason).toBe('tariff')
  })
})
