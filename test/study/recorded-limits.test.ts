import { expect, it } from 'vitest'
import type { LimitProof } from '../../src/model/limit-proof.ts'
import { recordedLimits } from '../../src/study/recorded-limits.ts'

const CAME: LimitProof = {
  kind: 'came',
  at: 1000,
  commandId: 'dso ripple 1000',
  source: 'dso',
  limitId: 'ripple',
  circuitId: 'garage',
  maxAmps: null,
  carsMaxWatts: 30_000,
  priority: 2,
  until: 9000,
  by: 'contact ripple',
  guaranteedWatts: null,
  carsWatts: null,
}

it('a limit held from when it came until it ended', () => {
  const ended: LimitProof = {
    kind: 'ended',
    at: 5000,
    commandId: 'dso ripple 1000',
    source: 'dso',
    reason: 'taken back',
  }
  expect(recordedLimits([CAME, ended])).toEqual([
    {
      id: 'ripple',
      source: 'dso',
      circuitId: 'garage',
      maxAmps: null,
      carsMaxWatts: 30_000,
      priority: 2,
      since: 1000,
      until: 5000,
    },
  ])
})

it('one whose end is not known ends when it was to end, or not at all', () => {
  expect(recordedLimits([CAME])[0]?.until).toBe(9000)
  expect(recordedLimits([{ ...CAME, until: null }])[0]?.until).toBeNull()
})

it('other entries are no limits', () => {
  expect(recordedLimits([{ kind: 'taken-up', at: 1, commandId: 'x', source: 'ems' }])).toEqual([])
})
