/** What every scenario must hold, and what it must deliver: a site that simply stops everything holds every fuse. */
import { expect } from 'vitest'
import type { Outcome } from './play.ts'
import type { Family } from './scenarios.ts'

/** Energy as a share of what an even share of the true room would have given, without any delay. */
const LEAST_SHARE: Readonly<Record<Family, number>> = {
  step: 0.65,
  churn: 0.6,
  'meter-loss': 0.7,
  offline: 0.65,
  stuck: 0.65,
  dso: 0.7,
  restart: 0.7,
  // An even share knows nothing of unbalance.
  unbalance: 0.7,
}
/** How long some circuit must have been filled to 80 %: fuses that nobody loads prove nothing. */
const LEAST_BUSY = 0.1
/** How long a fault must have been felt. */
const LEAST_FELT_SECONDS = 15
const EPSILON_AMPS = 0.01

export function expectHeld(family: Family, outcome: Outcome): void {
  expect(outcome.faults).toEqual([])
  expect(outcome.forbidden).toEqual([])
  expect(outcome.errors).toEqual([])
  // Circuits that feed cars only are never above their limit, whatever the building, the meter, the radio and the bridge do. A limit that
  // comes while cars charge is kept after the time that they need, and judged so.
  if (family !== 'dso') expect(outcome.worstOverOfCarsAmps).toBeLessThan(EPSILON_AMPS)
  // Nor would they be, had each car taken all that it was offered.
  expect(outcome.worstOfferOverAmps).toBeLessThan(EPSILON_AMPS)
}

export function expectUseful(family: Family, outcome: Outcome): void {
  if (family === 'stuck') {
    expect(outcome.disobeyedSeconds).toBeGreaterThan(LEAST_FELT_SECONDS)
    expect(outcome.warnings.filter((text) => text.startsWith('CP-01/1 draws')).length).toBeGreaterThan(0)
  }
  if (family === 'offline') expect(outcome.fellBackSeconds).toBeGreaterThan(LEAST_FELT_SECONDS)
  expect(outcome.busyShare).toBeGreaterThan(LEAST_BUSY)
  expect(outcome.energyWh / outcome.evenShareWh).toBeGreaterThan(LEAST_SHARE[family])
}
