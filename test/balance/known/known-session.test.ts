import { describe, expect, it } from 'vitest'
import { knownSession } from '../../../src/balance/known/known-session.ts'
import type { ChargingSession } from '../../../src/model/balance-input.ts'

const sound: ChargingSession = {
  id: 'visit',
  startedAt: 1000,
  energyWh: 500,
  wantedWh: 9000,
  departsAt: 5_000_000,
  commitment: { energyWh: 8000, byAt: 4_000_000 },
  priority: 1,
  mayWait: null,
}

describe('a session', () => {
  it('is taken as it is where all of it is sound', () => {
    expect(knownSession(sound, 2000)).toBe(sound)
  })

  it('has told nothing where what it told is no time and no energy', () => {
    const absurd = { ...sound, departsAt: NaN, wantedWh: Infinity, commitment: { energyWh: 8000, byAt: NaN } }
    expect(knownSession(absurd, 2000)).toEqual({ ...sound, departsAt: null, wantedWh: null, commitment: null })
  })

  it('has delivered nothing, began now and is as everybody where that is no number', () => {
    const absurd = {
      ...sound,
      energyWh: -1e12,
      startedAt: NaN,
      priority: NaN,
      mayWait: { until: NaN, reason: 'plan' },
    } as const
    expect(knownSession(absurd, 2000)).toEqual({ ...sound, energyWh: 0, startedAt: 2000, priority: 1, mayWait: null })
  })
})
