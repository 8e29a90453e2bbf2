import { describe, expect, it } from 'vitest'
import type { Candidate } from '../../../src/balance/schedule/candidate.ts'
import type { Promised } from '../../../src/balance/schedule/promises.ts'
import type { BalanceSettings, Outlet, Strategy } from '../../../src/model/balance-input.ts'
import { rotation } from '../../../src/model/phase.ts'
import { SETTINGS, outlet, session, site } from '../site.ts'
import { knownCar, stagesOf } from '../stages.ts'
import type { Remembered } from '../stages.ts'

const HOUR_MS = 3_600_000
/** One hour of 16 A on three phases. */
const HOUR_WH = 16 * 3 * 230

function candidate(
  more: Partial<Outlet> = {},
  remembered: Remembered = {},
  { at = 0, ...settings }: Partial<BalanceSettings> & { at?: number } = {},
): Candidate {
  const one = outlet('a', { session: session('a', 0), measuredAt: at, ...more })
  const input = site({ at, outlets: [one], settings: { ...SETTINGS, ...settings } })
  return stagesOf(input, { a: remembered }).candidates[0]!
}

describe('what a car is given', () => {
  it('is 16 A on a three-phase charger until more is known of it, and all of the charger where there is plenty', () => {
    expect(candidate()).toMatchObject({ capAmps: 16, topAmps: 32 })
  })

  it('is all of a one-phase charger', () => {
    expect(candidate({ rotation: rotation('L2') })).toMatchObject({ capAmps: 32, topAmps: 32 })
  })

  it('is what it was found to take, within the charger’s range', () => {
    expect(candidate({}, { car: knownCar(24) })).toMatchObject({ capAmps: 24, topAmps: 24 })
    expect(candidate({}, { car: knownCar(3) })).toMatchObject({ capAmps: 6, topAmps: 6 })
    expect(candidate({ maxAmps: 20 }, { car: knownCar(24) })).toMatchObject({ capAmps: 20, topAmps: 20 })
  })

  it('is on the charger’s grid', () => {
    expect(candidate({ stepAmps: 5, maxAmps: 32 })).toMatchObject({ capAmps: 15, topAmps: 30 })
  })

  it('is the minimum once it is full', () => {
    expect(candidate({}, { car: { ...knownCar(24), fullSince: 0 } })).toMatchObject({
      full: true,
      capAmps: 6,
      topAmps: 6,
    })
  })
})

describe('the efficient current', () => {
  it('is higher on one phase than on three, and between the minimum and what the car takes', () => {
    const three = candidate().softMinAmps
    const one = candidate({ rotation: rotation('L1') }).softMinAmps
    expect(three).toBeGreaterThan(6)
    expect(one).toBeGreaterThan(three)
    expect(candidate({}, { car: knownCar(8) }).softMinAmps).toBe(8)
    expect(candidate({ minAmps: 20 }, { car: knownCar(32) }).softMinAmps).toBe(20)
  })

  it('is what the site names', () => {
    expect(candidate({ softMinAmps: 9 }).softMinAmps).toBe(9)
  })
})

describe('who charges', () => {
  it('is who is held above 0, or of whom nothing is known', () => {
    expect(candidate({ confirmedAmps: 16 }).running).toBe(true)
    expect(candidate({ confirmedAmps: null }).running).toBe(true)
    expect(candidate({ confirmedAmps: 0 }).running).toBe(false)
    expect(candidate({ confirmedAmps: 0, pendingAmps: 16 }, { memory: { orderedAmps: 16 } }).running).toBe(true)
  })

  it('is not who was just ordered to pause, although that is not read back yet', () => {
    expect(candidate({ confirmedAmps: 16 }, { memory: { orderedAmps: 0 } }).running).toBe(false)
  })
})

const spent = (hours: number, energyWh: number, more: Remembered = {}, settings: Partial<BalanceSettings> = {}) =>
  candidate({ confirmedAmps: 16, session: session('a', energyWh) }, more, { at: hours * HOUR_MS, ...settings }).spent

describe('a turn', () => {
  it('lasts until the quantum of 10 kWh was delivered, and half an hour at least', () => {
    expect(spent(1, 9_999)).toBe(false)
    expect(spent(1, 10_000)).toBe(true)
    expect(spent(0.49, 10_000)).toBe(false)
    expect(spent(0.5, 10_000)).toBe(true)
  })

  it('counts from the start of the turn', () => {
    expect(spent(1, 12_000, { turn: { energyAtServiceWh: 5_000 } })).toBe(false)
    expect(spent(1, 15_000, { turn: { energyAtServiceWh: 5_000 } })).toBe(true)
  })

  it('is longer by a quantum for each pause before', () => {
    expect(spent(3, 19_999, { turn: { pauses: 1 } })).toBe(false)
    expect(spent(3, 20_000, { turn: { pauses: 1 } })).toBe(true)
  })

  it('ends after four hours for a car that hardly takes anything', () => {
    expect(spent(3.9, 100)).toBe(false)
    expect(spent(4, 100)).toBe(true)
  })

  it('never ends where who came first charges first', () => {
    expect(spent(9, 50_000, {}, { strategy: 'first-come' })).toBe(false)
  })
})

describe('the need of a car', () => {
  it('is the wanted energy over what full power gives until it leaves', () => {
    const told = session('a', HOUR_WH, { wantedWh: 2 * HOUR_WH, departsAt: 2 * HOUR_MS })
    expect(candidate({ session: told }, { car: knownCar(16) }).needRatio).toBeCloseTo(0.5)
  })

  it('is reckoned with what is usual on the site where nothing was told', () => {
    const usual = { usualWh: HOUR_WH, usualStayMs: 4 * HOUR_MS }
    expect(candidate({}, { car: knownCar(16) }, usual).needRatio).toBeCloseTo(0.25)
  })

  it('is not known without a session', () => {
    expect(candidate({ session: null })).toMatchObject({ needRatio: null, pressure: 0, group: 'other' })
  })
})

const PROMISED: Promised = { needRatio: 0.5, ownPressure: 0.5, pressure: 0.6, kept: true, firm: true }
const commitments = { strategy: 'commitments' as const }
const groupOf = (promised: Promised) => {
  const { group, requiredAmps } = candidate({}, { promised, car: knownCar(16) }, commitments)
  return { group, requires: requiredAmps > 0 }
}

describe('a promise', () => {
  it('that is kept has a claim on the current that keeps it, and a little more', () => {
    const { group, requiredAmps, needRatio } = candidate({}, { promised: PROMISED, car: knownCar(16) }, commitments)
    expect({ group, needRatio }).toEqual({ group: 'committed', needRatio: 0.5 })
    expect(requiredAmps).toBeGreaterThan(8)
    expect(requiredAmps).toBeLessThan(10)
  })

  it('never claims more than the car takes', () => {
    const all = candidate({}, { promised: { ...PROMISED, needRatio: 1 }, car: knownCar(16) }, commitments)
    expect(all.requiredAmps).toBe(16)
  })

  it('that is in no danger, cannot be kept, or is only declared, claims nothing', () => {
    expect(groupOf({ ...PROMISED, pressure: 0.01 })).toEqual({ group: 'other', requires: false })
    expect(groupOf({ ...PROMISED, kept: false })).toEqual({ group: 'other', requires: false })
    expect(groupOf({ ...PROMISED, firm: false })).toEqual({ group: 'declared', requires: false })
  })
})

describe('a priority', () => {
  it('counts where the strategy says so', () => {
    const groups = (['fair', 'first-come', 'priority', 'commitments'] satisfies Strategy[]).map(
      (strategy) => candidate({ session: session('a', 0, { priority: 2 }) }, {}, { strategy }).group,
    )
    expect(groups).toEqual(['other', 'other', 'priority', 'priority'])
  })
})

describe('who may wait', () => {
  it('does so until the time that policy names, and not longer', () => {
    const waits = session('a', 0, { mayWait: { until: 1000, reason: 'tariff' } })
    expect(candidate({ session: waits }, {}, { at: 999 }).mayWait).toBe('tariff')
    expect(candidate({ session: waits }, {}, { at: 1000 }).mayWait).toBeNull()
  })
})
